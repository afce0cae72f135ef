"""What agents see of one connection: an event for each point on its way, in both directions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from bot.sandbox.flows.protocol import message

FORWARDED, DROPPED, AUDIT = 1, 2, 4
INGRESS, EGRESS = 1, 2
DROP_EVENT, TRACE_EVENT, VERDICT_EVENT, SOCKET_EVENT = 1, 4, 5, 7
TO_STACK, TO_OVERLAY, TO_ENDPOINT, FROM_ENDPOINT = 3, 4, 101, 5
POLICY_DENIED, POLICY_DENY = 133, 181
WORLD: Final = 2
PORTED: Final = ("TCP", "UDP", "SCTP")


class End(msgspec.Struct, frozen=True):
    """One end as an agent knows it; without ``pod`` it is somebody outside the cluster."""

    address: str
    namespace: str = ""
    pod: str = ""
    workload: str = ""
    labels: tuple[str, ...] = ()
    identity: int = WORLD
    names: tuple[str, ...] = ()

    def told(self) -> dict[str, Any]:
        """Return it as an ``Endpoint``."""
        labels = [f"k8s:{label}" for label in self.labels]
        if not self.pod:
            return {
                "identity": self.identity,
                "labels": ["reserved:world"] if self.identity == WORLD else labels,
            }
        return {
            "identity": self.identity,
            "namespace": self.namespace,
            "labels": [*labels, f"k8s:io.kubernetes.pod.namespace={self.namespace}"],
            "pod_name": self.pod,
            "workloads": [{"name": self.workload, "kind": "Deployment"}] if self.workload else [],
        }


class Wire(msgspec.Struct, frozen=True):
    """One connection: who, to which port, from which."""

    client: End
    server: End
    port: int
    from_port: int = 40000
    protocol: str = "TCP"


class Denial(msgspec.Struct, frozen=True):
    """A drop by a policy: its name, and the reason by number."""

    policy: str
    namespace: str = ""
    kind: str = "CiliumNetworkPolicy"
    reason: int = POLICY_DENY


def event(wire: Wire, at: datetime, **told: Any) -> Any:
    """Return one event of the request's direction; ``told`` are further fields of ``Flow``."""
    return _event(wire, at, told, reply=False)


def answer(wire: Wire, at: datetime, **told: Any) -> Any:
    """Return one event of the reply's direction."""
    return _event(wire, at, told, reply=True)


def forwarded(wire: Wire, at: datetime) -> Sequence[Any]:
    """Return what the nodes of both ends tell of a connection that was answered: five events of one connection."""
    trace = {"verdict": FORWARDED, "event_type": {"type": TRACE_EVENT}}
    return (
        event(wire, at, **_verdict(EGRESS)),
        event(wire, at, traffic_direction=EGRESS, trace_observation_point=TO_OVERLAY, **trace),
        event(wire, at, **_verdict(INGRESS)),
        event(wire, at, traffic_direction=INGRESS, trace_observation_point=TO_ENDPOINT, **trace),
        answer(wire, at, traffic_direction=EGRESS, trace_observation_point=TO_ENDPOINT, **trace),
    )


def dropped(wire: Wire, at: datetime, denial: Denial | None) -> Sequence[Any]:
    """
    Return what the client's node tells of a connection that a policy there denies: the verdict and the drop.

    Without a denial no policy allows it: then an agent names none.
    """
    reason = denial.reason if denial else POLICY_DENIED
    by = {"name": denial.policy, "namespace": denial.namespace, "kind": denial.kind} if denial else None
    told = {
        "verdict": DROPPED,
        "drop_reason_desc": reason,
        "traffic_direction": EGRESS,
        "egress_denied_by": [by] if by else [],
    }
    return (
        event(wire, at, event_type={"type": VERDICT_EVENT}, **told),
        event(wire, at, event_type={"type": DROP_EVENT, "sub_type": reason}, **told),
    )


def _verdict(direction: int) -> dict[str, Any]:
    return {"verdict": FORWARDED, "event_type": {"type": VERDICT_EVENT}, "traffic_direction": direction}


def _event(wire: Wire, at: datetime, told: dict[str, Any], *, reply: bool) -> Any:
    ends = ((wire.client, wire.from_port), (wire.server, wire.port))
    (source, source_port), (destination, destination_port) = reversed(ends) if reply else ends
    flow = message("Flow")(
        IP={"source": source.address, "destination": destination.address},
        source=source.told(),
        destination=destination.told(),
        source_names=source.names,
        destination_names=destination.names,
        **told,
    )
    flow.time.FromDatetime(at)
    flow.is_reply.value = reply
    if wire.protocol in PORTED:
        inside = getattr(flow.l4, wire.protocol)
        inside.source_port, inside.destination_port = source_port, destination_port
    else:
        getattr(flow.l4, wire.protocol).type = 8
    return flow
