"""Truly signed and still forged: what no card carries, or not where it was pressed. Refused, told, recorded."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.domain.states import PartState
from bot.sandbox.scene import ALICE, BOB, CHANNEL
from bot.sandbox.slack.answers import Answer
from tests.hostile.gate import Gate, fresh

pytestmark = pytest.mark.asyncio(loop_scope="module")

Forgery = Callable[[Gate, str], Awaitable[Answer]]


def _valued(change: Callable[[list[str]], str]) -> Forgery:
    """Press Approve with another value than the card's."""

    async def forge(gate: Gate, request_id: str) -> Answer:
        value = change((await gate.value(request_id)).split(":"))
        return await gate.press(BOB, request_id, forged=True, value=value)

    return forge


def _named(button: str) -> Forgery:
    """Press a button that the card does not have, with the card's own value."""

    async def forge(gate: Gate, request_id: str) -> Answer:
        return await gate.press(BOB, request_id, button, forged=True, value=await gate.value(request_id))

    return forge


def _altered(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Forgery:
    """Send the payload of a true click, altered."""

    async def forge(gate: Gate, request_id: str) -> Answer:
        true = await gate.press(BOB, request_id, "ir_details")
        payload = {**true.delivery.payload, "trigger_id": fresh()}
        action = {**payload["actions"][0], "action_id": "ir_approve"}
        return await gate.workspace.forge("interactive", change({**payload, "actions": [action]}))

    return forge


async def _of_another_card(gate: Gate, request_id: str) -> Answer:
    other = await gate.bot.propose(ALICE, "block 203.0.113.7 cluster prod for 1h")
    return await gate.press(BOB, other, forged=True, value=await gate.value(request_id))


def _placed(**container: Any) -> Forgery:
    return _altered(lambda payload: {**payload, "container": {**payload["container"], **container}})


FORGED: dict[str, tuple[Forgery, str]] = {
    "an action id that no card has": (_named("ir_destroy"), "forged-click"),
    "an action id of another kind of component": (_named("ir_deny_modal"), "forged-click"),
    "another request's value": (_of_another_card, "stale-card"),
    "no value": (_valued(lambda _: ""), "forged-click"),
    "a value that no card carries": (_valued(lambda _: "approve everything"), "forged-click"),
    "a value with more behind it": (_valued(lambda v: ":".join(v) + ":1"), "forged-click"),
    "a value with a line break": (_valued(lambda v: ":".join(v) + "\n"), "forged-click"),
    "the id of no request": (_valued(lambda v: f"FB-00000:1:{v[2]}"), "forged-click"),
    "a revision that is not there yet": (_valued(lambda v: f"{v[0]}:2:{v[2]}"), "forged-click"),
    "revision zero": (_valued(lambda v: f"{v[0]}:0:{v[2]}"), "forged-click"),
    "another digest": (_valued(lambda v: f"{v[0]}:1:{'0' * 12}"), "outdated-plan"),
    "too short a digest": (_valued(lambda v: f"{v[0]}:1:{v[2][:11]}"), "forged-click"),
    "another channel": (_placed(channel_id="C0OTHER"), "forged-click"),
    "another message": (_placed(message_ts="1700000000.000001"), "stale-card"),
    "no message": (_placed(message_ts=None), "stale-card"),
    "an ephemeral message": (_placed(is_ephemeral=True), "forged-click"),
}


@pytest.mark.parametrize("what", FORGED)
async def test_a_click_is_refused_that_carries(door: Gate, what: str) -> None:
    forge, code = FORGED[what]
    request_id = await door.asked()

    await door.refused(await forge(door, request_id), code)

    await door.undecided(request_id)


async def test_forged_clicks_meet_the_same_door_over_socket_mode(gate: Gate) -> None:
    request_id = await gate.asked()

    for forge, code in (FORGED["another digest"], FORGED["an action id that no card has"]):
        await gate.refused(await forge(gate, request_id), code)

    await gate.undecided(request_id)


MALFORMED: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "two buttons at once": lambda p: {**p, "actions": p["actions"] * 2},
    "no button": lambda p: {**p, "actions": []},
    "a button that is no object": lambda p: {**p, "actions": ["ir_approve"]},
    "nobody": lambda p: {**p, "user": None},
    "a person without a team": lambda p: {**p, "user": {"id": BOB}},
    "an id that is a list": lambda p: {**p, "user": {"id": [BOB], "team_id": "T0HOST"}},
    "no trigger": lambda p: {**p, "trigger_id": ""},
    "half a surrogate": lambda p: {**p, "trigger_id": "\ud800"},
    "a kind of payload that does not exist": lambda p: {**p, "type": "block_actions_v2"},
}


