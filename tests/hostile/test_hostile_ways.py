"""Buttons of private answers and the ways of a form, tried by others, altered, and after the policy took them back."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from bot.adapters.slack.card.buttons import BREAK
from bot.adapters.slack.card.kit import modal, plain
from bot.adapters.slack.commands import Propose
from bot.adapters.slack.form import ids
from bot.adapters.slack.form.confirming import _seal, break_modal
from bot.adapters.slack.form.judging import carried
from bot.adapters.slack.form.windows import glass
from bot.adapters.slack.grammar import Known
from bot.adapters.slack.letters import SWEEP
from bot.domain.requests import Mode
from bot.domain.states import PartState
from bot.sandbox.scene import ALICE, ALONE, BOB, CARA, CHANNEL, DAN, GUEST, POLICY
from bot.sandbox.slack.answers import Answer
from bot.sandbox.slack.views import View
from tests.hostile.gate import REASON, Gate, fresh
from tests.journeys.firewall import ADDRESS
from tests.journeys.stage import stage
from tests.journeys.test_form_journey import planned, standing
from tests.journeys.test_ways_journey import pressed, pressing

pytestmark = pytest.mark.asyncio(loop_scope="module")

WHY: Final = f"{REASON} and nobody can be waited for"
GLASS: Final = {ids.REASON: {"text": WHY}}


def _line(gate: Gate, pod: str = "") -> str:
    cast = gate.scene.incident
    return f"quarantine prod/{pod or f'{cast.namespace}/{cast.pod}'}"


def _opened(gate: Gate, user: str, body: Mapping[str, Any]) -> View:
    """Have a view stand before somebody that the bot did not open for them."""
    return gate.workspace._core.views.open(user, dict(body))


def _asking(gate: Gate, line: str) -> Mapping[str, Any]:
    found = carried(line, Known(("prod",)))
    assert isinstance(found, Propose)
    return glass(found, line)


async def _refused_in_form(gate: Gate, sent: Answer, code: str) -> None:
    """What a form asks for is refused like what is typed."""
    await gate.refused(sent, code)
    assert not [r for r in await gate.records("intent") if r["actor"]["id"].endswith(sent.user)]


# -- the ways that a plan offers ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("way", "code"), [("solo", "solo-off"), ("root", "forged-form"), ("QUORUM", "forged-form")]
)
async def test_a_way_that_the_plan_did_not_offer_is_refused(door: Gate, way: str, code: str) -> None:
    option = {"text": plain(way, 75), "value": way}
    radio = {"type": "radio_buttons", "action_id": ids.FIELD, "options": [option]}
    block = {"type": "input", "block_id": ids.WAY, "label": option["text"], "element": radio}
    plan = _opened(door, ALICE, modal(ids.PLAN, "The plan", [block], _line(door), submit="Go on"))

    sent = await door.workspace.submit_view(ALICE, plan.id, {ids.WAY: {ids.FIELD: way}})

    await _refused_in_form(door, sent, code)


@pytest.mark.parametrize("way", ["solo", "break-glass"])
async def test_what_the_policy_took_back_while_somebody_read_the_plan_is_refused(
    tmp_path: Path, way: str
) -> None:
    async with stage(tmp_path, transport="http", policy=POLICY + ALONE) as bot:
        plan = await planned(bot, lease="30m")
        await bot.stop()
        bot.scene.policy_file.write_text(POLICY, encoding="utf-8")
        await bot.start()
        sent = await bot.scene.workspace.submit_view(ALICE, plan.id, {ids.WAY: {ids.FIELD: way}})
        if way == "break-glass":
            form = await standing(bot, sent, ids.GLASS)
            sent = await bot.scene.workspace.submit_view(ALICE, form.id, GLASS)
        await standing(bot, sent, ids.NOTHING, f"the policy does not allow {way}")

        story = await bot.story()
        assert f"refusal:{way}-off" in story
        assert not [each for each in story if each.startswith(("intent", "decided"))]


GLASSES: dict[str, tuple[str, Callable[[Gate], str], str]] = {
    "a member of nothing": (DAN, _line, "not-a-member"),
    "a guest": (GUEST, _line, "person-restricted"),
    "a reviewer who is not on call": (CARA, _line, "not-a-member"),
    "a protected pod": (ALICE, lambda gate: _line(gate, "kube-system/guarded"), "target-protected"),
    "three hours": (ALICE, lambda gate: f"{_line(gate)} for 3h", "lease-too-long"),
    "the estate": (ALICE, lambda _: "block 203.0.113.9 cluster prod scope estate", "break-glass-estate"),
}


@pytest.mark.parametrize("what", GLASSES)
async def test_a_form_breaks_no_glass_that_a_command_could_not(alone: Gate, what: str) -> None:
    user, line, code = GLASSES[what]
    view = _opened(alone, user, _asking(alone, line(alone)))

    await _refused_in_form(alone, await alone.workspace.submit_view(user, view.id, GLASS), code)


@pytest.mark.parametrize("line", ["status", "quarantine", "approve FB-7K3Q 0123456789ab", "", "x" * 3000])
async def test_a_form_that_carries_no_action_is_refused(alone: Gate, line: str) -> None:
    view = _opened(alone, ALICE, {**_asking(alone, _line(alone)), "private_metadata": line})

    await alone.refused(await alone.workspace.submit_view(ALICE, view.id, GLASS), "forged-form")


# -- Confirm… -----------------------------------------------------------------------------------------------


async def _broken(gate: Gate) -> tuple[str, dict[str, Any]]:
    """Have a break-glass asked for, and a true click on its Confirm…; return the id and the click's payload."""
    request_id = await gate.bot.propose(ALICE, f"{_line(gate)} break-glass because {WHY}")
    click = await pressed(gate.bot, ALICE, BREAK)
    await standing(gate.bot, click, ids.BREAK)
    return request_id, dict(click.delivery.payload)


