"""Following an operation by its token: to its end, after a restart, when Azure forgets it, and never elsewhere."""

import json

import pytest

from bot.adapters.azure.opening import Azure
from bot.adapters.azure.tokens import Token
from bot.domain.errors import UnknownOutcomeError
from bot.ports import Progress
from bot.sandbox.azure import ArmDouble, Behaviour, LostAnswer, Match, faults
from bot.sandbox.azure.errors import Refusal
from tests.adapters.azure.staged import NEW, OPERATION, THERE, Estate, begin, build, connected, settings_of

POLLS = Match("GET", "/operations/")


async def test_an_operation_runs_and_ends(double: ArmDouble, azure: Azure, estate: Estate) -> None:
    token = await begin(azure, estate.block, THERE, NEW)
    running = await azure.shared.poll(token)
    double.advance(300)

    assert running == Progress()
    assert await azure.shared.poll(token) == Progress(done=True)


async def test_azure_says_how_long_to_wait_and_learns_which_request_asks() -> None:
    async with ArmDouble(Behaviour(retry_after=11)) as double:
        estate = build(double)
        async with connected(double, settings_of(estate)) as azure:
            token = await begin(azure, estate.block, THERE, NEW)

            assert await azure.shared.poll(token) == Progress(retry_after=11.0)
            assert double.requests[-1].headers["x-ms-client-request-id"] == OPERATION


async def test_a_new_program_follows_the_same_token_without_writing_again(
    double: ArmDouble, estate: Estate
) -> None:
    async with connected(double, settings_of(estate)) as before:
        token = await begin(before, estate.block, THERE, NEW)
    double.advance(300)

    async with connected(double, settings_of(estate)) as after:
        progress = await after.shared.poll(token)
        sight = await after.shared.settled(estate.block)

    assert progress.done
    assert (sight.entries, sight.ready, sight.failed) == ((THERE, NEW), True, ())
    assert len(double.asked("PUT")) == 1


async def test_a_failed_operation_is_read_with_http_200_and_tells_why(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    double.fail_next(
        faults.operation_fails("FaultedReferencedFirewalls", "put failed with 1 faulted firewalls")
    )
    token = await begin(azure, estate.block, THERE, NEW)
    double.advance(300)

    progress = await azure.shared.poll(token)

    assert not progress.done
    assert progress.failed == "FaultedReferencedFirewalls: put failed with 1 faulted firewalls"


async def test_an_operation_that_never_ends_stays_running(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    double.fail_next(faults.never_ends())
    token = await begin(azure, estate.block, THERE, NEW)
    double.advance(10_000_000)

    assert await azure.shared.poll(token) == Progress()
    assert not (await azure.shared.settled(estate.block)).ready


async def test_an_operation_that_azure_forgot_is_unknown(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    double.fail_next(faults.operation_forgotten())
    token = await begin(azure, estate.block, THERE, NEW)

    with pytest.raises(UnknownOutcomeError) as caught:
        await azure.shared.poll(token)

    assert caught.value.code == "OperationGone"


async def test_an_operation_that_we_may_not_read_is_unknown_so_that_the_states_decide(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    token = await begin(azure, estate.block, THERE, NEW)
    double.fail_next(faults.denied(), POLLS)

    with pytest.raises(UnknownOutcomeError) as caught:
        await azure.shared.poll(token)

    assert caught.value.code == "OperationUnreadable"


@pytest.mark.parametrize(
    ("fault", "wait"),
    [(LostAnswer(), None), (Refusal(503, "ServiceUnavailable", "later", retry_after=9), 9.0)],
)
async def test_a_poll_without_an_answer_is_asked_again_later(
    double: ArmDouble, azure: Azure, estate: Estate, fault: faults.Fault, wait: float | None
) -> None:
    token = await begin(azure, estate.block, THERE, NEW)
    double.fail_next(fault, POLLS, times=2)

    with pytest.raises(UnknownOutcomeError) as caught:
        await azure.shared.poll(token)

    assert (caught.value.code, caught.value.retry_after) == ("NoAnswer", wait)


async def test_an_operation_elsewhere_is_never_followed(
    double: ArmDouble, azure: Azure, estate: Estate
) -> None:
    double.fail_next(faults.operation_elsewhere("https://stranger.invalid/operations/1"))
    token = await begin(azure, estate.block, THERE, NEW)
    asked = len(double.requests)

    with pytest.raises(ValueError, match="another host") as caught:
        await azure.shared.poll(token)

    assert "stranger" not in str(caught.value)
    assert len(double.requests) == asked


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x",
        "https://127.0.0.1@stranger.invalid/x",
        "https://stranger.invalid\\@127.0.0.1/x",
        "https://127.0.0.1:1/x",
        "https://127.0.0.1.stranger.invalid/x",
        "https://127.0.0.1#@stranger.invalid/x",
        "//127.0.0.1/x",
        "https://127.0.0.1/{endpoint}",
        "https://127.0.0.1/a b",
        "file:///etc/hostname",
    ],
)
async def test_a_forged_token_names_no_host_that_is_followed(
    double: ArmDouble, azure: Azure, estate: Estate, url: str
) -> None:
    with pytest.raises(ValueError, match="address"):
        await azure.shared.poll(Token(url=url, thing=estate.block.id, request=OPERATION).text)

    assert double.requests == ()


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "[]", "{}", '{"url": 1}', json.dumps({"v": 2, "url": "", "thing": "", "request": ""})],
)
async def test_what_is_no_token_of_this_version_is_refused(azure: Azure, text: str) -> None:
    with pytest.raises(ValueError, match="not the token"):
        await azure.shared.poll(text)