@pytest.mark.parametrize("what", MALFORMED)
async def test_a_payload_is_not_even_acknowledged_that_names(door: Gate, what: str) -> None:
    request_id = await door.asked()

    answer = await _altered(MALFORMED[what])(door, request_id)

    assert 400 <= answer.status < 500
    await door.undecided(request_id)


@pytest.mark.parametrize("team", ["", "not a team", "T0HOST:U0BOB", "t0host"])
async def test_a_person_whose_team_cannot_be_one_is_refused(door: Gate, team: str) -> None:
    request_id = await door.asked()
    alter = _altered(lambda p: {**p, "user": {"id": BOB, "team_id": team}})

    answer = await alter(door, request_id)

    if team:
        assert (await door.told(answer)).startswith("Refused: ")
        last = (await door.records("refusal"))[-1]
        assert (last["outcome"], last["actor"]["type"]) == ("person-unknown", "bot")
        assert last["details"]["user"] == BOB
    else:
        assert answer.status == 400
    await door.undecided(request_id)


async def test_a_form_that_nobody_opened_decides_only_what_its_sender_may(door: Gate) -> None:
    request_id = await door.asked()
    view = await door.denying(BOB, request_id)
    form = {"reason": {"text": {"type": "plain_text_input", "value": "no"}}}
    true: dict[str, Any] = {
        "type": "view_submission",
        "team": {"id": "T0HOST"},
        "api_app_id": door.workspace.world.app.id,
        "user": {"id": BOB, "team_id": "T0HOST"},
        "view": {**view.body, "id": "V0FORGED", "hash": "1", "state": {"values": form}},
    }
    value = (await door.value(request_id)).split(":")
    forged = {
        "forged-click": {"private_metadata": "FB-00000"},
        "no-such-request": {"private_metadata": f"FB-00000:1:{value[2]}"},
        "outdated-plan": {"private_metadata": f"{value[0]}:1:{'0' * 12}"},
    }
    for code, change in forged.items():
        payload = {**true, "view": {**true["view"], **change, "hash": fresh()}}
        await door.refused(await door.workspace.forge("interactive", payload), code)
    other = {**true, "view": {**true["view"], "callback_id": "ir_root", "hash": fresh()}}
    await door.refused(await door.workspace.forge("interactive", other), "forged-click")

    await door.undecided(request_id)


async def test_a_shortcut_that_the_app_does_not_have_is_refused(door: Gate) -> None:
    payload = {
        "type": "shortcut",
        "team": {"id": "T0HOST"},
        "api_app_id": door.workspace.world.app.id,
        "user": {"id": BOB, "team_id": "T0HOST"},
        "callback_id": "ir_everything",
        "trigger_id": fresh(),
    }

    answer = await door.workspace.forge("interactive", payload)

    await door.refused(answer, "forged-click")


async def test_a_command_under_another_name_asks_for_nothing_more(door: Gate) -> None:
    answer = await door.workspace.slash(ALICE, CHANNEL, "/sudo whoami", forged=True)

    assert "You are T0HOST:U0ALICE" in await door.told(answer)


@pytest.mark.parametrize("button", ["ir_rollback", "ir_extend", "ir_adopt", "ir_reapply", "ir_recheck"])
async def test_buttons_that_the_state_does_not_offer_do_nothing(door: Gate, button: str) -> None:
    request_id = await door.asked()
    value = await door.value(request_id)

    said = await door.told(await door.press(ALICE, request_id, button, forged=True, value=value))

    assert said.startswith("Refused: ")
    await door.undecided(request_id)


async def test_an_old_cards_buttons_are_dead_once_a_new_card_stands(door: Gate) -> None:
    request_id = await door.asked()
    old = await door.bot.card(request_id)
    value = await door.value(request_id)
    door.workspace._core.ledger.delete(CHANNEL, old.ts)  # somebody deletes it: the next paint posts another
    await door.told(await door.slash(BOB, f"approve {request_id} {value.rpartition(':')[2]}"))
    await door.bot.until_state(request_id, PartState.APPLIED)
    await door.bot.until(lambda: _moved(door, request_id, old.ts))

    answer = await door.workspace.click(BOB, CHANNEL, old.ts, "ir_rollback", forged=True, value=value)

    await door.refused(answer, "stale-card")
    assert await door.state(request_id) is PartState.APPLIED


async def _moved(gate: Gate, request_id: str, old: str) -> bool:
    return (await gate.bot.card(request_id)).ts != old