def _opened_by_click(gate: Gate) -> list[View]:
    return [view for view in gate.workspace.views.seen if view.body["callback_id"] == ids.BREAK]


def _by(payload: dict[str, Any], user: str, value: str = "", **container: Any) -> dict[str, Any]:
    """Return the payload as if somebody else had sent it, or with something else in it."""
    action = payload["actions"][0]
    return {
        **payload,
        "trigger_id": fresh(),
        "response_url": "",
        "user": {**payload["user"], "id": user},
        "container": {**payload["container"], **container},
        "actions": [{**action, "value": value or action["value"]}],
    }


async def test_confirm_opens_for_nobody_but_who_asked_and_only_from_their_answer(alone: Gate) -> None:
    request_id, payload = await _broken(alone)
    name, _, digest = (await alone.value(request_id)).split(":")
    other = await alone.bot.propose(ALICE, f"block {ADDRESS} cluster prod for 1h because {WHY}")
    tried: list[tuple[dict[str, Any], str]] = [
        (_by(payload, BOB), "not-yours"),
        (_by(payload, GUEST), "person-restricted"),
        (_by(payload, ALICE, is_ephemeral=False), "forged-click"),
        (_by(payload, ALICE, "confirm everything"), "forged-click"),
        (_by(payload, ALICE, f"{name}:1:{'0' * 12}"), "outdated-plan"),
        (_by(payload, ALICE, f"FB-00000:1:{digest}"), "no-such-request"),
        (_by(payload, ALICE, await alone.value(other)), "nothing-to-confirm"),
    ]
    before = len(_opened_by_click(alone))
    for forged, code in tried:
        await alone.refused(await alone.workspace.forge("interactive", forged), code)
    assert len(_opened_by_click(alone)) == before
    await alone.undecided(request_id)


