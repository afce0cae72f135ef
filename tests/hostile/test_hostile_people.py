"""Who may not, whatever they press or type: asked live of Slack, and no answer is no."""

from collections.abc import Callable

import pytest

from bot.domain.states import PartState
from bot.sandbox.scene import ALICE, BOB, CARA, CHANNEL, DAN, GUEST, STRANGER
from bot.sandbox.slack import User, World
from bot.sandbox.slack.faults import Closed, Fault, RateLimited, Refused
from tests.hostile.gate import Gate, fresh

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECURITY = "S0SECURITY"


async def test_the_requester_can_approve_neither_by_button_nor_by_command(either: Gate) -> None:
    request_id = await either.asked(BOB)  # on call and in security: only four-eyes stands in the way
    plan = (await either.value(request_id)).rpartition(":")[2]

    await either.refused(await either.press(BOB, request_id), "own-request")
    await either.refused(await either.slash(BOB, f"approve {request_id} {plan}"), "own-request")

    await either.undecided(request_id)
    await either.told(await either.press(CARA, request_id))
    await either.bot.until_state(request_id, PartState.APPLIED)


def _group(*users: str, disabled: bool = False) -> Callable[[World], object]:
    return lambda world: world.set_group(SECURITY, users, disabled=disabled)


UNFIT: dict[str, tuple[str, Callable[[World], object], str]] = {
    "a guest": (GUEST, _group(GUEST, BOB), "person-restricted"),
    "a single-channel guest": (
        CARA,
        lambda w: w.change_user(CARA, is_ultra_restricted=True),
        "person-ultra-restricted",
    ),
    "a deactivated approver": (CARA, lambda w: w.deactivate(CARA), "person-deleted"),
    "a bot": (CARA, lambda w: w.change_user(CARA, is_bot=True), "person-bot"),
    "an app's account": (CARA, lambda w: w.change_user(CARA, is_app_user=True), "person-app-user"),
    "a workflow": (CARA, lambda w: w.change_user(CARA, is_workflow_bot=True), "person-workflow-bot"),
    "a connector": (CARA, lambda w: w.change_user(CARA, is_connector_bot=True), "person-connector-bot"),
    "somebody who has not joined": (
        CARA,
        lambda w: w.change_user(CARA, is_invited_user=True),
        "person-invited-user",
    ),
    "a member of no group": (DAN, lambda _: None, "not-a-member"),
    "somebody on call only": (ALICE, lambda _: None, "own-request"),
    "somebody removed from the group since": (CARA, _group(BOB), "not-a-member"),
    "a member of a group that was disabled": (CARA, _group(BOB, CARA, disabled=True), "membership-unknown"),
    "somebody whom Slack does not show": (
        CARA,
        lambda w: w.change_user(CARA, visible=False),
        "person-unknown",
    ),
}


@pytest.mark.parametrize("who", UNFIT)
async def test_an_approval_is_refused_of(door: Gate, who: str) -> None:
    user, change, code = UNFIT[who]
    request_id = await door.asked()
    change(door.workspace.world)

    await door.refused(
        await door.press(user, request_id, forged=True, value=await door.value(request_id)), code
    )

    await door.undecided(request_id)


async def test_commands_are_refused_of_them_as_well(gate: Gate) -> None:
    request_id = await gate.asked()
    plan = (await gate.value(request_id)).rpartition(":")[2]
    gate.workspace.world.deactivate(CARA)

    for line in (f"approve {request_id} {plan}", "list", "whoami", gate.quarantine, f"rollback {request_id}"):
        await gate.refused(await gate.slash(CARA, line, forged=True), "person-deleted")
    for line in (
        gate.quarantine,
        "block 203.0.113.7 cluster prod for 1h",
        f"status {request_id}",
        "plan " + gate.quarantine,
    ):
        said = await gate.told(await gate.slash(DAN, line))
        assert said.startswith("Refused: ")

    await gate.undecided(request_id)


async def test_a_stranger_of_a_shared_channel_is_known_by_the_own_team_not_the_hosts(either: Gate) -> None:
    request_id = await either.asked()
    either.workspace.world.join(CHANNEL, STRANGER)
    either.workspace.world.set_group(SECURITY, (BOB, CARA, STRANGER))

    pressed = await either.press(STRANGER, request_id)
    assert pressed.delivery.payload["team"]["id"] == "T0HOST"
    assert pressed.delivery.payload["user"]["team_id"] == "T0OTHER"
    await either.refused(pressed, "person-foreign-team", team="T0OTHER")

    typed = await either.slash(STRANGER, either.quarantine)
    assert typed.delivery.payload["team_id"] == "T0HOST"
    await either.refused(typed, "person-foreign-team", team="T0OTHER")

    await either.undecided(request_id)


async def test_a_payload_that_claims_a_stranger_for_our_team_is_held_against_what_slack_says(
    door: Gate,
) -> None:
    request_id = await door.asked()
    true = await door.press(BOB, request_id, "ir_details")
    action = {**true.delivery.payload["actions"][0], "action_id": "ir_approve"}
    claim = {"id": STRANGER, "team_id": "T0HOST"}
    payload = {**true.delivery.payload, "user": claim, "actions": [action], "trigger_id": fresh()}

    await door.workspace.forge("interactive", payload)
    await door.bot.until(lambda: _claimed(door))

    await door.undecided(request_id)


