"""What goes wrong between us and an API server, switched on at the double."""

import asyncio

import pytest

from bot.adapters.kubernetes.lists import PAGE
from bot.domain.changes import invert
from bot.domain.errors import (
    BusyError,
    ConflictError,
    DeniedError,
    OutsideError,
    ThrottledError,
    UnknownOutcomeError,
)
from bot.domain.queries import DryRun, Each, Get, Listing, Unavailable, Unwelcome
from bot.domain.refs import NETWORK_POLICY, POD
from bot.domain.views import Selector
from bot.sandbox.kubernetes.double import ClusterDouble
from bot.sandbox.kubernetes.faults import AnswerLost, Broken, ConnectionLost, Denied, Match, Throttled
from tests.adapters.kubernetes.stage import NAME, Stage


@pytest.fixture
def double(stage: Stage) -> ClusterDouble:
    assert stage.double is not None
    return stage.double


async def test_a_create_whose_answer_was_lost_is_adopted_when_it_is_made_again(
    stage: Stage, double: ClusterDouble
) -> None:
    change = stage.isolating()
    double.faults.arm(AnswerLost(), Match("create"))

    with pytest.raises(UnknownOutcomeError):
        await stage.clusters.apply(change)
    again = await stage.clusters.apply(change)

    assert again.adopted
    assert len(double.journal.applied()) == 1


async def test_a_patch_whose_answer_was_lost_is_adopted_when_it_is_made_again(
    stage: Stage, double: ClusterDouble
) -> None:
    change = stage.marking("api", await stage.pod("api"))
    double.faults.arm(AnswerLost(), Match("patch"))

    with pytest.raises(UnknownOutcomeError):
        await stage.clusters.apply(change)

    assert (await stage.clusters.apply(change)).adopted


async def test_a_removal_whose_answer_was_lost_is_adopted_when_it_is_made_again(
    stage: Stage, double: ClusterDouble
) -> None:
    change = stage.isolating()
    await stage.clusters.apply(change)
    double.faults.arm(AnswerLost(), Match("delete"), times=None)

    with pytest.raises(UnknownOutcomeError):
        await stage.clusters.apply(invert(change))

    assert (await stage.clusters.apply(invert(change))).adopted


async def test_a_write_that_was_never_made_is_unknown_too_and_made_by_the_next_attempt(
    stage: Stage, double: ClusterDouble
) -> None:
    double.faults.arm(ConnectionLost(), Match("create"))

    with pytest.raises(UnknownOutcomeError):
        await stage.clusters.apply(stage.isolating())

    assert not (await stage.clusters.apply(stage.isolating())).adopted


@pytest.mark.parametrize("code", [500, 503])
async def test_a_server_that_fails_leaves_writes_unknown_and_reads_unavailable(
    stage: Stage, double: ClusterDouble, code: int
) -> None:
    double.faults.arm(Broken(code), times=None)

    with pytest.raises(UnknownOutcomeError):
        await stage.clusters.apply(stage.isolating())
    with pytest.raises(BusyError):
        await stage.clusters.observe(stage.isolating())

    assert isinstance(await stage.clusters.answer(Get(stage.ref("api"))), Unavailable)
    assert isinstance(await stage.clusters.answer(DryRun(stage.isolating())), Unavailable)


async def test_too_many_calls_are_told_with_the_time_to_wait(stage: Stage, double: ClusterDouble) -> None:
    double.faults.arm(Throttled(7))

    with pytest.raises(ThrottledError) as refused:
        await stage.clusters.apply(stage.isolating())

    assert refused.value.retry_after == 7.0


async def test_a_refusal_by_admission_is_denied_and_told_by_the_dry_run(
    stage: Stage, double: ClusterDouble
) -> None:
    double.faults.arm(Denied("not on a Friday"), times=None)

    answer = await stage.clusters.answer(DryRun(stage.isolating()))
    with pytest.raises(DeniedError, match="not on a Friday"):
        await stage.clusters.apply(stage.isolating())

    assert isinstance(answer, Unwelcome)
    assert "not on a Friday" in answer.why
    assert not double.journal.applied()


async def test_health_follows_what_the_cluster_answers(stage: Stage, double: ClusterDouble) -> None:
    at_first = stage.clusters.health()[NAME]
    await stage.clusters.answer(Get(stage.ref("nobody")))
    answered = stage.clusters.health()[NAME]
    double.faults.arm(Broken(503))
    await stage.clusters.answer(Get(stage.ref("nobody")))
    failed = stage.clusters.health()[NAME]
    await stage.clusters.answer(Get(stage.ref("nobody")))

    assert [one.healthy for one in (at_first, answered, failed)] == [False, True, False]
    assert "ServiceUnavailable" in failed.why
    assert stage.clusters.health()[NAME].healthy


async def test_somebody_who_is_quicker_makes_us_read_again(stage: Stage, double: ClusterDouble) -> None:
    """A colleague labels the pod between our read and our patch, each time that we try, twice."""
    change = stage.marking("api", await stage.pod("api"))
    for value in ("1", "2"):
        double.faults.arm(_Meanwhile(double, stage, value), Match("patch"))

    written = await stage.clusters.apply(change)

    labels = (await stage.api.get(stage.path("api")))["metadata"]["labels"]
    assert not written.adopted
    assert labels["meanwhile"] == "2"
    assert (await stage.clusters.observe(change)).done
