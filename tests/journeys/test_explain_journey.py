"""Who can talk to whom, and what the policies leave out: asked by people at Slack, answered to them alone."""

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.kubernetes.engine import stage_engine
from bot.sandbox.kubernetes.faults import Broken, Match
from bot.sandbox.scene import ALICE, CHANNEL, DAN
from tests.controlplane.waiting import eventually
from tests.journeys.outfit import Outfitted
from tests.journeys.stage import Stage, in_order, stage

pytestmark = pytest.mark.timeout(120)
LABELLED = {"podSelector": {"matchLabels": {"app": "nobody"}}, "policyTypes": ["Ingress"]}


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path, transport="http") as made:
        yield made


def suspect(bot: Stage) -> str:
    return f"prod/{bot.scene.incident.namespace}/{bot.scene.incident.pod}"


async def table(bot: Stage) -> list[list[str]]:
    """Return the rows of the CSV file that was sent, and to nobody but Alice."""

    async def shared() -> Any:
        return [file for file in bot.scene.workspace.files.values() if file.channel]

    (file,) = await bot.until(shared)
    assert bot.scene.workspace.world.channels[file.channel].im_user == ALICE
    assert file.content is not None
    return list(csv.reader(io.StringIO(file.content.decode())))


async def test_all_that_a_pod_may_reach_is_told_worst_first_with_the_policies_and_the_engine(
    bot: Stage,
) -> None:
    stage_engine(bot.scene.cluster)
    told = await bot.ask(ALICE, f"explain {suspect(bot)}")

    assert "6 ways out, 1 way in" in told
    assert "the internet on all ports: NetworkPolicy payments/allow-egress (rule 1)" in told
    assert "2 pods of its own namespace on TCP 8080: NetworkPolicy payments/api-from-web (rule 1)" in told
    assert told.index("the internet on") < told.index("nodes, and what runs on their network")
    assert "NetworkPolicy payments/api-from-web: ingress" in told, "the policies that select it"
    assert "Calico 3.30.2" in told
    assert "open connections go on" in told
    assert in_order(await bot.story(), "command:explain")
    assert not bot.scene.workspace.messages(CHANNEL), "nobody else is told"
    assert not bot.scene.workspace.files


async def test_one_connection_is_decided_with_both_sides(bot: Stage) -> None:
    stage_engine(bot.scene.cluster)
    cast = bot.scene.incident
    out = await bot.ask(ALICE, f"explain {suspect(bot)} to {cast.beacon}:443")
    assert out.startswith(f"Open: {suspect(bot)} to {cast.beacon} on TCP 443.")
    assert "allowed: NetworkPolicy payments/allow-egress (rule 1)" in out

    sibling = f"{cast.namespace}/{cast.siblings[0]}"
    back = await bot.ask(ALICE, f"explain {suspect(bot)} from {sibling}:8080")
    assert back.startswith(f"Closed: {sibling} to {suspect(bot)} on TCP 8080.")
    assert "denied: NetworkPolicy payments/api-from-web selects it, and no rule of it allows this" in back
    assert "allowed: NetworkPolicy payments/allow-egress (rule 1)" in back

    assert (await bot.ask(ALICE, f"explain {suspect(bot)} from {sibling}")).startswith("Closed: ")
    assert (await bot.ask(ALICE, f"explain {suspect(bot)} to internet")).startswith("Open: ")
    assert (await bot.ask(ALICE, f"explain {suspect(bot)} from internet:22")).startswith("Closed: ")


async def test_where_no_engine_is_seen_nothing_is_called_closed(bot: Stage) -> None:
    told = await bot.ask(ALICE, f"explain {suspect(bot)} from internet:443")
    assert told.startswith("Closed by policies, but that anything enforces them is not proved: ")
    assert "no engine is seen" in told
    whole = await bot.ask(ALICE, f"explain {suspect(bot)}")
    assert "what they close may be open" in whole


async def test_the_address_of_a_service_is_not_taken_for_one_beyond_the_cluster(bot: Stage) -> None:
    service = bot.scene.cluster.add_service("payments", "front", {"app": "web"})
    told = await bot.ask(ALICE, f"explain {suspect(bot)} to {service['spec']['clusterIP']}:80")
    assert "is the address of Service payments/front" in told


async def test_what_is_asked_wrongly_is_refused_with_what_to_do_and_recorded(bot: Stage) -> None:
    gone = await bot.ask(ALICE, f"explain {suspect(bot)}x")
    assert "there is no pod" in gone
    assert f"Closest: {bot.scene.incident.pod}" in gone
    assert "Closest: payments" in await bot.ask(ALICE, "explain prod/paymets/api-1")
    assert "Closest: payments" in await bot.ask(ALICE, "posture paymets")
    assert "is a range" in await bot.ask(ALICE, f"explain {suspect(bot)} to 10.0.0.0/8")
    refused = [each for each in await bot.story() if each.startswith("refusal:")]
    assert refused == ["refusal:pod-absent", "refusal:namespace-absent", "refusal:namespace-absent"]


