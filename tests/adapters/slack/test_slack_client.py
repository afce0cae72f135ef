"""Calls to the Web API: tried again only where twice is once, told apart by what to do, and silent about secrets."""

import logging
from typing import Any

import pytest

from bot.adapters.slack.client import LONGEST_WAIT, Slack, quiet
from bot.adapters.slack.pace import Line, Pace
from bot.domain.errors import DeniedError, ThrottledError, UnknownOutcomeError
from bot.sandbox.slack import AnswerLost, Attack, Closed, RateLimited, Refused, ServerError
from tests.adapters.slack.office import Office, Turned


async def post(office: Office) -> Any:
    return await office.slack.post("chat.postMessage", channel="C0IR", text="x")


@pytest.mark.parametrize("fault", [AnswerLost(), Closed(), ServerError(503), Refused("internal_error")])
async def test_a_post_is_tried_once_and_its_outcome_is_unknown(office: Office, fault: Any) -> None:
    office.workspace.faults.stage("chat.postMessage", fault)
    with pytest.raises(UnknownOutcomeError):
        await post(office)

    assert len(office.workspace.calls("chat.postMessage")) == 1


async def test_a_read_is_tried_three_times(office: Office) -> None:
    office.workspace.faults.stage("auth.test", Closed(), times=2)
    answer = await office.slack.read("auth.test")

    assert answer["team_id"] == "T0HOST"
    office.workspace.faults.stage("auth.test", ServerError(500), times=3)
    with pytest.raises(UnknownOutcomeError):
        await office.slack.read("auth.test")
    assert len(office.workspace.calls("auth.test")) == 6


async def test_a_rate_limit_is_told_with_its_wait_and_not_waited_for(office: Office) -> None:
    before = office.turned.now
    office.workspace.faults.stage("users.info", RateLimited(12))
    with pytest.raises(ThrottledError) as limited:
        await office.slack.read("users.info", user="U0BOB")

    assert limited.value.retry_after == 12
    assert office.turned.now == before


async def test_an_endless_rate_limit_is_cut(office: Office) -> None:
    office.workspace.faults.stage("chat.postMessage", RateLimited(10**9))
    with pytest.raises(ThrottledError) as limited:
        await post(office)

    assert limited.value.retry_after == LONGEST_WAIT


async def test_a_refusal_is_told_by_slacks_name_for_it(office: Office) -> None:
    with pytest.raises(DeniedError) as refused:
        await office.slack.post("chat.postMessage", channel="C0NONE", text="x")

    assert refused.value.code == "channel_not_found"


async def test_a_rotated_token_counts_at_once(office: Office) -> None:
    tokens = ["xoxb-" + "old", office.workspace.world.app.bot_token]
    async with Slack(lambda: tokens.pop(0), office.workspace.base_url) as slack:
        with pytest.raises(DeniedError, match="invalid_auth"):
            await slack.read("auth.test")
        answer = await slack.read("auth.test")

    assert answer["team_id"] == "T0HOST"


async def test_neither_tokens_nor_bodies_are_logged(
    by_http: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    quiet()
    app = by_http.workspace.world.app
    by_http.workspace.faults.stage("users.info", Closed(), times=9)
    typed = "/ir rollback FB-7K3Q1 because a private reason"
    await by_http.workspace.slash("U0ALICE", "C0IR", typed)
    await by_http.workspace.slash("U0ALICE", "C0IR", typed, attack=Attack.WRONG_SIGNATURE)
    await by_http.work()

    ours = [str(r.__dict__) for r in caplog.records if r.name.startswith(("slack_", "firebreak"))]
    written = "\n".join(ours)
    assert "slack_request_refused" in written
    for secret in (app.bot_token, app.app_token, app.signing_secret, "private reason", "/commands/"):
        assert secret not in written


def test_a_channel_takes_a_burst_and_then_one_message_a_second() -> None:
    turned = Turned()
    pace = Pace(turned, burst=2)
    first = [pace.wait("C1"), pace.wait("C1"), pace.wait("C1")]
    other = pace.wait("C2")
    turned.now += 1

    assert (first, other) == ([0, 0, 1.0], 0)
    assert pace.wait("C1") == 0
    assert pace.wait("C1") > 0


def test_what_leaves_room_to_others_waits_until_there_is_more_and_takes_no_more_than_one() -> None:
    turned = Turned()
    pace = Pace(turned, burst=3)

    assert [pace.wait("C1", 1.5), pace.wait("C1", 1.5)] == [0, 0.5]
    assert [pace.short("C1"), pace.wait("C1"), pace.wait("C1")] == [0, 0, 0]
    turned.now += 1
    assert pace.wait("C1", 9) == 2.0, "never more than a burst"


def test_those_in_line_try_one_after_the_other_and_a_line_that_is_over_is_forgotten() -> None:
    turned = Turned()
    pace = Pace(turned)
    low, high = Line("C1", "am", 3), Line("C1", "am", 1)

    assert [pace.line(low, 0.5) for _ in range(3)] == [0.5, 1.5, 2.5]
    assert pace.line(high, 2.5) == 2.5
    turned.now += 10
    assert pace.line(low, 0.5) == 0.5


def test_a_channel_that_slack_holds_is_left_alone_and_then_gets_one() -> None:
    turned = Turned()
    pace = Pace(turned)
    pace.hold("C1", 30)
    turned.now += 29
    held = pace.wait("C1")
    turned.now += 1

    assert held == 1
    assert pace.wait("C1") == 0
    assert pace.wait("C1") == 1.0