async def test_only_who_asked_breaks_the_glass_by_the_form(alone: Gate) -> None:
    request_id, _ = await _broken(alone)
    pod = alone.scene.incident.pod
    body = break_modal(await alone.bot.request(request_id))
    typed = {ids.NAME: {ids.FIELD: pod}}
    carried_, seal = body["private_metadata"].split("#")
    name, revision, digest = carried_.split(":")

    view = _opened(alone, BOB, body)
    await alone.refused(await alone.workspace.submit_view(BOB, view.id, typed), "not-yours")
    for value, code in ((f"{name}:{revision}:{'0' * len(digest)}", "outdated-plan"), ("all", "forged-click")):
        view = _opened(alone, ALICE, {**body, "private_metadata": f"{value}#{seal}"})
        await alone.refused(await alone.workspace.submit_view(ALICE, view.id, typed), code)
    mine = confirm_named(body, "anything")
    view = _opened(alone, ALICE, mine)
    sent = await alone.workspace.submit_view(ALICE, view.id, {ids.NAME: {ids.FIELD: "anything"}})
    await alone.refused(sent, "name-needed")
    await alone.undecided(request_id)


def confirm_named(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the form with a seal that fits another name: the client can make any."""
    value = str(body["private_metadata"]).partition("#")[0]
    return {**body, "private_metadata": f"{value}#{_seal(name)}"}


# -- Roll back all ------------------------------------------------------------------------------------------


async def test_roll_back_all_counts_only_for_who_was_shown_it_and_only_for_what_stands(gate: Gate) -> None:
    bot = gate.bot
    request_id = await bot.contain(ALICE, BOB, gate.quarantine)
    incident = (await bot.request(request_id)).incident
    await bot.ask(ALICE, f"rollback incident {incident}")
    true = await pressed_payload(gate)
    _, digest, origin = true["actions"][0]["value"].split(":", 2)
    other = await _row_of(gate, ALICE, "list")
    done = await _row_of(gate, ALICE, f"rollback incident {incident} confirm {'0' * 12}")
    tried: list[tuple[dict[str, Any], str]] = [
        (_by(true, BOB), "forged-click"),
        (_by(true, ALICE, is_ephemeral=False), "forged-click"),
        (_by(true, ALICE, f"{incident}:{digest}"), "forged-click"),
        (_by(true, ALICE, f"{incident}:{digest}:{origin}\n"), "forged-click"),
        (_by(true, ALICE, f"{incident}:{digest}:{origin}x"), "forged-click"),
        (_by(true, ALICE, f"{incident}:{digest}:{other}"), "forged-click"),
        (_by(true, ALICE, f"{incident}:{digest}:{done}"), "forged-click"),
        (_by(true, BOB, f"{incident}:{digest}:{origin}"), "forged-click"),
        (_by(true, ALICE, f"IN-00000:{digest}:{origin}"), "forged-click"),
        (_by(true, ALICE, f"{incident}:{'0' * 12}:{origin}"), "changed-meanwhile"),
        (_by(true, GUEST), "forged-click"),
    ]
    for forged, code in tried:
        await gate.refused(await gate.workspace.forge("interactive", forged), code)
    assert await gate.state(request_id) is PartState.APPLIED
    assert not await gate.records("rollback")

    another = await bot.contain(
        ALICE, BOB, gate.quarantine.replace(gate.scene.incident.pod, gate.scene.incident.siblings[0])
    )
    await gate.refused(await pressed(bot, ALICE, SWEEP), "changed-meanwhile")
    assert await gate.state(another) is PartState.APPLIED
    assert (await bot.request(another)).mode is Mode.QUORUM


async def _row_of(gate: Gate, user: str, text: str) -> str:
    """Type something else, and return the key of its row."""
    typed = await gate.slash(user, text)
    await gate.told(typed)
    return f"command:{typed.delivery.payload['trigger_id']}"


async def pressed_payload(gate: Gate) -> dict[str, Any]:
    """Return the payload of a click on the button, without sending it truly."""
    message = await gate.workspace.until(lambda: pressing(gate.bot, ALICE, SWEEP))
    lost = await gate.workspace.click(ALICE, CHANNEL, message.ts, SWEEP, forged=True, value="lost")
    await gate.refused(lost, "forged-click")
    action = next(
        element
        for block in message.blocks
        if block["type"] == "actions"
        for element in block["elements"]
        if element["action_id"] == SWEEP
    )
    payload = dict(lost.delivery.payload)
    return {**payload, "actions": [{**payload["actions"][0], "value": action["value"]}]}
