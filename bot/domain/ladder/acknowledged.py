"""L2: the engine itself says that it knows the pod by our label. Only Cilium says so in the API."""

from typing import ClassVar

import msgspec

from bot.domain.engines.engine import EngineName
from bot.domain.isolation import LABEL
from bot.domain.ladder.rungs import Asking, Outcome, Proof
from bot.domain.plans import Part
from bot.domain.queries import Absent, Found, Get, Unavailable, kube
from bot.domain.reading import cut
from bot.domain.refs import CILIUM_ENDPOINT


class _Identity(msgspec.Struct, frozen=True):
    id: int = 0
    labels: tuple[str, ...] = ()


class _Status(msgspec.Struct, frozen=True):
    state: str = ""
    identity: _Identity | None = None


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
        """Read the endpoint of the pod's name."""
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
        return Proof(self.name, Outcome.SILENT, text)


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
