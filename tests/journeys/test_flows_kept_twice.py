"""Flows that are kept by a click are kept once, and are there, however many workers had the click."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.adapters.slack.flows import pressing
from bot.adapters.slack.flows.marks import KEEP
from bot.domain.evidence import CaptureState
from bot.domain.findings import Reply
from bot.domain.flows.asked import About, Subject
from bot.domain.plans import Target
from bot.engine import flowkeeping
from bot.engine.context import Context
from bot.engine.flowkeeping import Keeping, keep
from bot.sandbox.scene import ALICE
from tests.journeys.stage import Stage, stage
from tests.journeys.test_flows_face import answered, pressed, said

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path, transport="http", relay=True) as made:
        yield made


@pytest.mark.parametrize("at_once", [False, True])
async def test_a_second_worker_with_the_same_click_takes_nothing_away(
    bot: Stage, monkeypatch: pytest.MonkeyPatch, at_once: bool
) -> None:
    replies: list[Reply] = []

    async def twice(context: Context, ask: Keeping, origin: str) -> Reply:
        works = [keep(context, ask, origin) for _ in range(2)]
        replies.extend(await asyncio.gather(*works) if at_once else [await work for work in works])
        return replies[0]

    monkeypatch.setattr(pressing, "keep", twice)
    cast = bot.scene.incident
    request = await bot.propose(
        ALICE, f"quarantine {cast.cluster}/{cast.namespace}/{cast.pod} for 1h because it beacons"
    )
    assert "Kept as evidence" in await said(bot, await pressed(bot, await answered(bot), KEEP))

    context = bot.built.context
    assert context.evidence is not None
    async with context.store.begin() as tx:
        (capture,) = [one for one in await tx.captures.of(request) if one.by_hand]
    (item,) = capture.items
    body = b"".join([piece async for piece in context.evidence.vault.get(item.place)])
    assert (capture.state, hashlib.sha256(body).hexdigest()) == (CaptureState.COMPLETE, item.sha256)
    assert len(replies) == 2
    assert at_once or replies[0] == replies[1]


@pytest.mark.parametrize(
    ("subject", "kind", "name", "about"),
    [
        (Subject(About.POD, "api", "payments"), "Pod", "api", True),
        (Subject(About.POD, "api", "payments"), "Deployment", "api", False),
        (Subject(About.WORKLOAD, "deployment/api", "payments"), "Deployment", "api", True),
        (Subject(About.WORKLOAD, "deployment/api", "payments"), "StatefulSet", "api", False),
        (Subject(About.NAMESPACE, "", "payments"), "Pod", "", False),
    ],
)
def test_a_request_about_another_kind_of_the_same_name_is_not_about_the_subject(
    subject: Subject, kind: str, name: str, about: bool
) -> None:
    assert flowkeeping._is(subject, Target(kind, "prod", "payments", name, "uid")) is about
