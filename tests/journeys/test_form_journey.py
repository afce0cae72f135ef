"""From a form to a card on the real bot: filled, sent back where it is wrong, looked at as a plan, asked for."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.slack.form import ids
from bot.domain.people import Principal
from bot.domain.states import PartState
from bot.sandbox.scene import ALICE, BOB, CHANNEL, DAN
from bot.sandbox.slack.answers import Answer, texts
from bot.sandbox.slack.views import View
from tests.journeys.stage import PATIENCE, REQUEST, Stage, Transport, stage

ASKER = Principal("T0HOST", ALICE)

pytestmark = pytest.mark.timeout(120)

Check = Callable[[], Awaitable[bool]]


def words(view: View) -> str:
    return "\n".join(texts(view.blocks))


async def opened(bot: Stage, answer: Answer) -> View:
    assert answer.acked, (answer.status, answer.error)
    return await bot.scene.workspace.until(lambda: answer.view, PATIENCE)


async def standing(bot: Stage, answer: Answer, callback_id: str, says: str = "") -> View:
    """Wait until this kind of view stands before the person, and says so."""

    def stands() -> View | None:
        view = answer.view
        waits = view is None or view.body.get("external_id")
        return (
            view
            if view and not waits and view.body["callback_id"] == callback_id and says in words(view)
            else None
        )

    assert (answer.status, answer.error) == (200, "")
    return await bot.scene.workspace.until(stands, PATIENCE)


async def planned(bot: Stage, user: str = ALICE, pod: str = "", lease: str = "4h") -> View:
    """Fill the form for the suspect and have its plan shown."""
    cast = bot.scene.incident
    typed = await bot.scene.workspace.slash(user, CHANNEL, "/ir quarantine")
    form = await standing(bot, typed, ids.ASK)
    filled: dict[str, dict[str, Any]] = {
        "slot.pods": {ids.SEARCH: [pod or f"prod/{cast.namespace}/{cast.pod}"]},
        "lease": {"field": lease},
        "reason": {"field": "beaconing to <http://203.0.113.7|203.0.113.7> because <!channel>"},
    }
    sent = await bot.scene.workspace.submit_view(user, form.id, filled)
    return await standing(bot, sent, ids.PLAN)


@pytest.mark.parametrize("transport", ["http", "socket"])
async def test_a_pod_is_searched_looked_at_asked_for_approved_and_cut(
    tmp_path: Path, transport: Transport
) -> None:
    async with stage(tmp_path, transport=transport) as bot:
        workspace, cast = bot.scene.workspace, bot.scene.incident
        form = await opened(bot, await workspace.slash(ALICE, CHANNEL, "/ir quarantine"))
        await bot.until(_known(bot))
        found = await workspace.suggest(ALICE, form.id, ids.SEARCH, f"payments {cast.pod[-5:]}")
        assert found.error == ""
        ((label, values),) = found.offered.items()
        assert label.startswith("prod · as of ")
        assert values == (f"prod/{cast.namespace}/{cast.pod}",)

        wrong = await workspace.submit_view(
            ALICE, form.id, {"slot.pods": {ids.SEARCH: list(values)}, "lease": {"field": "4 h"}}
        )
        assert list(wrong.errors) == ["lease"]
        sent = await workspace.submit_view(
            ALICE,
            form.id,
            {
                "slot.pods": {ids.SEARCH: list(values)},
                "lease": {"field": "4h"},
                "reason": {"field": "it beacons"},
            },
        )
        plan = await standing(bot, sent, ids.PLAN)
        assert f"Cut payments/{cast.pod} in prod off the network" in words(plan)
        assert "PREVIEW" in words(plan)
        assert not workspace.messages(CHANNEL), "nobody is asked yet"

        asked = await workspace.submit_view(ALICE, plan.id)
        over = await standing(bot, asked, ids.NOTHING, "Asked as")
        request_id = REQUEST.findall(words(over))[0]
        request = await bot.request(request_id)
        assert (request.reason, request.terms.lease, request.requester) == ("it beacons", 14_400, ASKER)
        await bot.card(request_id)
        await bot.approve(BOB, request_id)
        await bot.until_state(request_id, PartState.APPLIED)
        assert "command:plan" in await bot.story()


async def test_the_plan_leads_back_to_the_form_as_it_was_filled_in(tmp_path: Path) -> None:
    async with stage(tmp_path, transport="http") as bot:
        plan = await planned(bot)
        pressed = await bot.scene.workspace.click_view(ALICE, plan.id, ids.BACK)
        form = await standing(bot, pressed, ids.ASK)

        cast = bot.scene.incident
        shown = str(form.body)
        assert f"prod/{cast.namespace}/{cast.pod}" in shown
        assert "beaconing to 203.0.113.7 because @channel" in shown
        sent = await bot.scene.workspace.submit_view(ALICE, form.id, {"lease": {"field": "1h"}})
        again = await standing(bot, sent, ids.PLAN)
        assert "for 1h" in again.body["private_metadata"]


async def test_what_cannot_be_asked_is_said_in_the_form_and_recorded(tmp_path: Path) -> None:
    async with stage(tmp_path, transport="http") as bot:
        workspace, cast = bot.scene.workspace, bot.scene.incident
        form = await opened(bot, await workspace.slash(ALICE, CHANNEL, "/ir quarantine"))
        sent = await workspace.submit_view(
            ALICE, form.id, {"slot.pods.typed": {"field": f"{cast.namespace}/nobody"}}
        )
        told = await standing(bot, sent, ids.NOTHING, "Refused: ")
        assert "nobody" in words(told)

        form = await opened(bot, await workspace.slash(DAN, CHANNEL, "/ir quarantine"))
        assert [*(await workspace.suggest(DAN, form.id, ids.SEARCH, "api")).offered.values()] == [("-",)]
        sent = await workspace.submit_view(
            DAN, form.id, {"slot.pods.typed": {"field": f"{cast.namespace}/{cast.pod}"}}
        )
        told = await standing(bot, sent, ids.NOTHING, "Refused: ")
        assert "only members of on-call may request this" in words(told)

        await bot.until(_recorded(bot, "refusal:not-a-member"))
        assert not workspace.messages(CHANNEL)


async def test_a_plan_that_is_sent_twice_is_asked_for_once(tmp_path: Path) -> None:
    async with stage(tmp_path, transport="http") as bot:
        plan = await planned(bot)
        asked = await bot.scene.workspace.submit_view(ALICE, plan.id)
        again = await bot.scene.workspace.replay(asked)
        await standing(bot, asked, ids.NOTHING, "Asked as")

        assert again.acked
        async with bot.built.context.store.begin() as tx:
            assert len(await tx.requests.recent(open_only=False, limit=9)) == 1


async def test_a_plan_that_the_client_changed_is_judged_as_what_it_says_now(tmp_path: Path) -> None:
    """What the view carries can be anything: it is read as typed, and its sender is asked for anew."""
    async with stage(tmp_path, transport="http") as bot:
        workspace, cast = bot.scene.workspace, bot.scene.incident
        plan = await planned(bot)
        another = f"quarantine prod/{cast.namespace}/{cast.siblings[0]} for 90d"
        body = {**plan.body, "private_metadata": another}
        workspace.views.replace(plan.id, body)
        asked = await workspace.submit_view(ALICE, plan.id)
        over = await standing(bot, asked, ids.NOTHING, "Refused: ")

        assert "at most 1d" in words(over)
        async with bot.built.context.store.begin() as tx:
            assert await tx.requests.recent(open_only=False, limit=9) == ()


def _recorded(bot: Stage, line: str) -> Check:
    async def recorded() -> bool:
        return line in await bot.story()

    return recorded


def _known(bot: Stage) -> Check:
    async def known() -> bool:
        return bot.built.desk.names.of("prod") is not None

    return known