async def test_only_readers_are_told_and_an_attempt_is_recorded(bot: Stage) -> None:
    assert "Refused" in await bot.ask(DAN, f"explain {suspect(bot)}")
    assert "Refused" in await bot.ask(DAN, "posture")
    story = await bot.story()
    assert sum(each.startswith("refusal:") for each in story) == 2
    assert not any(each.startswith("command") for each in story)


async def test_a_cluster_that_does_not_answer_is_refused_and_never_called_open_or_closed(bot: Stage) -> None:
    bot.scene.cluster.faults.arm(Broken(503), Match(resource="namespaces"), times=None)
    assert "does not answer" in await bot.ask(ALICE, f"explain {suspect(bot)}")
    assert "does not answer" in await bot.ask(ALICE, "posture")


async def test_what_a_message_is_too_small_for_is_counted_and_is_in_the_file(bot: Stage) -> None:
    bot.scene.cluster.add_policy("payments", "old", LABELLED)
    for number in range(12):
        labels = {"matchLabels": {"x": f"v{number}"}}
        bot.scene.cluster.add_policy("payments", f"p-{number:02d}", {"podSelector": labels})
    told = await bot.ask(ALICE, "posture payments")
    assert "13 policies select nothing" in told
    assert "5 more: see the file" in told
    rows = await table(bot)
    idle = [row for row in rows if row[0] == "policy-selects-nothing"]
    assert len(idle) == 13


async def test_the_posture_comes_as_a_table_and_as_a_file(bot: Stage) -> None:
    stage_engine(bot.scene.cluster)
    bot.scene.cluster.add_policy("payments", "old", LABELLED)
    told = await bot.ask(ALICE, "posture")
    assert "10 pods, 2 open out, 4 open in by default" in told
    assert "3 on the network of their node" in told
    assert "payments           5    0    2" in told
    assert "NetworkPolicy payments/old: it selects no pod" in told
    assert "nothing has pod label app=nobody" in told
    assert "3 nodes: Calico 3.30.2 (operator) enforces (proved)" in told
    assert "allow the bot to list roles" in told, "what it may not see is said"
    rows = await table(bot)
    assert rows[0] == ["what", "namespace", "name", "detail"]
    web = [row[2] for row in rows if row[:2] == ["pod-open-in", "payments"]]
    assert len(web) == 2
    assert all(name.startswith("web-") for name in web)
    assert in_order(await bot.story(), "command:posture")


READ_ROLES = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRole",
    "metadata": {"name": "firebreak-reads-roles"},
    "rules": [
        {
            "apiGroups": ["rbac.authorization.k8s.io"],
            "resources": ["roles", "clusterroles", "rolebindings", "clusterrolebindings"],
            "verbs": ["list"],
        }
    ],
}
EDITS = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRole",
    "metadata": {"name": "netops"},
    "rules": [
        {"apiGroups": ["networking.k8s.io"], "resources": ["networkpolicies"], "verbs": ["get", "patch"]}
    ],
}


def bound(kind: str, name: str, role: str, subject: dict[str, str]) -> dict[str, Any]:
    """Return a binding of a ClusterRole."""
    api = {"apiGroup": "rbac.authorization.k8s.io"}
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": name},
        "roleRef": {**api, "kind": "ClusterRole", "name": role},
        "subjects": [{**({} if subject["kind"] == "ServiceAccount" else api), **subject}],
    }


@pytest.mark.slow
async def test_on_a_real_api_server_with_the_rights_of_the_bot_alone(
    outfitted: Outfitted, tmp_path: Path
) -> None:
    cast = outfitted.incident
    place = f"prod/{cast.namespace}"
    async with stage(tmp_path, transport="http", cluster=outfitted) as bot:
        told = await bot.ask(ALICE, f"explain {place}/{cast.pod}")
        assert f"NetworkPolicy {cast.namespace}/allow-egress (rule 1)" in told
        point = await bot.ask(
            ALICE, f"explain {place}/{cast.pod} from {cast.namespace}/{cast.siblings[0]}:8080"
        )
        assert f"NetworkPolicy {cast.namespace}/api-from-web (rule 1)" in point
        said = await bot.ask(ALICE, f"posture {place}")
        assert "3 pods, 0 open out, 0 open in by default" in said
        assert "allow the bot to list roles" in said

        editor = bound("RoleBinding", "netops", "netops", {"kind": "Group", "name": "=netops"})
        editor["metadata"]["namespace"] = cast.namespace
        account = {"kind": "ServiceAccount", "name": "firebreak", "namespace": "firebreak"}
        reads = bound("ClusterRoleBinding", "firebreak-reads-roles", "firebreak-reads-roles", account)
        await outfitted.world.create_all(READ_ROLES, EDITS, reads, editor)

        async def answered() -> bool:
            return "Group =netops" in await bot.ask(ALICE, f"posture {place}")

        await eventually(answered)

        async def sent() -> bool:
            files = [file.content or b"" for file in bot.scene.workspace.files.values() if file.channel]
            return any(b"'=netops" in f or b'"Group =netops","patch networkpolicies' in f for f in files)

        await bot.until(sent)
