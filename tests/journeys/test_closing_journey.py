"""A PARTIAL forecast closed by one click on the real bot; whoever may not ask gets no form, and that is recorded."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.adapters.slack.form import ids
from bot.bootstrap.rehearsal.lending import backstage
from bot.bootstrap.rehearsal.stage import Stage, id_in, opened, world
from bot.domain.findings import Forecast
from bot.sandbox.scene import ALICE, CHANNEL, DAN, STRANGER
from bot.sandbox.slack.answers import texts

pytestmark = pytest.mark.timeout(120)
CLOSE = "ir_close_1"


@asynccontextmanager
async def half_open(folder: Path) -> AsyncIterator[tuple[Stage, str]]:
    """Run the bot where a request stands that would leave something open; yields its id."""
    async with world(folder, "http") as (staged, settings), opened(staged, settings) as stage:
        cast = staged.incident
        where = f"{cast.cluster}/{cast.namespace}/{cast.pod}"
        said = await stage.types(
            ALICE, f"/ir quarantine {where} using networkpolicy for 4h because it beacons"
        )
        request = id_in(said)
        await stage.posted(request)
        yield stage, request


async def refused(stage: Stage) -> list[tuple[str, str]]:
    """Return who was refused, and why, as the log has it."""
    lent = backstage(stage.house.settings, lambda: False)
    return [(line.who, line.outcome) for line in await lent.records(0) if line.event == "refusal"]


async def test_the_button_prepares_the_same_quarantine_by_the_engines_own_deny(tmp_path: Path) -> None:
    async with half_open(tmp_path) as (stage, first):
        form = await stage.opens(ALICE, first, CLOSE)
        assert form.body["callback_id"] == ids.ASK
        plan = await stage.sends(ALICE, form)
        assert plan.body["callback_id"] == ids.PLAN
        assert "NOTHING KNOWN STAYS OPEN" in "".join(texts(plan.blocks))
        over = await stage.sends(ALICE, plan)

        second = id_in("\n".join(texts(over.blocks)))
        async with stage.house.context.store.begin() as tx:
            one, other = await tx.requests.get(first), await tx.requests.get(second)
        assert one is not None
        assert other is not None
        assert (one.plan.forecast, other.plan.forecast) == (Forecast.PARTIAL, Forecast.FULL)
        assert other.plan.strategy == "calico-deny"
        assert (other.reason, other.terms.lease, other.plan.parts[0].target.uid) == (
            one.reason,
            one.terms.lease,
            one.plan.parts[0].target.uid,
        )
        assert stage.now() == stage.before


async def test_who_may_not_ask_gets_no_form_and_is_recorded(tmp_path: Path) -> None:
    async with half_open(tmp_path) as (stage, first):
        said = await stage.clicks(DAN, first, CLOSE)

        assert said.startswith("Refused:")
        assert stage.scene.workspace.views.top(DAN) is None
        said = await stage.clicks(STRANGER, first, CLOSE, forged=True)
        assert "not a member of this workspace" in said
        assert stage.scene.workspace.views.top(STRANGER) is None
        assert [who for who, _ in await refused(stage)] == [f"T0HOST:{DAN}", f"T0OTHER:{STRANGER}"]


@pytest.mark.parametrize(
    ("action", "value"),
    [("ir_close_3", ""), ("ir_close_9", ""), (CLOSE, "203.0.113.7"), (CLOSE, "FB-00000:1:0")],
)
async def test_a_forged_offer_is_refused(tmp_path: Path, action: str, value: str) -> None:
    async with half_open(tmp_path) as (stage, first):
        carried = value or f"{first}:1:{stage._digest(first)}"
        shown = stage.message(first)
        answer = await stage.scene.workspace.click(
            ALICE, CHANNEL, shown.ts, action, value=carried, forged=True
        )

        assert "Refused:" in await stage._heard(answer)
        assert stage.scene.workspace.views.top(ALICE) is None
        assert [who for who, _ in await refused(stage)] == [f"T0HOST:{ALICE}"]
