"""The front door over both transports: for whom, under which key, and how fast it is answered."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.adapters.slack.client import Slack
from bot.adapters.slack.front import Front
from bot.adapters.slack.installation import Installation
from bot.adapters.store.tables import inbox
from bot.domain.errors import DeniedError, UnknownOutcomeError
from bot.sandbox.slack import Closed
from tests.adapters.slack.office import FIRST, Office


async def rows(office: Office) -> int:
    async with office.store.working() as work:
        found = await work.first(select(func.count()).select_from(inbox))
    return int(found[0]) if found is not None else 0


async def test_a_command_is_a_row_before_it_is_acknowledged(either: Office) -> None:
    answer = await either.workspace.slash("U0ALICE", "C0IR", "/ir list")

    assert (answer.status, answer.said) == (200, "")
    assert await rows(either) == 1


async def test_exactly_the_same_again_happens_once(either: Office) -> None:
    first = await either.workspace.slash("U0ALICE", "C0IR", "/ir list")
    again = await either.workspace.replay(first)
    await either.work()
    late = await either.workspace.replay(first)
    await either.work()

    assert [a.status for a in (first, again, late)] == [200, 200, 200]
    assert await either.outcomes() == ["read"]


async def test_a_mistake_is_answered_in_the_acknowledgement_and_is_no_row(either: Office) -> None:
    answer = await either.workspace.slash("U0ALICE", "C0IR", "/ir aprove FB-7K3Q1")

    assert "Did you mean: approve" in answer.said
    assert [m.via for m in answer.ephemerals] == ["ack"]
    assert await rows(either) == 0


async def test_help_is_answered_in_the_acknowledgement(either: Office) -> None:
    answer = await either.workspace.slash("U0ALICE", "C0IR", "/ir help")

    assert "rollback" in answer.said
    assert await rows(either) == 0


async def test_what_a_mistake_quotes_stays_text(either: Office) -> None:
    answer = await either.workspace.slash("U0ALICE", "C0IR", "/ir <!channel>")

    assert "<!channel>" not in next(m.text for m in answer.ephemerals)


async def test_a_row_that_cannot_be_written_is_not_acknowledged(
    either: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> bool:
        raise OSError("disk full")

    monkeypatch.setattr(either.store.doorway, "accept", full)
    sending = asyncio.ensure_future(either.workspace.slash("U0ALICE", "C0IR", "/ir list"))
    if either.workspace.transport == "socket":  # no acknowledgement ever comes: let Slack's 3 seconds pass
        await either.workspace.until(lambda: either.workspace.sockets.envelopes)
        either.turned.now += 4
    answer = await sending

    assert answer.status in {0, 500}
    assert not answer.acked


@pytest.mark.parametrize(
    "wrong",
    [
        {"api_app_id": "A0OTHER"},
        {"team_id": "T0OTHER"},
        {"user_id": ""},
        {"trigger_id": None},
        {"text": "x" * 13_000},
    ],
)
async def test_what_is_not_for_us_or_not_slacks_is_no_row(by_http: Office, wrong: dict[str, Any]) -> None:
    world = by_http.workspace.world
    payload = {
        "command": "/ir",
        "text": "list",
        "team_id": world.team,
        "api_app_id": world.app.id,
        "user_id": "U0ALICE",
        "channel_id": "C0IR",
        "trigger_id": "1.2.x",
        "response_url": "",
    }
    right = await by_http.workspace.forge("slash_commands", payload)
    changed = {k: v for k, v in {**payload, "trigger_id": "1.3.y", **wrong}.items() if v is not None}
    answer = await by_http.workspace.forge("slash_commands", changed)

    assert right.status == 200
    assert answer.status in {400, 403}
    assert await rows(by_http) == 1


@pytest.mark.parametrize(
    "body", [{}, {"type": "block_actions"}, {"type": 5, "team": 5}, {"team": {"id": []}}]
)
async def test_odd_payloads_are_refused_without_a_fault(by_http: Office, body: dict[str, Any]) -> None:
    answer = await by_http.workspace.forge("interactive", body)

    assert 400 <= answer.status < 500
    assert not answer.body


async def test_kinds_that_nobody_asked_for_are_not_found(by_http: Office) -> None:
    world = by_http.workspace.world
    body = {"type": "strange", "team": {"id": world.team}, "api_app_id": world.app.id}

    assert (await by_http.workspace.forge("interactive", body)).status == 404


async def test_events_are_acknowledged_and_leave_nothing(either: Office) -> None:
    answer = await either.workspace.event({"type": "subteam_members_changed", "subteam_id": "S0ONCALL"})

    assert answer.acked
    assert await rows(either) == 0


async def test_a_denial_without_a_reason_keeps_the_form_open(either: Office) -> None:
    from bot.adapters.slack.card import deny_modal

    view = either.workspace._core.views.open("U0BOB", deny_modal(FIRST, 1, "a" * 12))
    answer = await either.workspace.submit_view("U0BOB", view.id, {"reason": {"text": "   "}}, forged=True)

    assert list(answer.errors) == ["reason"]
    assert await rows(either) == 0


async def test_clusters_are_offered_from_memory_to_those_who_may_read(office: Office) -> None:
    world = office.workspace.world
    body = {
        "type": "block_suggestion",
        "team": {"id": world.team},
        "user": {"id": "U0ALICE", "team_id": world.team},
        "api_app_id": world.app.id,
        "action_id": "ir_form_search_cluster",
        "block_id": "b",
        "value": "pr",
    }
    before = await office.front.take(body)
    await office.desk.names.turn()
    answer = await office.front.take(body)

    assert (before.status, '"prod"' in before.body) == (200, False)
    assert (answer.status, '"prod"' in answer.body) == (200, True)


async def test_a_search_by_nobody_in_particular_is_offered_nothing(office: Office) -> None:
    world = office.workspace.world
    body = {"type": "block_suggestion", "team": {"id": world.team}, "api_app_id": world.app.id}
    for user in (
        {"id": "U0ALICE"},
        {"id": "U0ALICE", "team_id": "x"},
        {"id": "<!channel>", "team_id": world.team},
    ):
        answer = await office.front.take(
            {**body, "user": user, "action_id": "ir_form_search", "block_id": "b", "value": ""}
        )
        assert (answer.status, '"prod' in answer.body) == (200, False)


async def test_nothing_is_taken_while_our_own_workspace_is_not_known(office: Office) -> None:
    unknown = Installation(office.slack)
    front = Front(unknown, office.store.doorway, tuple)
    body = {"command": "/ir", "team_id": "T0HOST"}

    assert (await front.take(body)).status == 503
    assert unknown.teams == frozenset()
    with pytest.raises(UnknownOutcomeError):
        _ = unknown.home


@pytest.mark.parametrize(
    "answer",
    [
        {"team_id": "T0HOST", "user_id": "U0BOT", "is_enterprise_install": True},
        {"team_id": None, "user_id": "U0BOT"},
        {"team_id": "T0HOST"},
    ],
)
async def test_a_token_that_is_not_of_one_workspace_is_refused(answer: dict[str, Any]) -> None:
    class Answering(Slack):
        async def read(self, method: str, **_: Any) -> dict[str, Any]:
            return answer

    asked = Installation(Answering(str, "http://127.0.0.1/api/"))
    with pytest.raises(DeniedError, match="not_one_team"):
        await asked.learn()

    assert asked.teams == frozenset()


async def test_slack_says_whose_token_ours_is(office: Office) -> None:
    asked = Installation(office.slack)
    office.workspace.faults.stage("auth.test", Closed(), times=4)
    await asked.hold(asyncio.Event(), office.turned.sleep)

    assert (asked.home.team, asked.teams) == ("T0HOST", frozenset({"T0HOST"}))


async def test_the_end_does_not_wait_for_slack_to_say_it(office: Office) -> None:
    stop = asyncio.Event()
    office.workspace.faults.down = True
    asked = Installation(office.slack)

    async def never(_seconds: float) -> None:
        stop.set()
        await asyncio.get_running_loop().create_future()

    await asked.hold(stop, never)

    assert asked.teams == frozenset()
