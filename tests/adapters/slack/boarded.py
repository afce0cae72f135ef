"""Boards of alerts for tests: one alert, a storm, whatever has become of it."""

from datetime import timedelta
from typing import Any, Final

import msgspec

from bot.domain.alerts import Alert, Link, Role, Severity, Status, Subject, SubjectKind
from bot.domain.alerts.grouping import Group, Named
from bot.domain.documents import Document
from bot.domain.findings import BlastRadius, Finding, Forecast, Refusal
from bot.domain.people import Principal
from bot.domain.suggestions import Board, Mute, Resolved, Standing, Suggested, Suggestion
from tests.adapters.slack.staging import DIGEST, NOW, address_part, plan_of, pod_part

GROUP: Final = "g-0123456789abcdef"
SUGGESTION: Final = "s-0123456789abcdef"
ALICE: Final = Principal("T0HOME", "U0ALICE")
POD: Final = "checkout-7d9f-x2x1"


def pod(name: str = POD) -> Subject:
    return Subject(SubjectKind.POD, name, "payments", "prod")


BEACON: Final = Subject(SubjectKind.ADDRESS, "203.0.113.66", role=Role.DESTINATION)


def alert(**fields: Any) -> Alert:
    """Return the newest alert of a board."""
    made = Alert(
        source="am-prod",
        kind="alertmanager",
        rule="BeaconingPod",
        severity=Severity.CRITICAL,
        status=Status.FIRING,
        started=NOW - timedelta(minutes=3),
        fingerprint="f1",
        title="checkout-7d9f-x2x1 calls 203.0.113.66 every 60 s",
        summary="Since 01:40 UTC the pod has called 203.0.113.66:443 every 60 seconds, 212 bytes each time.",
        subjects=(pod(), BEACON),
        links=(Link("Runbook", "https://wiki.example/runbooks/beaconing"),),
    )
    return msgspec.structs.replace(made, **fields)


def group(*named: Named, **fields: Any) -> Group:
    """Return a group of one alert, which names a pod and an address."""
    newest = fields.pop("newest", alert())
    made = Group(
        id=GROUP,
        key="0" * 64,
        source="am-prod",
        kind="alertmanager",
        rule="BeaconingPod",
        severity=Severity.CRITICAL,
        opened_at=NOW - timedelta(minutes=3),
        updated_at=NOW - timedelta(minutes=1),
        newest=newest,
        cluster="prod",
        namespace="payments",
        total=1,
        named=named or (Named(pod(), 1), Named(BEACON, 1)),
        unread=newest.unread,
    )
    return msgspec.structs.replace(made, **fields)


FOUND: Final = (
    Resolved(pod(), Standing.FOUND, "on aks-pool1-4, of Deployment checkout, Ready"),
    Resolved(BEACON, Standing.FOUND, "outside: no pod, node or Service of prod, nothing of Azure's own"),
)

BLOCK: Final = plan_of(
    address_part("203.0.113.66"),
    summary="Block 203.0.113.66 for cluster prod at the firewall ir-fw",
    action="block-address",
    forecast=Forecast.PARTIAL,
    residual=(
        Finding("not-routed", "prod", "traffic that does not pass the firewall: 1 of 3 subnets has no route"),
    ),
    blast_radius=BlastRadius(addresses=1),
)
CUT: Final = plan_of(
    pod_part(POD),
    summary=f"Cut payments/{POD} in prod off the network, and no other pod",
    forecast=Forecast.FULL,
    residual=(),
    blast_radius=BlastRadius(pods=1, services=("payments/checkout",), ready_left=2, last_ready_replica=False),
)


def confirm() -> Suggested:
    return Suggested("Confirm the flow", commands=(f"/ir flows payments/{POD} last 1h",))


def blocking(**fields: Any) -> Suggested:
    made = Suggested(
        "Block the address for this cluster",
        "block-address",
        Document.of({"cluster": "prod", "addresses": ["203.0.113.66"], "scope": "cluster"}),
        BLOCK,
        DIGEST[:12],
    )
    return msgspec.structs.replace(made, **fields)


def cutting(**fields: Any) -> Suggested:
    made = Suggested(
        "Cut the pod off and leave it running for forensics",
        "quarantine-pod",
        Document.of({"cluster": "prod", "namespace": "payments", "pods": [POD]}),
        CUT,
        DIGEST[12:24],
    )
    return msgspec.structs.replace(made, **fields)


def trace() -> Suggested:
    return Suggested("Trace whom it talked to", commands=(f"/ir trace payments/{POD} last 1h",))


def suggestion(*steps: Suggested, **fields: Any) -> Suggestion:
    """Return the story as one suggestion."""
    made = Suggestion(
        id=SUGGESTION,
        group_id=GROUP,
        playbook="beaconing",
        version=1,
        sha256="ab" * 32,
        title="A pod calls one address outside again and again",
        made_at=NOW - timedelta(minutes=2),
        steps=steps or (confirm(), blocking(), cutting(), trace()),
        about="Confirm the flow first: a health check of a supplier looks the same.",
    )
    return msgspec.structs.replace(made, **fields)


def board(about: Group | None = None, **fields: Any) -> Board:
    """Return the board of one alert with its suggestion."""
    made = Board(about or group(), FOUND, NOW - timedelta(minutes=2), (suggestion(),))
    return msgspec.structs.replace(made, **fields)


def storm() -> Board:
    """Return a thousand alerts about fifty pods, of which one is gone."""
    pods = tuple(pod(f"checkout-7d9f-{number:04x}") for number in range(49))
    named = (*(Named(one, 20) for one in pods), Named(BEACON, 980))
    resolved = (
        *(Resolved(one, Standing.FOUND, "on aks-pool1-4, of Deployment checkout") for one in pods[:-2]),
        Resolved(pods[-2], Standing.ABSENT, "there is no such pod in payments now"),
        Resolved(pods[-1], Standing.UNKNOWN, "the cluster did not answer in time"),
        FOUND[1],
    )
    whole = group(*named, total=1000, resolved=17, others=20)
    refused = cutting(
        plan=None,
        digest="",
        refusal=Refusal(
            "too-many", "47 pods are more than the 20 that one request may hold", "Choose some: /ir contain"
        ),
    )
    by_hand = Suggested(
        "Confirm the flow", commands=tuple(f"/ir flows payments/{one.name} last 1h" for one in pods)
    )
    return Board(
        whole, resolved, NOW - timedelta(minutes=2), (suggestion(by_hand, blocking(), refused, trace()),)
    )


def muted() -> Mute:
    return Mute(
        rule="BeaconingPod",
        until=NOW + timedelta(hours=2),
        by=ALICE,
        at=NOW,
        reason="known test of the red team until 04:00",
        source="am-prod",
        since=NOW,
    )
