"""People act, the real slack_bolt app answers: over Socket Mode and over signed HTTP alike."""

from typing import Any

import pytest

from bot.sandbox.slack import Answer, NotPossibleError, Workspace, World
from tests.sandbox.slack.stage import BoltApp


async def asked(workspace: Workspace) -> str:
    """Let Alice ask; answers the ts of the card."""
    await workspace.slash("U0ALICE", "C0IR", "/ir quarantine prod/web")
    cards = await workspace.until(lambda: workspace.messages("C0IR"))
    return cards[-1].ts


async def denying(workspace: Workspace) -> str:
    """Let Bob press Deny; answers the id of the modal before him."""
    await workspace.click("U0BOB", "C0IR", await asked(workspace), "deny")
    view = await workspace.until(lambda: workspace.views.top("U0BOB"))
    return view.id


async def test_command_card_click_and_repaint(either: Workspace, bolt: BoltApp) -> None:
    ts = await asked(either)
    answer = await either.click("U0BOB", "C0IR", ts, "approve")
    await either.until(lambda: len(either.states("C0IR", ts)) == 2)

    assert (answer.status, answer.error) == (200, "")
    painted = [state.message.text for state in either.states("C0IR", ts)]
    assert painted == ["card", "approved by T0HOST:U0BOB"]
    assert bolt.bodies[1]["message"]["ts"] == ts


async def test_what_the_app_says_privately_is_collected(either: Workspace) -> None:
    answer = await either.slash("U0ALICE", "C0IR", "/ir  status FB-1 ")
    await either.until(lambda: len(answer.posts) == 2)

    assert answer.acked
    assert {(each.text, each.via, each.only_for) for each in answer.ephemerals} == {
        ("heard: status FB-1", "ack", "U0ALICE"),
        ("posted", "response_url", "U0ALICE"),
    }
    assert set(answer.said.splitlines()) == {"heard: status FB-1", "posted"}


async def test_a_command_carries_the_documented_fields(
    either: Workspace, bolt: BoltApp, world: World
) -> None:
    await either.slash("U0ALICE", "G0SECRET", "/ir help")

    body = bolt.bodies[0]
    assert {
        name: body[name]
        for name in ("team_id", "channel_name", "user_id", "command", "text", "is_enterprise_install")
    } == {
        "team_id": world.team,
        "channel_name": "privategroup",
        "user_id": "U0ALICE",
        "command": "/ir",
        "text": "help",
        "is_enterprise_install": "false",
    }


async def test_a_form_is_refused_then_taken(either: Workspace) -> None:
    view = await denying(either)

    refused = await either.submit_view("U0BOB", view, {"why": {"why": "no"}})
    still_open = refused.view
    taken = await either.submit_view("U0BOB", view, {"why": {"why": "wrong pod"}})

    assert refused.errors == {"why": "say more"}
    assert still_open is not None
    assert (taken.acked, taken.errors, taken.view) == (True, {}, None)


async def test_closing_a_form_is_told(either: Workspace, bolt: BoltApp) -> None:
    answer = await either.close_view("U0BOB", await denying(either))

    assert answer is not None
    assert answer.acked
    assert (bolt.bodies[-1]["type"], "trigger_id" in bolt.bodies[-1]) == ("view_closed", False)


async def test_a_stranger_of_slack_connect_hides_behind_the_host_team(
    either: Workspace, bolt: BoltApp, world: World
) -> None:
    ts = await asked(either)
    world.share("C0IR", "T0OTHER")
    world.join("C0IR", "U0STRANGER")
    await either.click("U0STRANGER", "C0IR", ts, "approve")

    body = bolt.bodies[-1]
    assert (body["team"]["id"], body["user"]["team_id"]) == (world.team, "T0OTHER")


async def test_no_client_presses_a_button_that_is_not_there(either: Workspace) -> None:
    ts = await asked(either)

    with pytest.raises(NotPossibleError, match="there is no explode"):
        await either.click("U0BOB", "C0IR", ts, "explode")
    with pytest.raises(NotPossibleError, match="does not carry the value"):
        await either.click("U0BOB", "C0IR", ts, "approve", value="FB-2:def")
    with pytest.raises(NotPossibleError, match="sees no message"):
        await either.click("U0BOB", "C0IR", "1.0", "approve")


async def test_a_forged_click_reaches_the_app_truly_signed(either: Workspace, bolt: BoltApp) -> None:
    ts = await asked(either)
    answer = await either.click("U0BOB", "C0IR", ts, "approve", value="FB-2:def", forged=True)

    assert answer.acked
    assert bolt.bodies[-1]["actions"][0]["value"] == "FB-2:def"


async def test_who_is_no_member_or_has_no_account_cannot_act(either: Workspace, world: World) -> None:
    ts = await asked(either)
    world.deactivate("U0BOB")

    with pytest.raises(NotPossibleError, match="no active account"):
        await either.click("U0BOB", "C0IR", ts, "approve")
    with pytest.raises(NotPossibleError, match="no member"):
        await either.slash("U0STRANGER", "C0IR", "/ir status")
    assert (await either.click("U0BOB", "C0IR", ts, "approve", forged=True)).acked


async def test_the_same_click_can_be_delivered_twice(either: Workspace, bolt: BoltApp) -> None:
    first = await either.click("U0BOB", "C0IR", await asked(either), "approve")
    again = await either.replay(first)

    assert (first.status, again.status) == (200, 200)
    assert bolt.bodies[-1]["trigger_id"] == bolt.bodies[-2]["trigger_id"]


async def test_an_event_arrives_and_is_acknowledged(either: Workspace, bolt: BoltApp) -> None:
    event: dict[str, Any] = {
        "type": "subteam_members_changed",
        "subteam_id": "S0ONCALL",
        "added_users": ["U0GUEST"],
    }
    answer: Answer = await either.event(event, attempt=1, redeliver=1)
    await either.until(lambda: bolt.retries)

    assert answer.acked
    assert bolt.bodies[-1]["event"] == event
    assert bolt.retries == ["1"]
