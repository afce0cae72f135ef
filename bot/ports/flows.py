"""Where flows are known."""

from typing import Protocol

from bot.domain.flows.asked import Asked
from bot.domain.flows.taken import Capability, Taken


class FlowSource(Protocol):
    """
    Something that saw traffic: a relay, a log. It only ever reads.

    What it told says nothing about what it did not tell: `Taken` names its losses, and ``can`` what it is able to know.
    """

    @property
    def name(self) -> str:
        """How people name it, and how ``Observer.source`` and ``Taken.source`` do: ``hubble``, ``firewall``."""

    @property
    def can(self) -> frozenset[Capability]:
        """What it is able to know, whatever it is asked."""

    def serves(self, cluster: str) -> bool:
        """Whether it knows of this cluster at all."""

    async def ask(self, asked: Asked, within: float) -> Taken:
        """
        Answer with exactly the flows that were asked for, within so many seconds.

        What came in time is returned with its losses; nothing is returned that the question excludes (a prefix of a
        name is another name). Raises ``OutsideError`` where there is no answer at all, nothing else.
        """

    async def health(self) -> str:
        """Return why it cannot be asked now, in words; empty where it can. Never raises."""
