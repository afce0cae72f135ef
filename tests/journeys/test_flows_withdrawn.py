"""Rights to see flows that are taken away bind what was asked before: its file, its buttons, and what was kept of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from bot.adapters.slack.attaching import attach
from bot.adapters.slack.flows.marks import BLOCK, KEEP, QUARANTINE
from bot.domain.errors import DeniedError
from bot.domain.evidence import Capture, CaptureState
from bot.domain.telling import Attached
from bot.engine.handing import FLOWS
from bot.ports import Note
from bot.sandbox.scene import ALICE, BOB
from tests.journeys.seeing import allowing
from tests.journeys.stage import Stage, stage
from tests.journeys.test_flows_face import answered, pressed, said

pytestmark = pytest.mark.timeout(120)
SECURITY_ALONE = allowing('flows:\n  - {clusters: ["*"], groups: [network-owners]}\n')


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path, transport="http", relay=True) as made:
        yield made


async def under(bot: Stage, policy: str) -> None:
    await bot.stop()
    bot.scene.policy_file.write_text(policy, encoding="utf-8")
    await bot.start()


def note(*places: tuple[str, str]) -> Note:
    file = Attached("flows.csv", "source\r\n", places=places)
    document = msgspec.json.encode(file).decode()
    return Note(
        topic="attached:T", kind="attached", text="/ir flows", document=document, to=f"T0HOST:{ALICE}"
    )


async def test_no_button_of_an_answer_works_for_whom_may_not_see_flows_any_more(bot: Stage) -> None:
    told = await answered(bot)
    await under(bot, SECURITY_ALONE)

    for button in (BLOCK, QUARANTINE, KEEP):
        words = await said(bot, await pressed(bot, told, button))
        assert "only members of network-owners may see the flows of" in words
    assert bot.scene.workspace.views.top(ALICE) is None
    assert (await bot.story()).count("refusal:not-a-member") == 3


async def test_a_file_of_flows_is_delivered_only_to_whom_may_see_all_that_is_in_it(bot: Stage) -> None:
    narrow = allowing('flows:\n  - {clusters: ["prod"], namespaces: [payments], groups: [on-call]}\n')
    await under(bot, narrow)

    await attach(bot.built.desk, note(("prod", "payments")))
    assert [file.name for file in bot.scene.workspace.files.values()] == ["flows.csv"]
    for beyond in (("prod", "kube-system"), ("prod", "")):
        with pytest.raises(DeniedError, match="not handed over"):
            await attach(bot.built.desk, note(("prod", "payments"), beyond))
    assert len(bot.scene.workspace.files) == 1


async def test_whoever_may_only_read_is_handed_no_flows_as_evidence(bot: Stage) -> None:
    cast = bot.scene.incident
    words = f"quarantine {cast.cluster}/{cast.namespace}/{cast.pod} for 1h because it beacons"
    request_id = await bot.propose(ALICE, words)

    async def complete() -> Capture | None:
        async with bot.built.context.store.begin() as tx:
            (found,) = await tx.captures.of(request_id)
        return found if found.state is CaptureState.COMPLETE else None

    done = await bot.until(complete)
    number = next(n for n, item in enumerate(done.items, 1) if item.kind in FLOWS)
    assert "direct message" in await bot.ask(ALICE, f"evidence {request_id} {number}")
    await under(bot, SECURITY_ALONE)
    refused = await bot.ask(ALICE, f"evidence {request_id} {number}")
    assert "only members of network-owners may see the flows of namespace payments" in refused
    assert "direct message" in await bot.ask(ALICE, f"evidence {request_id} {number - 1}"), (
        "all else is as before"
    )
    original = await bot.ask(BOB, f"evidence {request_id} {number} original")
    assert "direct message" in original, "originals are for whom the policy's evidence names"
