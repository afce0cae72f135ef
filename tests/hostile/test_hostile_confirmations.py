"""What hits the whole estate is approved by typing its name: in the form or in the command, and in no other way."""

import copy
import hashlib
from typing import Any

import pytest

from bot.adapters.slack.form import ids
from bot.domain.states import PartState
from bot.sandbox.scene import ALICE, BOB, CARA, DAN
from bot.sandbox.slack.views import View
from tests.hostile.gate import REASON, Gate, fresh
from tests.journeys.stage import PATIENCE

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADDRESS = "203.0.113.7"


async def estate(gate: Gate, address: str = ADDRESS) -> str:
    return await gate.bot.propose(ALICE, f"block {address} scope estate for 1h because {REASON}")


async def counted(gate: Gate, request_id: str) -> dict[str, Any]:
    """Wait for the one vote on a request, and return its record."""

    async def voted() -> list[dict[str, Any]]:
        return [record for record in await gate.records("vote") if record["request"] == request_id]

    (vote,) = await gate.bot.until(voted)
    return vote


async def slips(gate: Gate, request_id: str, most: int = 1) -> list[dict[str, Any]]:
    """Wait until so many wrong names are recorded as refused attempts, and return the records."""

    async def recorded() -> list[dict[str, Any]]:
        found = [r for r in await gate.records("refusal") if r["request"] == request_id]
        return found if len(found) >= most else []

    return [record for record in await gate.bot.until(recorded) if record["outcome"] == "name-needed"]


async def asking(gate: Gate, user: str, request_id: str) -> View:
    """Press Approve, and return the form that opens."""
    pressed = await gate.press(user, request_id)

    def form() -> View | None:
        view = pressed.view
        return view if view and view.body["callback_id"] == ids.CONFIRM else None

    return await gate.workspace.until(form, PATIENCE)


async def test_a_click_alone_is_no_approval_and_the_typed_name_is(either: Gate) -> None:
    request_id = await estate(either)
    form = await asking(either, CARA, request_id)
    await either.undecided(request_id)

    wrong = await either.workspace.submit_view(CARA, form.id, {ids.NAME: {ids.FIELD: "203.0.113.8"}})
    assert "not the name" in wrong.errors[ids.NAME]
    await either.undecided(request_id)
    (slip,) = await slips(either, request_id)
    assert (slip["actor"]["id"], slip["details"]["tried"]) == (f"T0HOST:{CARA}", "approve")
    assert "203.0.113.8" not in str(slip["details"])

    sent = await either.workspace.submit_view(CARA, form.id, {ids.NAME: {ids.FIELD: f" {ADDRESS} "}})
    assert sent.acked
    assert (await counted(either, request_id))["details"]["typed"] == ADDRESS


async def test_each_wrong_name_is_recorded_once_however_often_slack_delivers_it(either: Gate) -> None:
    request_id = await estate(either)
    form = await asking(either, CARA, request_id)
    for name in ("203.0.113.8", "203.0.113.8", "203.0.113.9"):
        wrong = await either.workspace.submit_view(CARA, form.id, {ids.NAME: {ids.FIELD: name}})
        assert wrong.errors
    await either.workspace.forge("interactive", copy.deepcopy(dict(wrong.delivery.payload)))
    sent = await either.workspace.submit_view(CARA, form.id, {ids.NAME: {ids.FIELD: ADDRESS}})
    assert sent.acked
    await counted(either, request_id)

    assert len(await slips(either, request_id, 3)) == 3


async def test_a_form_that_calls_the_right_name_wrong_counts_for_nothing(gate: Gate) -> None:
    request_id = await estate(gate)
    form = await asking(gate, CARA, request_id)
    true = await gate.workspace.submit_view(CARA, form.id, {ids.NAME: {ids.FIELD: "x"}})
    payload = copy.deepcopy(dict(true.delivery.payload))
    payload["view"]["private_metadata"] = f"{await gate.value(request_id)}#{'0' * 16}"
    payload["view"]["state"]["values"] = {
        ids.NAME: {ids.FIELD: {"type": "plain_text_input", "value": ADDRESS}}
    }
    await gate.workspace.forge("interactive", {**payload, "trigger_id": fresh()})

    assert len(await slips(gate, request_id, 2)) == 2
    await gate.undecided(request_id)


