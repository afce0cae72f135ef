"""A staged world in memory: it answers every question of a plan from objects that a test put there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from bot.domain.actions import Action
from bot.domain.documents import Document
from bot.domain.findings import Refusal
from bot.domain.plans import Plan
from bot.domain.queries import (
    Absent,
    Access,
    Answer,
    Contained,
    Discover,
    Discovered,
    DryRun,
    Each,
    Flows,
    Found,
    Get,
    Listing,
    Query,
    Recorded,
    Resolve,
    SelfTests,
    Unavailable,
    Unwelcome,
    Welcome,
    told,
)
from bot.domain.refs import (
    CONFIG_MAP,
    DAEMON_SET,
    ENDPOINT_SLICE,
    ENGINE_KINDS,
    KINDS,
    ArmRef,
    Kind,
    KubeRef,
    Ref,
)
from bot.domain.seen import VIEWS
from bot.domain.selectors import selects
from bot.domain.views import Foreign

NOW = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)
REQUEST = "FB-7K3Q"
Body = dict[str, Any]
BY_NAME = {kind.kind: kind for kind in (*KINDS, DAEMON_SET, CONFIG_MAP, ENDPOINT_SLICE)}
Out = TypeVar("Out")


@dataclass
class Staged:
    """
    What stands outside.

    ``contained`` is what our own records say, by the value of our label; ``blind`` holds questions, as ``told`` says them, that get no answer; ``refuses`` is asked for each dry run
    and access check, and returns the server's words where it would refuse.
    """

    discovered: Discovered | None = None
    objects: dict[Ref, Body] = field(default_factory=dict)
    blind: set[str] = field(default_factory=set)
    contained: dict[str, Recorded] = field(default_factory=dict)
    refuses: Callable[[DryRun | Access], str] = lambda _: ""
    asked: list[Query] = field(default_factory=list)

    def put(self, body: Body) -> Body:
        """Stage a Kubernetes object in the cluster ``prod``."""
        kind, meta = BY_NAME[body["kind"]], body["metadata"]
        self.objects[KubeRef("prod", kind, meta.get("namespace", ""), meta["name"])] = body
        return body

    def answer(self, query: Query) -> Answer:
        """Answer one question."""
        self.asked.append(query)
        if told(query) in self.blind:
            return Unavailable("it did not answer")
        match query:
            case Discover(cluster):
                known = self.discovered
                return known if known and known.cluster == cluster else Unavailable("no such cluster")
            case Get(ref):
                body = self.objects.get(ref)
                return Absent(ref) if body is None else Found(ref, Document.of(body), "7")
            case Each():
                return self._listing(query)
            case DryRun() | Access():
                why = self.refuses(query)
                return Unwelcome("Forbidden", why) if why else Welcome()
            case Contained() | SelfTests() | Resolve() | Flows():
                recorded = isinstance(query, Contained) and self.contained.get(query.mark, Recorded())
                return recorded or Unavailable("not staged")

    def _listing(self, query: Each) -> Listing:
        if query.kind in ENGINE_KINDS:
            return Listing(())
        found = [
            msgspec.json.decode(msgspec.json.encode(body), type=VIEWS[query.kind])
            for ref, body in self.objects.items()
            if isinstance(ref, KubeRef) and ref.kind == query.kind and query.namespace in {"", ref.namespace}
        ]
        listed = (view for view in found if not isinstance(view, Foreign))
        return Listing(tuple(view for view in listed if selects(query.selector, view.metadata.labels)))


def drive(action: Action, world: Staged, request_id: str = REQUEST) -> Plan | Refusal:
    """Run a plan to its end."""
    planning = action.plan(NOW, request_id)
    try:
        batch = next(planning)
        while True:
            batch = planning.send(tuple(world.answer(query) for query in batch))
    except StopIteration as stop:
        made: Plan | Refusal = stop.value
        return made


def planned(action: Action, world: Staged, request_id: str = REQUEST) -> Plan:
    """Return the plan of an action that is not refused."""
    made = drive(action, world, request_id)
    assert isinstance(made, Plan), made
    return made


def refused(action: Action, world: Staged) -> Refusal:
    """Return the refusal of an action."""
    made = drive(action, world)
    assert isinstance(made, Refusal), made
    return made


# -- Kubernetes bodies -------------------------------------------------------------------------------------


def metadata(name: str, namespace: str = "payments", **more: Any) -> Body:
    """Return metadata with a UID of its own."""
    return {"name": name, "namespace": namespace, "uid": f"uid-{name}", "resourceVersion": "7", **more}


def owned(kind: str, name: str) -> list[Body]:
    """Return ownerReferences that name one controller."""
    return [{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": f"uid-{name}", "controller": True}]


def pod(name: str, *, ready: bool = True, spec: Mapping[str, Any] | None = None, **meta: Any) -> Body:
    """Return a running pod on ``node-1``."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata(name, labels=meta.pop("labels", {"app": "api"}), **meta),
        "spec": {
            "nodeName": "node-1",
            "serviceAccountName": "api",
            "containers": [{"name": "api", "image": "registry.test/api:1"}],
            **(spec or {}),
        },
        "status": {
            "phase": "Running",
            "podIP": "10.0.0.7",
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
        },
    }


def named(kind: Kind, name: str, namespace: str = "payments", **more: Any) -> Body:
    """Return any other object."""
    meta = metadata(name, namespace) if kind.namespaced else {"name": name, "uid": f"uid-{name}"}
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": meta, **more}


# -- ARM bodies --------------------------------------------------------------------------------------------

PREFIX = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/Net/providers/Microsoft.Network"


def arm(kind: str, name: str) -> ArmRef:
    """Name a resource of the staged subscription."""
    return ArmRef(f"{PREFIX}/{kind}/{name}")


def resource(ref: ArmRef, **properties: Any) -> Body:
    """Return an ARM resource that is provisioned."""
    return {"id": ref.id, "name": ref.name, "properties": {"provisioningState": "Succeeded", **properties}}
