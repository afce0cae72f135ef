"""What the world outside does not allow, found by the plans of the actions over a staged world."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from msgspec import structs

from bot.actions.contain import Contain
from bot.actions.quarantine_pod import QuarantinePod
from bot.actions.quarantine_workload import QuarantineWorkload
from bot.adapters.slack.flows.pressing import GONE
from bot.domain.actions import Action
from bot.domain.directions import Direction
from bot.domain.explain import Toward, Wish, explanation
from bot.domain.flows.asked import About, Subject
from bot.domain.flows.wish import Ago, window
from bot.domain.flows.wish import Wish as FlowWish
from bot.domain.posture.asking import posture
from bot.domain.posture.scope import Scope
from bot.domain.queries import Recorded
from bot.domain.refs import NAMESPACE, NETWORK_POLICY, KubeRef
from bot.engine.flowkeeping import OFF, nothing_to_keep_for
from tests.actions.cluster import cluster, quarantine
from tests.actions.firewall import POLICY, PROD, RULES, block, collection, estate, rule, standing
from tests.actions.staged import Staged, named, pod, refused
from tests.actions.test_block_plan import facts, properties
from tests.actions.test_quarantine_workload import deployed, deployment
from tests.docs.mistakes.row import Row
from tests.domain.explain.clusters import Answering, run
from tests.domain.explain.test_explained_points import SHOP

Case = tuple[str, Action, Callable[[Staged], object]]


def rows() -> tuple[Row, ...]:
    """Return what each action is answered in a world that does not allow it."""
    made = [_row(cluster(), case) for case in PODS]
    made += [_row(deployed(), case) for case in DEPLOYMENTS]
    made += [_row(estate(), case) for case in ADDRESSES]
    made += _looked_at()
    made += _shown()
    return tuple(made)


def _shown() -> tuple[Row, ...]:
    """Return what is answered to who presses a button of an answer about flows."""
    return (
        Row.refused("you pressed Keep where evidence is switched off", OFF),
        Row.refused("you pressed Keep before anybody asked for anything", nothing_to_keep_for("shop/web")),
        Row.refused("you pressed a button of an answer that is eight days old", GONE),
    )


def _looked_at() -> tuple[Row, ...]:
    """Return what is answered to who only looks, about the shop of the tests of explanations."""
    service = {"kind": "Service", "metadata": {"name": "db", "namespace": "shop"}}
    objects = (*SHOP, service | {"spec": {"clusterIPs": ["10.96.0.7"]}})
    address = Wish("prod", "shop", "web", Toward(Direction.EGRESS, address="10.96.0.7", port=443))
    blind = Answering(objects, blind="list pods")
    return (
        Row.refused(
            "/ir explain shop/web to 10.96.0.7:443 (the address of a Service)",
            run(explanation(address), Answering(objects)),
        ),
        Row.refused(
            "/ir explain shop/wbe", run(explanation(Wish("prod", "shop", "wbe")), Answering(objects))
        ),
        Row.refused(
            "/ir explain shpo/web", run(explanation(Wish("prod", "shpo", "web")), Answering(objects))
        ),
        Row.refused("/ir posture (the pods cannot be read)", run(posture(Scope("prod")), blind)),
        Row.refused("/ir posture shpo", run(posture(Scope("prod", "shpo")), Answering(objects))),
        *_windows(),
    )


def _windows() -> tuple[Row, ...]:
    """Return what is answered to times that cannot be asked about."""
    asked = FlowWish("prod", Subject(About.POD, "web", "shop"))
    cases = (
        ("/ir flows shop/web since 2026-01-02T10:00 (on the day before)", DAY_AFTER, None, True),
        (
            "/ir flows shop/web since 2026-01-01T11:00 until 2026-01-01T10:00",
            NOON - HOUR,
            NOON - 2 * HOUR,
            True,
        ),
        ("/ir flows shop/web last 8d", Ago(8 * 86_400), None, True),
        ("/ir flows shop/web last 2d (no source keeps days)", Ago(2 * 86_400), None, False),
    )
    return tuple(
        Row.refused(did, window(structs.replace(asked, since=since, until=until), NOON, history=history))
        for did, since, until, history in cases
    )


NOON: Final = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
DAY_AFTER: Final = NOON + 22 * HOUR


def _row(world: Staged, case: Case) -> Row:
    did, action, spoil = case
    spoil(world)
    return Row.refused(did, refused(action, world))


def _quarantined(world: Staged) -> None:
    world.contained = {"fb-9x2m-0": Recorded("FB-9X2M")}
    world.put(pod("api-1", labels={"firebreak.dev/quarantine": "fb-9x2m-0"}))
    spec = {"podSelector": {"matchLabels": {"firebreak.dev/quarantine": "fb-9x2m-0"}}}
    policy = world.put(named(NETWORK_POLICY, "firebreak-fb-9x2m-0", spec=spec))
    policy["metadata"]["labels"] = {
        "app.kubernetes.io/managed-by": "firebreak",
        "firebreak.dev/request": "FB-9X2M",
    }


def _phase(world: Staged) -> None:
    world.put(pod("api-1"))["status"]["phase"] = "Failed"


def _forbidden(world: Staged) -> None:
    world.refuses = lambda _: "admission webhook denied the request"


PODS: Final[tuple[Case, ...]] = (
    ("You name a pod that is not there", quarantine("api-11"), lambda _: None),
    ("You name a pod that is not there, and nothing like it", quarantine("zzz"), lambda _: None),
    ("You name several pods, one of them wrong", quarantine("api-1", "api-11", "zzz"), lambda _: None),
    ("You name a pod that has ended", quarantine(), _phase),
    (
        "You name a pod that is being deleted",
        quarantine(),
        lambda w: w.put(pod("api-1", deletionTimestamp="2025-03-01T11:59:00Z")),
    ),
    ("You name a pod that is quarantined already", quarantine(), _quarantined),
    (
        "You name a namespace that is not there",
        quarantine(),
        lambda w: w.objects.pop(KubeRef("prod", NAMESPACE, "", "payments")),
    ),
    (
        "You name a namespace that is being deleted",
        quarantine(),
        lambda w: w.put(named(NAMESPACE, "payments") | {"status": {"phase": "Terminating"}}),
    ),
    ("The namespace cannot be read", quarantine(), lambda w: w.blind.add("get prod: Namespace payments")),
    ("The pod cannot be read", quarantine(), lambda w: w.blind.add("get prod: Pod payments/api-1")),
    ("The cluster does not answer", quarantine(), lambda w: w.blind.add("discover prod")),
    ("The cluster's own rules forbid it", quarantine(), _forbidden),
    (
        "You ask for a deny of an engine that the cluster does not have",
        QuarantinePod("prod", "payments", ("api-1",), using="cilium"),
        lambda _: None,
    ),
)


API: Final = QuarantineWorkload("prod", "payments", ("api",))


def _blind(what: str) -> Callable[[Staged], object]:
    return lambda world: world.blind.add(what)


DEPLOYMENTS: Final[tuple[Case, ...]] = (
    (
        "You name a Deployment that is not there",
        QuarantineWorkload("prod", "payments", ("zzz",)),
        lambda _: None,
    ),
    ("The Deployment cannot be read", API, _blind("get prod: Deployment payments/api")),
    ("The pods of the Deployment cannot be listed", API, _blind("list pods in prod/payments")),
    ("No pod of the Deployment runs", API, lambda w: deployment(w, selector={"matchLabels": {"app": "x"}})),
    ("The Deployment selects no pods of its own", API, lambda w: deployment(w, selector={})),
    ("The bot has no right to select by labels of others", API, _forbidden),
    (
        "/ir contain payments/api-1 deployment:payments/api (the pod is the Deployment's own)",
        Contain("prod", (quarantine(), API)),
        lambda _: None,
    ),
)


def _wide(world: Staged) -> None:
    wide = rule("wide", sourceAddresses=["*"], destinationIpGroups=[PROD.id])
    properties(world, RULES)["ruleCollections"] = [collection([*standing(), wide])]


def _set(ref: Any, **changed: Any) -> Callable[[Staged], object]:
    return lambda world: properties(world, ref).update(changed)


ADDRESSES: Final[tuple[Case, ...]] = (
    ("You block an address that Firebreak itself needs", block("20.1.2.3"), lambda _: None),
    (
        "You block while the IP Group is full",
        block(),
        _set(PROD, ipAddresses=[f"1.2.{i // 256}.{i % 256}" for i in range(5000)]),
    ),
    ("You block where no firewall is configured", block(), lambda w: setattr(w, "discovered", _bare(w))),
    ("You block where no IP Group is configured", block(), lambda w: facts(w, cluster_group=None)),
    ("The IP Group is gone", block(), lambda w: w.objects.pop(PROD)),
    ("The firewall cannot be read", block(), lambda w: w.blind.add("get firewallPolicies/root")),
    ("Azure does not let Firebreak write", block(), lambda w: setattr(w, "refuses", lambda _: "ScopeLocked")),
    ("The standing rules are missing", block(), _set(RULES, ruleCollections=[])),
    ("The standing rules cover more than the cluster", block(), _wide),
    (
        "The firewall policy has a parent",
        block(),
        _set(POLICY, basePolicy={"id": "/x/firewallPolicies/mother"}),
    ),
    ("Azure itself manages the firewall policy", block(), _set(POLICY, afcManaged=True)),
    (
        "A guarded range in the settings is no range",
        block(),
        lambda w: facts(w, guarded=(("example.org", "a partner"),)),
    ),
)


def _bare(world: Staged) -> Any:
    assert world.discovered is not None
    return msgspec.structs.replace(world.discovered, firewall=None)
