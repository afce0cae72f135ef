"""Sources of flows are asked side by side; one that fails or hangs is told as silent, with why."""

import asyncio

import msgspec
import pytest

from bot.domain.errors import DeniedError, ThrottledError
from bot.domain.flows.asked import About, Asked, Subject
from bot.domain.flows.taken import Capability, Silent, Taken
from bot.engine import flows
from bot.engine.flows import gathered
from tests.domain.flows.observed import at, flow, taken

ASKED = Asked("prod", Subject(About.POD, "api-1", "payments"), at(0), at(60))


class Source:
    """A source that answers, fails, or waits for ever."""

    can = frozenset({Capability.DENIED, Capability.PODS})

    def __init__(
        self, name: str, does: Taken | Exception | None, clusters: tuple[str, ...] = ("prod",)
    ) -> None:
        self.name, self._does, self._clusters = name, does, clusters
        self.began = asyncio.Event()

    def serves(self, cluster: str) -> bool:
        return cluster in self._clusters

    async def ask(self, asked: Asked, within: float) -> Taken:
        self.began.set()
        if isinstance(self._does, Exception):
            raise self._does
        while self._does is None:
            await asyncio.Event().wait()
        return self._does

    async def health(self) -> str:
        return ""


async def test_what_fails_or_hangs_is_silent_with_why_and_the_others_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(flows, "GRACE", 0.01)
    good = taken(flow(0))
    sources = [
        Source("hubble", good),
        Source("firewall", ThrottledError("429", "too many queries")),
        Source("gateway", DeniedError("Forbidden", "no role")),
        Source("slow", None),
        Source("elsewhere", good, ("other",)),
    ]
    can = (Capability.PODS, Capability.DENIED)
    assert await gathered(sources, ASKED, 0.01) == (
        good,
        Silent("firewall", "429: too many queries", can),
        Silent("gateway", "Forbidden: no role", can),
        Silent("slow", "it did not answer within 0 s", can),
    )


async def test_only_the_named_are_asked_and_a_name_that_nobody_has_is_said() -> None:
    good, other = taken(flow(0)), Source("firewall", ThrottledError("429", "too many queries"))
    named = msgspec.structs.replace(ASKED, sources=("hubble", "nobody", "far"))
    far = Source("far", good, ("other",))
    assert await gathered([Source("hubble", good), other, far], named, 1) == (
        good,
        Silent("nobody", "there is no source of this name in the settings"),
        Silent("far", "it does not know of cluster prod"),
    )
    assert not other.began.is_set()