async def test_a_forged_submission_with_another_name_is_refused_where_votes_are_counted(gate: Gate) -> None:
    request_id = await estate(gate)
    form = await asking(gate, CARA, request_id)
    true = await gate.workspace.submit_view(CARA, form.id, {ids.NAME: {ids.FIELD: "x"}})
    payload = copy.deepcopy(dict(true.delivery.payload))
    value = await gate.value(request_id)
    for number, name in enumerate(("x", "", "203.0.113.77")):
        seal = hashlib.sha256(name.encode()).hexdigest()[:16]
        payload["view"] |= {"private_metadata": f"{value}#{seal}", "hash": f"{number}.forged"}
        payload["view"]["state"]["values"] = {
            ids.NAME: {ids.FIELD: {"type": "plain_text_input", "value": name}}
        }
        forged = await gate.workspace.forge("interactive", {**payload, "trigger_id": fresh()})
        await gate.refused(forged, "name-needed")
    await gate.undecided(request_id)


async def test_the_typed_command_asks_for_the_name_too(gate: Gate) -> None:
    request_id = await estate(gate)
    digest = (await gate.value(request_id)).rpartition(":")[2]

    said = await gate.refused(await gate.slash(CARA, f"approve {request_id} {digest}"), "name-needed")
    assert f"/ir approve {request_id} {digest} name {ADDRESS}" in said
    await gate.refused(
        await gate.slash(CARA, f"approve {request_id} {digest} name 203.0.113.8"), "name-needed"
    )
    await gate.undecided(request_id)

    await gate.slash(BOB, f"approve {request_id} {digest} name {ADDRESS}")
    assert (await counted(gate, request_id))["actor"]["id"] == f"T0HOST:{BOB}"


async def test_who_may_not_approve_learns_no_name_and_may_not_with_it_either(gate: Gate) -> None:
    request_id = await estate(gate)
    digest = (await gate.value(request_id)).rpartition(":")[2]

    said = await gate.told(await gate.slash(DAN, f"approve {request_id} {digest}"))
    assert ADDRESS not in said.partition("\n")[0]
    await gate.refused(await gate.slash(DAN, f"approve {request_id} {digest} name {ADDRESS}"), "not-a-member")
    await gate.refused(
        await gate.slash(ALICE, f"approve {request_id} {digest} name {ADDRESS}"), "own-request"
    )
    await gate.undecided(request_id)


async def test_a_trigger_that_has_expired_ends_in_words_and_in_no_vote(gate: Gate) -> None:
    request_id = await estate(gate)
    true = await gate.press(CARA, request_id, "ir_details")
    payload = {**true.delivery.payload, "trigger_id": fresh()}
    payload["actions"] = [{**payload["actions"][0], "action_id": "ir_approve"}]
    said = await gate.told(await gate.workspace.forge("interactive", payload))

    assert f"name {ADDRESS}" in said
    assert "Nothing was approved" in said
    await gate.undecided(request_id)


async def test_a_safe_plan_is_approved_by_one_click_as_before(gate: Gate) -> None:
    request_id = await gate.asked()

    await gate.press(BOB, request_id)
    await gate.bot.until_state(request_id, PartState.APPLIED)

    assert "typed" not in (await counted(gate, request_id))["details"]


@pytest.mark.parametrize("carried", ["", "FB-00000:1:000000000000", "x#y"])
async def test_a_confirmation_of_nothing_is_refused(gate: Gate, carried: str) -> None:
    request_id = await estate(gate)
    form = await asking(gate, CARA, request_id)
    true = await gate.workspace.submit_view(CARA, form.id, {ids.NAME: {ids.FIELD: "x"}})
    payload = copy.deepcopy(dict(true.delivery.payload))
    seal = hashlib.sha256(ADDRESS.encode()).hexdigest()[:16]
    payload["view"] |= {"private_metadata": f"{carried.partition('#')[0]}#{seal}", "hash": fresh()}
    payload["view"]["state"]["values"] = {
        ids.NAME: {ids.FIELD: {"type": "plain_text_input", "value": ADDRESS}}
    }
    forged = await gate.workspace.forge("interactive", {**payload, "trigger_id": fresh()})
    said = await gate.told(forged)

    assert said.startswith("Refused: ")
    await gate.undecided(request_id)
