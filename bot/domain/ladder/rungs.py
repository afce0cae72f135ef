"""What a rung of the ladder answers."""

from enum import StrEnum
from typing import ClassVar, Protocol

import msgspec

from bot.domain.findings import Offer
from bot.domain.ladder.passing import Left, Passing
from bot.domain.plans import Part
from bot.domain.queries import Rounds


class Outcome(StrEnum):
    """What a rung saw: nothing that passes, something that passes, or nothing at all."""

    HOLDS = "holds"
    OPEN = "open"
    SILENT = "silent"


class Hole(msgspec.Struct, frozen=True):
    """
    Something that passes: ``about`` names it so that the same hole has the same name at the next look.

    Both hold names from outside. ``offers`` are what would close it, while all else stands as it is. ``passing`` is there
    where it was seen to pass.
    """

    about: str
    text: str
    offers: tuple[Offer, ...] = ()
    passing: Passing | None = None


class Proof(msgspec.Struct, frozen=True):
    """
    One rung's answer in words; ``text`` may hold names from outside. ``holes``: worst first, what passes.

    ``final``: it is silent, and asking again would change nothing. ``left``: what policies leave open, by what they say.
    ``whom`` are the identities of the pods that were looked at, ``shown`` of those of which it was shown that they are cut.
    """

    rung: str
    outcome: Outcome
    text: str
    holes: tuple[Hole, ...] = ()
    final: bool = False
    left: Left | None = None
    whom: frozenset[str] = frozenset()
    shown: frozenset[str] = frozenset()


Asking = Rounds[Proof]


class Rung(Protocol):
    """
    One kind of evidence.

    ``needs``, ``proves`` and ``cannot`` are a sentence each, for the help. ``examine`` asks in batches, as a plan
    does, and returns its proof; the same world gives the same proof.
    """

    name: ClassVar[str]
    needs: ClassVar[str]
    proves: ClassVar[str]
    cannot: ClassVar[str]

    def suits(self, part: Part) -> bool:
        """Whether it can say anything about this part."""

    def examine(self, part: Part) -> Asking:
        """Gather the evidence."""
