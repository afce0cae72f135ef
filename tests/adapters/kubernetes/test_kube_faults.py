"""What goes wrong between us and an API server, switched on at the double."""

from typing import Any

import msgspec
import pytest

from bot.adapters.kubernetes.keys import merge_of
from bot.adapters.kubernetes.lists import PAGE
from bot.domain.changes import invert
from bot.domain.errors import (
    BusyError,
    ConflictError,
    DeniedError,
    ThrottledError,
    UnknownOutcomeError,
)
from bot.domain.isolation import LABEL
from bot.domain.queries import DryRun, Each, Get, Listing, Unavailable, Unwelcome
from bot.domain.refs import NETWORK_POLICY, POD
from bot.domain.selectors import Selector
from bot.sandbox.kubernetes.double import ClusterDouble
from bot.sandbox.kubernetes.faults import AnswerLost, Broken, ConnectionLost, Denied, Match, Slow, Throttled
from bot.sandbox.kubernetes.resources import NETWORK_POLICIES, PODS
from tests.adapters.kubernetes.stage import AUTOSCALER, NAME, Stage


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
    change = stage.marking("api", await stage.pod("api"))
    double.faults.arm(Slow(1), Match("patch", name="api"), times=2)

    async def edit() -> None:
        double.edit_by_someone_else(
            PODS, "payments", "api", {"metadata": {"labels": {f"edit-{len(stage.meanwhile)}": "1"}}}
        )

    stage.meanwhile.extend([edit, edit])
    written = await stage.clusters.apply(change)

    labels = (await stage.api.get(stage.path("api")))["metadata"]["labels"]
    assert not written.adopted
    assert set(labels) == {"edit-0", "edit-1", LABEL}


async def test_an_object_that_never_holds_still_is_busy(stage: Stage, double: ClusterDouble) -> None:
    change = stage.marking("api", await stage.pod("api"))
    double.faults.arm(Slow(1), Match("patch", name="api"), times=None)

    async def edit() -> None:
        edits = {"metadata": {"labels": {"edit": f"{len(stage.meanwhile)}"}}}
        double.edit_by_someone_else(PODS, "payments", "api", edits)

    stage.meanwhile.extend([edit] * 9)

    with pytest.raises(BusyError, match="changed again and again"):
        await stage.clusters.apply(change)


async def test_a_pod_recreated_between_read_and_write_is_never_patched(
    stage: Stage, double: ClusterDouble
) -> None:
    double.add_node("node-a")
    uid = double.add_pod("payments", "api")["metadata"]["uid"]
    double.faults.arm(Slow(1), Match("patch", name="api"))

    async def recreate() -> None:
        double.recreate_pod("payments", "api")

    stage.meanwhile.append(recreate)
    with pytest.raises(ConflictError, match="recreated"):
        await stage.clusters.apply(stage.marking("api", uid))

    assert "labels" not in (await stage.api.get(stage.path("api")))["metadata"]


async def test_our_policy_edited_between_read_and_removal_is_not_removed(
    stage: Stage, double: ClusterDouble
) -> None:
    change = stage.isolating()
    await stage.clusters.apply(change)
    double.faults.arm(Slow(1), Match("delete"))

    async def edit() -> None:
        theirs: dict[str, Any] = {"spec": {"egress": [{}]}}
        double.edit_by_someone_else(NETWORK_POLICIES, "payments", change.ref.name, theirs)

    stage.meanwhile.append(edit)
    with pytest.raises(ConflictError, match=r"spec\.egress"):
        await stage.clusters.apply(invert(change))

    assert (await stage.api.get(stage.path(change.ref.name, NETWORK_POLICY)))["spec"]["egress"] == [{}]


async def test_a_list_whose_moment_was_forgotten_is_begun_again_once(
    stage: Stage, double: ClusterDouble
) -> None:
    for number in range(PAGE + 1):
        double.add_object(PODS, {"metadata": {"name": f"p-{number}", "namespace": "payments"}, "spec": {}})
    double.faults.arm(Slow(1), Match("list"), times=None)
    question = Each(NAME, POD, "payments")

    async def on() -> None:
        return None

    async def expire() -> None:
        double.expire_lists()

    stage.meanwhile.extend([on, expire, on, on])
    first = await stage.clusters.answer(question)
    stage.meanwhile.extend([on, expire, on, expire])
    second = await stage.clusters.answer(question)

    assert isinstance(first, Listing)
    assert len({pod.metadata.name for pod in first.items}) == len(first.items) == PAGE + 1
    assert isinstance(second, Unavailable)


async def test_a_selector_travels_with_every_page(stage: Stage, double: ClusterDouble) -> None:
    for number in range(2 * PAGE + 2):
        labels = {"half": str(number % 2)}
        body = {"metadata": {"name": f"p-{number}", "namespace": "payments", "labels": labels}, "spec": {}}
        double.add_object(PODS, body)

    answer = await stage.clusters.answer(Each(NAME, POD, "payments", Selector({"half": "1"})))

    assert isinstance(answer, Listing)
    assert len(answer.items) == PAGE + 1
    assert {pod.metadata.labels["half"] for pod in answer.items} == {"1"}


async def test_what_is_on_its_way_out_is_not_deleted_again(stage: Stage, double: ClusterDouble) -> None:
    change = stage.isolating()
    await stage.clusters.apply(change)
    held = {"metadata": {"finalizers": ["example.com/hold"]}}
    double.edit_by_someone_else(NETWORK_POLICIES, "payments", change.ref.name, held)

    for _ in range(3):
        with pytest.raises(BusyError):
            await stage.clusters.apply(invert(change))

    assert len([entry for entry in double.journal.applied() if entry.verb == "delete"]) == 1


async def test_whoever_changes_a_pod_without_pause_does_not_keep_our_mark_from_it(
    stage: Stage, double: ClusterDouble
) -> None:
    uid = await stage.pod("api")
    count = 0

    async def busy() -> None:
        nonlocal count
        count += 1
        theirs = {"metadata": {"annotations": {"theirs": str(count)}}}
        double.edit_by_someone_else(PODS, "payments", "api", theirs)

    double.faults.arm(Slow(1), Match("patch"), times=None)
    change = stage.marking("api", uid)
    stage.meanwhile.extend([busy] * 9)
    with pytest.raises(BusyError):
        await stage.clusters.apply(change)
    written = await stage.clusters.apply(msgspec.structs.replace(change, over=True))

    assert not written.adopted
    assert (await stage.clusters.observe(change)).done


def test_a_merge_patch_carries_identity_and_version_as_its_guards(stage: Stage) -> None:
    body = merge_of(stage.marking("api", "uid-1"), "42")

    assert body == {
        "metadata": {
            "uid": "uid-1",
            "resourceVersion": "42",
            "labels": {LABEL: "fb-7k3q-0"},
            "annotations": {AUTOSCALER: "false"},
        }
    }