async def _claimed(gate: Gate) -> bool:
    found = [r["outcome"] for r in await gate.records("refusal") if r["actor"]["id"] == f"T0HOST:{STRANGER}"]
    return found == ["person-mismatch"]


async def test_a_grid_member_of_another_workspace_is_foreign_unless_ours_is_one_of_theirs(door: Gate) -> None:
    request_id = await door.asked()
    world = door.workspace.world
    world.add_user(
        User("U0GRID", "grid", team="T0OTHER", enterprise_user={"id": "U0GRID", "teams": ["T0OTHER"]})
    )
    world.join(CHANNEL, "U0GRID")

    await door.refused(await door.press("U0GRID", request_id), "person-foreign-team", team="T0OTHER")

    await door.undecided(request_id)


async def test_who_joined_the_group_after_the_card_was_shown_counts(either: Gate) -> None:
    request_id = await either.asked()
    await either.refused(await either.press(DAN, request_id), "not-a-member")

    either.workspace.world.set_group(SECURITY, (BOB, DAN))

    assert "approved and starts now" in await either.told(await either.press(DAN, request_id))
    await either.bot.until_state(request_id, PartState.APPLIED)


FAILING: dict[str, tuple[str, Fault, str]] = {
    "usergroups.users.list is refused": (
        "usergroups.users.list",
        Refused("internal_error"),
        "membership-unknown",
    ),
    "usergroups.users.list is limited": ("usergroups.users.list", RateLimited(30), "membership-unknown"),
    "usergroups.users.list is cut off": ("usergroups.users.list", Closed(), "membership-unknown"),
    "the token may not list groups": (
        "usergroups.users.list",
        Refused("missing_scope"),
        "membership-unknown",
    ),
    "users.info is refused": ("users.info", Refused("internal_error"), "person-unknown"),
    "users.info is limited": ("users.info", RateLimited(30), "person-unknown"),
    "the token is revoked": ("users.info", Refused("token_revoked"), "person-unknown"),
}


@pytest.mark.parametrize("what", FAILING)
async def test_the_answer_is_no_when(door: Gate, what: str) -> None:
    method, fault, code = FAILING[what]
    request_id = await door.asked()
    door.workspace.faults.stage(method, fault, times=100)

    said = await door.refused(await door.press(BOB, request_id), code)

    assert "Slack" in said
    await door.undecided(request_id)


async def test_once_slack_answers_again_the_same_person_counts(gate: Gate) -> None:
    request_id = await gate.asked()
    gate.workspace.faults.stage("usergroups.users.list", RateLimited(1), times=100)
    await gate.refused(await gate.press(BOB, request_id), "membership-unknown")

    gate.workspace.faults.clear()

    assert "approved and starts now" in await gate.told(await gate.press(BOB, request_id))


async def test_nobody_can_ask_where_slack_does_not_say_who_types(door: Gate) -> None:
    door.workspace.faults.stage("users.info", Refused("internal_error"), times=100)

    said = await door.told(await door.slash(ALICE, door.quarantine))

    assert "so the answer is no" in said
    record = (await door.records("refusal"))[-1]
    assert (record["outcome"], record["actor"]["type"], record["details"]["user"]) == (
        "person-unknown",
        "bot",
        ALICE,
    )


async def test_no_card_is_shown_in_a_channel_that_another_organisation_shares(either: Gate) -> None:
    request_id = await _asked_where_cards_cannot_stand(either)

    await either.bot.until(lambda: _unshown(either))
    unsaid = [r["request"] for r in await either.records("refusal") if r["outcome"] == "channel-shared"]
    assert set(unsaid) == {request_id}  # the card, and perhaps by now what would stand under it
    assert not either.workspace.messages(CHANNEL)


async def _asked_where_cards_cannot_stand(gate: Gate) -> str:
    """Ask from a direct conversation; the approval channel has become a shared one."""
    world = gate.workspace.world
    world.share(CHANNEL, "T0OTHER")
    direct = world.direct(ALICE)
    answer = await gate.workspace.slash(ALICE, direct.id, f"/ir {gate.quarantine}")
    said = await gate.told(answer)
    return next(word.strip(":,.") for word in said.split() if word.startswith("FB-"))


async def _unshown(gate: Gate) -> bool:
    return "channel-shared" in await gate.refusals()


@pytest.mark.parametrize("flag", ["ext_shared", "pending_ext_shared"])
async def test_no_command_works_in_a_channel_that_is_or_will_be_shared(door: Gate, flag: str) -> None:
    request_id = await door.asked()
    plan = (await door.value(request_id)).rpartition(":")[2]
    door.workspace.world.change_channel(CHANNEL, **{flag: True})

    for line in (door.quarantine, "list", f"approve {request_id} {plan}", f"status {request_id}"):
        await door.refused(await door.slash(BOB, line), "channel-shared")

    await door.undecided(request_id)
