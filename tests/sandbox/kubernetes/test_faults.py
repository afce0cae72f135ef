"""Each fault can be switched on for chosen requests, and the journal tells what came of them."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.sandbox.kubernetes.access import User
from bot.sandbox.kubernetes.double import ClusterDouble
from bot.sandbox.kubernetes.faults import (
    AnswerLost,
    Broken,
    ConnectionLost,
    Denied,
    Match,
    QuotaExceeded,
    Slow,
    Throttled,
)
from tests.sandbox.kubernetes.api_under_test import POLICIES, ApiUnderTest, policy

PODS = "/api/v1/namespaces/{ns}/pods"
LABEL = {"metadata": {"labels": {"q": "1"}}}


@pytest.fixture
async def api(cluster: ClusterDouble) -> AsyncIterator[ApiUnderTest]:
    cluster.add_user("sandbox", User("bot"))
    cluster.add_node("node-1")
    cluster.add_namespace("payments")
    cluster.add_pod("payments", "a", {"app": "api"})
    async with (
        cluster.serving() as url,
        aiohttp.ClientSession(headers={"Authorization": "Bearer sandbox"}) as session,
    ):
        yield ApiUnderTest(url, "payments", session)


async def test_throttling_answers_in_plain_text_with_retry_after(
    cluster: ClusterDouble, api: ApiUnderTest
) -> None:
    cluster.faults.arm(Throttled(7), Match(verb="patch", resource="pods"))

    async with api.session.patch(f"{api.url}/api/v1/namespaces/payments/pods/a", json=LABEL) as answer:
        assert (answer.status, answer.headers["Retry-After"], answer.content_type) == (429, "7", "text/plain")
    assert (await api.patch(f"{PODS}/a", LABEL)).code == 200


async def test_a_broken_server_answers_500_or_503_and_changes_nothing(
    cluster: ClusterDouble, api: ApiUnderTest
) -> None:
    before = cluster.snapshot("payments")
    cluster.faults.arm(Broken(500))
    cluster.faults.arm(Broken(503))

    first = await api.patch(f"{PODS}/a", LABEL)  # both are armed for it; the first decides

    cluster.faults.arm(Broken(503))
    second = await api.patch(f"{PODS}/a", LABEL)

    assert (first.code, first.reason) == (500, "InternalError")
    assert (second.code, second.reason) == (503, "ServiceUnavailable")
    assert cluster.snapshot("payments") == before


async def test_an_answer_is_lost_after_the_write_took_effect(
    cluster: ClusterDouble, api: ApiUnderTest
) -> None:
    cluster.faults.arm(AnswerLost(), Match(verb="create", resource="networkpolicies"))

    with pytest.raises(aiohttp.ServerDisconnectedError):
        await api.create(POLICIES, policy("n"))

    assert (await api.get(f"{POLICIES}/n")).code == 200
    [entry] = cluster.journal.writes()
    assert (entry.applied, entry.status, entry.user) == (True, None, "bot")


async def test_a_connection_is_lost_before_anything_was_done(
    cluster: ClusterDouble, api: ApiUnderTest
) -> None:
    cluster.faults.arm(ConnectionLost(), Match(verb="create"))

    with pytest.raises(aiohttp.ServerDisconnectedError):
        await api.create(POLICIES, policy("n"))

    assert (await api.get(f"{POLICIES}/n")).code == 404
    assert [entry.applied for entry in cluster.journal.writes()] == [False]


@pytest.mark.parametrize("code", [403, 422])
async def test_admission_refuses_a_write_and_its_dry_run(
    cluster: ClusterDouble, api: ApiUnderTest, code: int
) -> None:
    cluster.faults.arm(Denied("not on my watch", code), Match(resource="networkpolicies"), times=None)

    written = await api.create(POLICIES, policy("n"))
    tried = await api.create(f"{POLICIES}?dryRun=All", policy("n"))

    assert written.code == tried.code == code
    assert written.message == 'admission webhook "guard.example.com" denied the request: not on my watch'
    assert (await api.get(POLICIES)).body["items"] == []


async def test_admission_can_refuse_the_write_only(cluster: ClusterDouble, api: ApiUnderTest) -> None:
    cluster.faults.arm(Denied("no"), Match(dry_run=False), times=None)

    assert (await api.create(f"{POLICIES}?dryRun=All", policy("n"))).code == 201
    assert (await api.create(POLICIES, policy("n"))).code == 403


async def test_a_used_up_quota_is_a_403_that_names_it(cluster: ClusterDouble, api: ApiUnderTest) -> None:
    cluster.faults.arm(QuotaExceeded("policies", 3), Match(verb="create"))

    reply = await api.create(POLICIES, policy("n"))

    assert (reply.code, reply.reason) == (403, "Forbidden")
    assert "exceeded quota: policies, requested: count/networkpolicies.networking.k8s.io=1" in reply.message


async def test_a_slow_answer_waits_by_the_injected_clock(
    cluster: ClusterDouble, api: ApiUnderTest, waits: list[float]
) -> None:
    cluster.faults.arm(Slow(45.0), Match(verb="get", name="a"))

    assert (await api.get(f"{PODS}/a")).code == 200
    assert waits == [45.0]


async def test_a_fault_can_be_taken_back_and_all_can_be_cleared(
    cluster: ClusterDouble, api: ApiUnderTest
) -> None:
    take_back = cluster.faults.arm(Broken(), times=None)
    assert (await api.get(PODS)).code == 500
    take_back()
    assert (await api.get(PODS)).code == 200

    cluster.faults.arm(Broken(), times=None)
    cluster.faults.clear()
    assert (await api.get(PODS)).code == 200


async def test_a_continue_token_can_expire(cluster: ClusterDouble, api: ApiUnderTest) -> None:
    cluster.add_pod("payments", "b")
    token = (await api.get(f"{PODS}?limit=1")).body["metadata"]["continue"]

    cluster.expire_lists()
    reply = await api.get(f"{PODS}?limit=1&continue={token}")

    assert (reply.code, reply.reason) == (410, "Expired")


async def test_the_journal_counts_writes_and_tells_dry_runs_and_refusals_apart(
    cluster: ClusterDouble, api: ApiUnderTest
) -> None:
    await api.get(PODS)
    await api.patch(f"{PODS}/a?dryRun=All", LABEL)
    await api.patch(f"{PODS}/a", LABEL)
    await api.patch(f"{PODS}/none", LABEL)

    journal = cluster.journal
    assert [entry.status for entry in journal.writes(resource="pods")] == [200, 404]
    assert [entry.name for entry in journal.applied()] == ["a"]
    assert [entry.body for entry in journal.writes(dry_run=True)] == [LABEL]
    assert [entry.number for entry in journal.entries] == [1, 2, 3, 4]
    journal.clear()
    assert journal.entries == []
