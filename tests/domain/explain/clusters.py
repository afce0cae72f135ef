"""A cluster that answers an explanation or a posture out of what the API would tell."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from bot.domain import refs
from bot.domain.documents import Document
from bot.domain.queries import (
    Absent,
    Answer,
    Discover,
    Discovered,
    Each,
    Found,
    Get,
    Listing,
    Query,
    Rounds,
    Unavailable,
    told,
)
from bot.domain.refs import Kind, KubeRef
from bot.domain.seen import VIEWS
from bot.domain.views import Foreign

Body = dict[str, Any]
T = TypeVar("T")


def namespace(name: str) -> Body:
    """Return a namespace."""
    return {"kind": "Namespace", "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}}}


def calico(*nodes: str, ready: bool = True) -> tuple[Body, ...]:
    """Return Calico's DaemonSet, and its agent on these nodes."""
    program = {"name": "calico-node", "image": "quay.io/calico/node:v3.30.2"}
    meta = {
        "name": "calico-node",
        "namespace": "calico-system",
        "uid": "u1",
        "labels": {"k8s-app": "calico-node"},
    }
    spec = {"template": {"metadata": {"labels": meta["labels"]}, "spec": {"containers": [program]}}}
    owner = {"kind": "DaemonSet", "name": "calico-node", "uid": "u1", "controller": True}
    status = {"phase": "Running", "conditions": [{"type": "Ready", "status": str(ready)}]}
    pods = tuple(
        {
            "kind": "Pod",
            "metadata": {
                "name": f"calico-node-{node}",
                "namespace": "calico-system",
                "labels": meta["labels"],
                "ownerReferences": [owner],
            },
            "spec": {"nodeName": node, "hostNetwork": True, "containers": [program]},
            "status": status,
        }
        for node in nodes
    )
    count = {"desiredNumberScheduled": len(nodes), "numberReady": len(nodes)}
    return ({"kind": "DaemonSet", "metadata": meta, "spec": spec, "status": count}, *pods)


class Answering:
    """Answers from objects; ``blind`` holds questions, as ``told`` says them, that get no answer."""

    def __init__(
        self, objects: Sequence[Body], foreign: Mapping[Kind, Sequence[Body]] | None = None, blind: str = ""
    ) -> None:
        self.objects, self.foreign, self.blind = objects, foreign or {}, blind
        self.asked: list[Query] = []

    def answer(self, query: Query) -> Answer:
        """Answer one question."""
        self.asked.append(query)
        if self.blind and self.blind in told(query):
            return Unavailable("it did not answer")
        match query:
            case Discover(cluster):
                return Discovered(cluster, "uid", serves=tuple(kind.served for kind in self.foreign))
            case Each():
                return self._listing(query)
            case Get(KubeRef() as ref):
                body = next((b for b in self.objects if _is(b, ref)), None)
                return Found(ref, Document.of(body), "7") if body else Absent(ref)
            case _:
                return Unavailable("not staged")

    def _listing(self, query: Each) -> Answer:
        if query.kind in refs.ENGINE_KINDS:
            bodies = self.foreign.get(query.kind, ())
            return Listing(tuple(Foreign(query.kind, json.dumps(body)) for body in bodies))
        found = [
            body
            for body in self.objects
            if body["kind"] == query.kind.kind
            and query.namespace in {"", body["metadata"].get("namespace", "")}
            and query.node in {"", body.get("spec", {}).get("nodeName", "")}
        ]
        view: Any = VIEWS[query.kind]
        return Listing(tuple(msgspec.json.decode(json.dumps(body), type=view) for body in found))


def _is(body: Body, ref: KubeRef) -> bool:
    meta = body["metadata"]
    return (body["kind"], meta.get("namespace", ""), meta["name"]) == (ref.kind.kind, ref.namespace, ref.name)


def run(asking: Rounds[T], cluster: Answering) -> T:
    """Drive a generator of questions to its end."""
    try:
        batch = next(asking)
        while True:
            batch = asking.send(tuple(cluster.answer(query) for query in batch))
    except StopIteration as stop:
        made: T = stop.value
        return made
