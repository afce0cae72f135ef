"""Requests as they stand at some moment, realistic ones to read."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from bot.domain.actions import OnExpiry
from bot.domain.changes import Contribute, Create, KeyEdit, Patch
from bot.domain.commands import ip_group, kubectl
from bot.domain.digests import Terms
from bot.domain.documents import Document
from bot.domain.findings import BlastRadius, Finding, Unseen, Verdict
from bot.domain.people import Principal
from bot.domain.plans import Part, Plan, Target
from bot.domain.policy import Need, Requirements
from bot.domain.refs import NETWORK_POLICY, POD, ArmRef, KubeRef
from bot.domain.requests import (
    Moment,
    PartRow,
    Request,
)
from bot.domain.states import PartState
from bot.engine.reading import Shown

NOW = datetime(2026, 3, 4, 2, 14, 9, tzinfo=UTC)
ALICE, BOB = Principal("T0HOME", "U0ALICE"), Principal("T0HOME", "U0BOB")
DIGEST = "0123456789abcdef" * 4
GROUP = ArmRef("/subscriptions/0/resourceGroups/ir/providers/Microsoft.Network/ipGroups/ir-block-prod")
LONG_NAME = "a" * 253
APPROVERS = ("<!subteam^S0ONCALL>", "<@U0BOB>")
NEEDS = Requirements(
    needs=(Need(2, ("security",), 'rule "payments"'),),
    quorum=2,
    mention=("security",),
    because=("a target is the last Ready replica of its workload",),
    approval_expiry=900,
    lease_default=14400,
    lease_maximum=86400,
    on_expiry=None,
)


def pod_part(name: str = "api-7d9f", index: int = 0) -> Part:
    """One pod cut off, as the action plans it."""
    pod = KubeRef("prod", POD, "payments", name)
    policy = KubeRef("prod", NETWORK_POLICY, "payments", f"firebreak-fb-7k3q-{index}")
    body = {"kind": "NetworkPolicy", "metadata": {"name": policy.name}, "spec": {"podSelector": {}}}
    label = KeyEdit(("metadata", "labels", "firebreak.dev/quarantine"), None, f"fb-7k3q-{index}")
    changes = (Create(policy, Document.of(body)), Patch(pod, f"uid-{index}", (label,)))
    return Part(
        target=Target(
            kind="Pod",
            cluster="prod",
            namespace="payments",
            name=name,
            uid=f"uid-{index}",
            details=(("owner", "ReplicaSet api-7d"), ("node", "aks-1"), ("image", "registry/api@sha256:1")),
        ),
        lane=f"kubernetes:prod:payments/{name}",
        changes=changes,
        words=(f"Create NetworkPolicy payments/{policy.name}", f"Label pod payments/{name}"),
        commands=kubectl("prod", changes),
        best_verdict=Verdict.INCONCLUSIVE,
    )


def address_part(address: str = "203.0.113.7") -> Part:
    """One address denied at the firewall."""
    return Part(
        target=Target("Address", "prod", "", address, address),
        lane="azure:root",
        changes=(Contribute(GROUP, address),),
        words=(f"Add {address} to ipGroups/ir-block-prod",),
        commands=ip_group(GROUP, address),
    )


def plan_of(*parts: Part, **fields: Any) -> Plan:
    """Return a plan of these parts with findings of every kind."""
    plan = Plan(
        action="quarantine-pod",
        parameters=Document.of({"cluster": "prod", "namespace": "payments", "pods": ["api-7d9f"]}),
        cluster="prod",
        cluster_uid="c-1",
        scope="cluster",
        strategy="network-policy",
        parts=parts or (pod_part(),),
        summary="Cut payments/api-7d9f in prod off the network, and no other pod",
        eta="3 to 5 minutes typically",
        residual=(Finding("kept-open", "payments/allow", "payments/allow keeps port 443 open"),),
        side_effects=(Finding("held", "p", "autoscalers will not evict payments/api-7d9f"),),
        warnings=(Finding("token", "p", "its service account token stays valid"),),
        unseen=(Unseen("nodes", "forbidden"),),
        blast_radius=BlastRadius(pods=1, services=("payments/api",), ready_left=2, last_ready_replica=False),
    )
    return msgspec.structs.replace(plan, **fields)


def shown(state: PartState = PartState.PROPOSED, plan: Plan | None = None, **fields: Any) -> Shown:
    """
    Return a request whose parts all stand in one state.

    ``fields`` replace those of the request; ``row`` (a dict) those of every part; ``votes``, ``overdue`` and
    ``operation`` those of what is shown.
    """
    plan = plan or plan_of()
    row = fields.pop("row", {})
    about = {name: fields.pop(name) for name in ("votes", "overdue", "operation") if name in fields}
    request = Request(
        id="FB-7K3Q",
        action=plan.action,
        parameters=plan.parameters,
        plan=plan,
        terms=Terms(14400, OnExpiry.HOLD, 2),
        digest=DIGEST,
        requester=ALICE,
        needs=NEEDS,
        policy_hash="ab" * 32,
        created_at=NOW - timedelta(minutes=5),
        expires_at=NOW + timedelta(minutes=10),
        reason="beaconing to 203.0.113.7",
    )
    request = msgspec.structs.replace(request, **fields)
    rows = tuple(
        msgspec.structs.replace(
            PartRow(f"{request.id}.{i}", request.id, i, part, state, moments=(Moment(state, NOW),)), **row
        )
        for i, part in enumerate(plan.parts)
    )
    whole = Shown(request, rows, (), state, False, None, NOW)
    return msgspec.structs.replace(whole, **about)
