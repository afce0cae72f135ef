"""Two canaries of a part, what they are asked, and what they may answer."""

import json
from typing import Any

import msgspec

from bot.domain.canary import Canary, Role
from bot.domain.changes import Create
from bot.domain.documents import Document
from bot.domain.ladder.aiming import aimed
from bot.domain.ladder.packets import Packets
from bot.domain.ladder.rungs import Proof
from bot.domain.plans import Part, Proving
from bot.domain.queries import Answer, Found, Listing, Rounds
from bot.domain.views import EndpointSliceView, PodView
from tests.domain.values import OWN_PART

OWNER = {"kind": "ReplicaSet", "name": "api-5c9d", "uid": "owner", "controller": True}
TARGET = OWN_PART.target
SPACE = TARGET.namespace


def canary(role: Role) -> Canary:
    mark = "fb-7k3q-0" if role is Role.INSIDE else ""
    return Canary(
        TARGET.cluster, SPACE, f"firebreak-canary-{role}", "node-1", "reg/fb:1", "FB-7K3Q", role, mark=mark
    )


PART = msgspec.structs.replace(
    OWN_PART,
    target=msgspec.structs.replace(TARGET, uid="target", name="api-1"),
    proving=Proving("Calico", "fb-7k3q-0"),
    probes=(canary(Role.OUTSIDE), canary(Role.INSIDE)),
)


def pod(name: str, ip: str = "10.244.0.8", **more: Any) -> PodView:
    ready = more.pop("ready", True)
    ports = more.pop("ports", [{"containerPort": 8080}])
    body = {
        "kind": "Pod",
        "metadata": {
            "name": name,
            "uid": more.pop("uid", name),
            "labels": more.pop("labels", {}),
            "ownerReferences": more.pop("owners", [OWNER]),
        },
        "spec": {"nodeName": "node-1", "containers": [{"name": "app", "ports": ports}], **more},
        "status": {"podIP": ip, "conditions": [{"type": "Ready", "status": str(ready)}]},
    }
    return msgspec.json.decode(json.dumps(body), type=PodView)


API = pod("api-1", "10.244.0.7", uid="target")
SIBLING = pod("api-2")
BOTH = Listing((API, SIBLING))
RESOLVER = pod(
    "coredns-1",
    "10.244.0.53",
    owners=[],
    ports=[{"containerPort": 53, "protocol": "UDP"}, {"containerPort": 53}],
)
SERVERS: dict[str, Any] = {"endpoints": [{"addresses": ["10.0.0.1"]}], "ports": [{"port": 6443}]}


def slices(**more: Any) -> Listing:
    """Return what stands behind the Service of the API server."""
    body = {"kind": "EndpointSlice", "metadata": {"name": "kubernetes"}, **SERVERS, **more}
    return Listing((msgspec.json.decode(json.dumps(body), type=EndpointSliceView),))


OTHERS = (Listing((RESOLVER,)), slices())
UIDS = ("uid-outside", "uid-inside")


def ended(asking: Rounds[Any], *answers: tuple[Answer, ...]) -> Any:
    """Send the answers in turn, and return what comes of them."""
    next(asking)
    try:
        for answer in answers:
            asking.send(answer)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it asked again")


def aims(*pods: PodView, part: Part = PART, others: tuple[Answer, ...] = OTHERS) -> tuple[Create, ...] | str:
    found: tuple[Create, ...] | str = ended(aimed(part), (Listing(pods), *others))
    return found


def words(create: Create) -> list[str]:
    found: list[str] = create.body.value["spec"]["containers"][0]["args"]
    return found


def message(**last: str) -> str:
    results = [
        {
            "name": name.replace("_", "-"),
            "last": how,
            "tries": 8,
            "opened": 8 * (how == "open"),
            "refused": 8 * (how == "refused"),
            "first_cut": 0.0 if how == "cut" else None,
        }
        for name, how in last.items()
    ]
    return json.dumps({"v": 1, "results": results, "seconds": 8.0})


def answered(create: Create, said: str, code: int = 0, *, uid: str = "", **other: Any) -> Found:
    body = create.body.value
    role = body["metadata"]["labels"]["firebreak.dev/canary"]
    body["metadata"] |= {"uid": uid or f"uid-{role}", **other.pop("metadata", {})}
    body["spec"] |= other.pop("spec", {})
    body["spec"]["containers"][0].update(other)
    state = {"terminated": {"exitCode": code, "message": said}}
    body["status"] = {"phase": "Succeeded", "containerStatuses": [{"name": "canary", "state": state}]}
    return Found(create.ref, Document.of(body), "1")


def placed() -> tuple[Create, Create]:
    found = aims(API, SIBLING)
    assert not isinstance(found, str)
    outside, inside = found
    return outside, inside


def examined(*answers: Answer, there: Answer = BOTH, others: tuple[Answer, ...] = OTHERS) -> Proof:
    asking = Packets().examine(PART, placed(), UIDS)
    next(asking)
    try:
        asking.send(answers)
        asking.send((there, *others))
    except StopIteration as stop:
        told: Proof = stop.value
        return told
    raise AssertionError("it asked again")


def beside(control: str = "open", target: str = "cut", **witnesses: str) -> str:
    """Return what the canary beside the cut says."""
    told = {"control_dns": "open", "control_api": "open"} | witnesses
    return message(control=control, **told, target=target)


def within(sibling: str = "cut", **witnesses: str) -> str:
    """Return what the canary within the cut says."""
    return message(sibling=sibling, **({"dns": "cut", "api": "cut"} | witnesses))


def judged(control: str, target: str, sibling: str, **more: Any) -> Proof:
    outside, inside = placed()
    return examined(answered(outside, beside(control, target)), answered(inside, within(sibling)), **more)
