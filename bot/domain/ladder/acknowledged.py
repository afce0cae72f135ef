"""
L2: the engine itself says that it knows the pod by our label. Only Cilium says so in the API.

Pods of a workload get no label of ours, so there it takes more: that their endpoints say that nothing is allowed.
"""

from typing import ClassVar, Final

import msgspec

from bot.domain.engines.engine import EngineName
from bot.domain.findings import Refusal
from bot.domain.isolation import LABEL
from bot.domain.ladder.rungs import Asking, Outcome, Proof
from bot.domain.plans import Part
from bot.domain.quarantine.replicas import MOST_LOOKED_AT, standing
from bot.domain.queries import Absent, Answer, Found, Get, Unavailable, kube
from bot.domain.reading import cut
from bot.domain.refs import CILIUM_ENDPOINT, DEPLOYMENT

HOST: Final = 1
"""The identity of the own node (Cilium, "Reserved labels")."""


class _Identity(msgspec.Struct, frozen=True):
    id: int = 0
    labels: tuple[str, ...] = ()


class _Peer(msgspec.Struct, frozen=True, rename="kebab"):
    """Who: without an identity everybody, without protocol and port (Cilium, ``IdentityTuple``) whatever they send."""

    identity: int = 0
    protocol: int = 0
    dest_port: int = 0

    @property
    def everything(self) -> bool:
        """Whether it is everybody and all that they send."""
        return not (self.identity or self.protocol or self.dest_port)


class _Way(msgspec.Struct, frozen=True):
    enforcing: bool = False
    allowed: tuple[_Peer, ...] | None = None
    denied: tuple[_Peer, ...] | None = None

    @property
    def shut(self) -> bool:
        """
        Whether it lets nobody through but the pod's own node, or denies everybody: then that beats what it allows.

        That some are denied says nothing: others' policies may have denied them before ours.
        """
        own_node = all(peer.identity == HOST for peer in self.allowed or ())
        return self.enforcing and (own_node or any(peer.everything for peer in self.denied or ()))


class _Ways(msgspec.Struct, frozen=True):
    ingress: _Way = _Way()
    egress: _Way = _Way()


class _Status(msgspec.Struct, frozen=True):
    state: str = ""
    identity: _Identity | None = None
    policy: _Ways | None = None


class _Endpoint(msgspec.Struct, frozen=True):
    status: _Status | None = None


class Acknowledged:
    """The agent on the pod's node has given the pod an identity that carries our label, and is ready with it."""

    name: ClassVar[str] = "L2"
    needs: ClassVar[str] = "Cilium, and its CiliumEndpoint objects (some clusters keep none)"
    proves: ClassVar[str] = "the agent on the pod's node has worked out the pod's policy with our label"
    cannot: ClassVar[str] = "that packets are dropped: connections that were open may go on as its limits say"

    def suits(self, part: Part) -> bool:
        """Whether Cilium enforces here."""
        return part.proving is not None and part.proving.engine == EngineName.CILIUM

    def examine(self, part: Part) -> Asking:
        """Read the endpoint of the pod's name, or those of some of a Deployment's pods."""
        if part.target.kind == DEPLOYMENT.kind:
            return (yield from _workload(part))
        ref = kube(part.target.cluster, CILIUM_ENDPOINT, part.target.namespace, part.target.name)
        (answer,) = yield (Get(ref),)
        match answer:
            case Found(body=body):
                return _judged(part, body.text)
            case Absent():
                return self._silent("the cluster keeps no CiliumEndpoint of this pod")
            case Unavailable(why):
                return self._silent(f"its CiliumEndpoint could not be read: {cut(why)}")
            case _:
                return self._silent("the answer about its CiliumEndpoint was of another kind")

    def _silent(self, text: str) -> Proof:
        return _silent(text)


def _silent(text: str) -> Proof:
    return Proof("L2", Outcome.SILENT, text)


def _workload(part: Part) -> Asking:
    workload = yield from standing(part.target)
    if isinstance(workload, Refusal):
        return _silent(workload.text)
    target, names = part.target, workload.samples(MOST_LOOKED_AT)
    endpoints = (kube(target.cluster, CILIUM_ENDPOINT, target.namespace, name) for name in names)
    answers = yield tuple(map(Get, endpoints))
    for name, answer in zip(names, answers, strict=True):
        odd = _doubt(answer)
        if odd:
            return _silent(f"{cut(name)}: {odd}")
    every = len(workload.pods)
    told = f"{len(names)} of its {every}" if len(names) < every else f"its {every}"
    return Proof("L2", Outcome.HOLDS, f"Cilium says of {told} pods that it lets nothing through, both ways")


def _doubt(answer: Answer) -> str:
    """Return why an endpoint does not show that its pod is cut; empty where it does."""
    if not isinstance(answer, Found):
        return "its CiliumEndpoint could not be read, or the cluster keeps none"
    try:
        status = msgspec.json.decode(answer.body.text, type=_Endpoint).status or _Status()
    except (msgspec.DecodeError, RecursionError):
        return "its CiliumEndpoint could not be understood"
    if status.state != "ready":
        return f"Cilium is still at work on it (state {cut(status.state, 40)})"
    if status.policy is None:
        return "its CiliumEndpoint does not say what Cilium enforces"
    shut = status.policy.ingress.shut and status.policy.egress.shut
    return "" if shut else "Cilium does not say that it lets nothing through"


def _judged(part: Part, body: str) -> Proof:
    try:
        status = msgspec.json.decode(body, type=_Endpoint).status or _Status()
    except (msgspec.DecodeError, RecursionError):
        return Proof("L2", Outcome.SILENT, "its CiliumEndpoint could not be understood")
    identity = status.identity or _Identity()
    value = part.proving.mark if part.proving else ""
    if f"k8s:{LABEL}={value}" not in identity.labels:
        return Proof("L2", Outcome.SILENT, "Cilium does not know the pod by our label yet")
    if status.state != "ready":
        return Proof(
            "L2", Outcome.SILENT, f"Cilium is still at work on the pod (state {cut(status.state, 40)})"
        )
    return Proof(
        "L2", Outcome.HOLDS, f"Cilium enforces on the pod under our label, as identity {identity.id}"
    )
