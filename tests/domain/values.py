"""One value of each kind, every field filled."""

from datetime import UTC, datetime

import msgspec

from bot.domain.changes import Contribute, Create, Delete, KeyEdit, Patch
from bot.domain.documents import Document
from bot.domain.findings import BlastRadius, Finding, Forecast, Unseen
from bot.domain.flows import asked as flows
from bot.domain.flows.flow import Endpoint, Flow, Observer
from bot.domain.flows.taken import Late, Overrun, Silent, Taken, Window
from bot.domain.lanes import Contribution, Lane, Ledger, Operation
from bot.domain.plans import Commands, Expectation, Part, Plan, Target
from bot.domain.queries import (
    Absent,
    Access,
    Answer,
    Contained,
    Discover,
    Discovered,
    DryRun,
    Each,
    FirewallFacts,
    Flowing,
    Flows,
    Found,
    Get,
    Listing,
    Query,
    Recorded,
    Resolve,
    Resolved,
    SelfTested,
    SelfTests,
    Unavailable,
    Unwelcome,
    Welcome,
)
from bot.domain.refs import KINDS, NETWORK_POLICY, POD, ArmRef, KubeRef
from bot.domain.seen import VIEWS
from bot.domain.selectors import Requirement, Selector
from bot.domain.tested import Outcome, Told

NOW = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)
POD_REF = KubeRef("prod", POD, "payments", "api-1")
POLICY_REF = KubeRef("prod", NETWORK_POLICY, "payments", "firebreak-fb-1-0")
GROUP = ArmRef("/subscriptions/x/ipGroups/g")
BODY = Document.of({"spec": {"n": 1}, "ü": [None, True]})

CREATE = Create(POLICY_REF, BODY)
PATCH = Patch(POD_REF, "uid-1", (KeyEdit(("metadata", "labels", "a/b"), None, "x"),))
CONTRIBUTE = Contribute(GROUP, "203.0.113.7")
CHANGES = (CREATE, Delete(POLICY_REF, BODY), PATCH, CONTRIBUTE)

TARGET = Target("Pod", "prod", "payments", "api-1", "uid-1", (("app", "api"),), (("node", "n1"),))
OWN_PART = Part(
    target=TARGET,
    lane="kubernetes:prod:payments/api-1",
    changes=(CREATE, PATCH),
    words=("make", "mark"),
    commands=Commands(("do",), ("undo",)),
    expectations=(Expectation(POLICY_REF, "stands"), Expectation(GROUP, "holds")),
    best_verdict="INCONCLUSIVE",
)
SHARED_PART = Part(TARGET, "azure:/x", (CONTRIBUTE,), ("add",), Commands((), ()))
PLAN = Plan(
    action="quarantine-pod",
    parameters=Document.of({"pods": ["api-1"]}),
    cluster="prod",
    cluster_uid="uid-c",
    scope="cluster",
    strategy="network-policy",
    parts=(OWN_PART, SHARED_PART),
    summary="cut",
    eta="soon",
    forecast=Forecast.UNKNOWN,
    residual=(Finding("r", "s", "t"),),
    side_effects=(Finding("e", "s", "t"),),
    warnings=(Finding("w", "s", "t"),),
    unseen=(Unseen("q", "why"),),
    blast_radius=BlastRadius(1, ("payments/api",), 2, True, 0),
)

QUERIES: tuple[Query, ...] = (
    Get(POD_REF),
    Get(GROUP),
    Each("prod", POD, "payments", Selector({"a": "b"}, (Requirement("k", "In", ("v",)),))),
    Discover("prod"),
    *(DryRun(change) for change in CHANGES),
    Access("write", GROUP),
    Contained(KubeRef("prod", POD, "payments", "api-1"), "uid-1", "fb-7k3q-0"),
    SelfTests("prod"),
    Resolve("example.org"),
    Flows("prod", "payments", "api-1", 900),
)

FLOWING = Flowing(
    flows.Asked("prod", flows.Subject(flows.About.POD, "api-1", "payments"), NOW, NOW),
    (
        Taken(
            "hubble",
            (Flow(NOW, NOW, Endpoint("10.0.0.1"), Endpoint("203.0.113.7"), Observer("hubble", "n1")),),
            Window(NOW, NOW),
            losses=(Overrun("n1", 3), Late(600)),
        ),
        Silent("firewall", "late"),
    ),
)

_VIEWS = tuple(
    msgspec.json.decode(
        msgspec.json.encode(
            {"kind": kind.kind, "metadata": {"name": "x", "ownerReferences": []}, "spec": {}}
        ),
        type=VIEWS[kind],
    )
    for kind in KINDS
)
_ALLOWING = msgspec.json.decode(
    b'{"kind":"NetworkPolicy","metadata":{"name":"x"},"spec":{"podSelector":{},"egress":[{"to":[{"ipBlock":{"cidr":"0.0.0.0/0"}}]}]}}',
    type=VIEWS[NETWORK_POLICY],
)
FACTS = FirewallFacts(GROUP, GROUP, None, GROUP, (GROUP,), (("10.0.0.0/8", "ours"),))
ANSWERS: tuple[Answer, ...] = (
    Found(POD_REF, BODY, "7"),
    Absent(GROUP),
    Listing((*_VIEWS, _ALLOWING)),
    Discovered("prod", "uid", "v1.36", ("apps",), FACTS, "ctx"),
    Welcome(),
    Unwelcome("Forbidden", "no"),
    Recorded("FB-7K3Q"),
    SelfTested((Told("node-1", "Calico", Outcome.FAILED, "it passes", NOW, fresh=True),)),
    FLOWING,
    Resolved(("1.1.1.1",)),
    Unavailable("late"),
)

LANE = Lane(
    key="azure:/x",
    owner="w1",
    lease_until=NOW,
    fence=3,
    operation=Operation(GROUP, ("1.1.1.1",), "op", NOW, ("c1",), "token"),
    revision=2,
    ledgers=(Ledger(GROUP, ("9.9.9.9",)),),
    due_at=NOW,
    attempts=1,
)
CONTRIBUTION = Contribution("c1", "p1", "azure:/x", GROUP, "1.1.1.1", wanted=False, sent=True, settled=True)
