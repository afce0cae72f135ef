"""The staged cluster of the quarantine tests: three replicas behind a Service, in the namespace ``payments``."""

from bot.actions.quarantine_pod import QuarantinePod
from bot.domain.queries import Discovered
from bot.domain.refs import NAMESPACE, NODE, SERVICE
from tests.actions.staged import Staged, named, owned, pod

READY_NODE = {"conditions": [{"type": "Ready", "status": "True"}]}


def cluster() -> Staged:
    """Return the cluster at peace."""
    world = Staged(Discovered("prod", "uid-cluster", kubectl_context="prod-admin"))
    world.put(named(NAMESPACE, "payments", status={"phase": "Active"}))
    world.put(named(NODE, "node-1", status=READY_NODE))
    world.put(named(SERVICE, "api", spec={"selector": {"app": "api"}}))
    for name in ("api-1", "api-2", "api-3"):
        world.put(pod(name, ownerReferences=owned("ReplicaSet", "api")))
    return world


def quarantine(*pods: str) -> QuarantinePod:
    """Return the action on pods of ``payments``."""
    return QuarantinePod("prod", "payments", pods or ("api-1",))
