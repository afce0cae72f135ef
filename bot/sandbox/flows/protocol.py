"""
Hubble's protocol from the relay's side: messages, field numbers and kinds, by Hubble's API (Cilium 1.19).

Written down apart from what the bot reads with, so that a wrong number on either side shows.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from google.protobuf import descriptor_pool, timestamp_pb2, wrappers_pb2
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.message_factory import GetMessageClass

PACKAGE: Final = "firebreak.sandbox.hubble"
_SCALARS: Final[Mapping[str, int]] = {
    "bool": FieldDescriptorProto.TYPE_BOOL,
    "string": FieldDescriptorProto.TYPE_STRING,
    "uint32": FieldDescriptorProto.TYPE_UINT32,
    "int32": FieldDescriptorProto.TYPE_INT32,
    "uint64": FieldDescriptorProto.TYPE_UINT64,
}
_KNOWN: Final = ("Timestamp", "BoolValue", "UInt32Value")

# One message a line: name: field=number kind ...; "*" repeats, "|" is of the one-of.
MESSAGES: Final = """
GetFlowsRequest: number=1 uint64, follow=3 bool, blacklist=5 *FlowFilter, whitelist=6 *FlowFilter, since=7 Timestamp, until=8 Timestamp, first=9 bool
FlowFilter: source_ip=1 *string, source_pod=2 *string, destination_ip=3 *string, destination_pod=4 *string, verdict=5 *uint32, event_type=6 *EventTypeFilter, source_fqdn=7 *string, destination_fqdn=8 *string, source_port=13 *string, destination_port=14 *string
EventTypeFilter: type=1 int32, match_sub_type=2 bool, sub_type=3 int32
GetFlowsResponse: flow=1 |Flow, node_status=2 |NodeStatusEvent, lost_events=3 |LostEvent, node_name=1000 string, time=1001 Timestamp
NodeStatusEvent: state_change=1 uint32, node_names=2 *string, message=3 string
LostEvent: source=1 uint32, num_events_lost=2 uint64
Flow: time=1 Timestamp, verdict=2 uint32, IP=5 IP, l4=6 Layer4, source=8 Endpoint, destination=9 Endpoint, Type=10 uint32, node_name=11 string, source_names=13 *string, destination_names=14 *string, l7=15 Layer7, event_type=19 EventType, source_service=20 Service, destination_service=21 Service, traffic_direction=22 uint32, trace_observation_point=24 uint32, drop_reason_desc=25 uint32, is_reply=26 BoolValue, uuid=34 string, egress_allowed_by=21001 *Policy, ingress_allowed_by=21002 *Policy, egress_denied_by=21004 *Policy, ingress_denied_by=21005 *Policy, policy_log=21006 *string, aggregate=21007 Aggregate
IP: source=1 string, destination=2 string, ipVersion=3 uint32, encrypted=4 bool
Layer4: TCP=1 |TCP, UDP=2 |Ports, ICMPv4=3 |ICMP, ICMPv6=4 |ICMP, SCTP=5 |Ports
TCP: source_port=1 uint32, destination_port=2 uint32, flags=3 Flags
Flags: FIN=1 bool, SYN=2 bool, RST=3 bool, PSH=4 bool, ACK=5 bool
Ports: source_port=1 uint32, destination_port=2 uint32
ICMP: type=1 uint32, code=2 uint32
Endpoint: ID=1 uint32, identity=2 uint32, namespace=3 string, labels=4 *string, pod_name=5 string, workloads=6 *Workload, cluster_name=7 string
Workload: name=1 string, kind=2 string
Layer7: type=1 uint32, dns=100 DNS
DNS: query=1 string, ips=2 *string
EventType: type=1 int32, sub_type=2 int32
Service: name=1 string, namespace=2 string
Policy: name=1 string, namespace=2 string, labels=3 *string, revision=4 uint64, kind=5 string
Aggregate: ingress_flow_count=1 uint32, egress_flow_count=2 uint32, unknown_direction_flow_count=3 uint32
GetNodesRequest:
GetNodesResponse: nodes=1 *Node
Node: name=1 string, version=2 string, address=3 string, state=4 uint32, uptime_ns=6 uint64, num_flows=7 uint64, max_flows=8 uint64, seen_flows=9 uint64
ServerStatusRequest:
ServerStatusResponse: num_flows=1 uint64, max_flows=2 uint64, seen_flows=3 uint64, uptime_ns=4 uint64, num_connected_nodes=5 UInt32Value, num_unavailable_nodes=6 UInt32Value, unavailable_nodes=7 *string, version=8 string
"""


@cache
def message(name: str) -> Any:
    """Return the class of a message."""
    return GetMessageClass(_pool().FindMessageTypeByName(f"{PACKAGE}.{name}"))


@cache
def _pool() -> descriptor_pool.DescriptorPool:
    pool = descriptor_pool.DescriptorPool()
    file = FileDescriptorProto(name="sandbox-hubble.proto", package=PACKAGE, syntax="proto3")
    for module in (timestamp_pb2, wrappers_pb2):
        pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
        file.dependency.append(module.DESCRIPTOR.name)
    for line in MESSAGES.strip().splitlines():
        name, _, fields = line.partition(":")
        told = file.message_type.add(name=name)
        for field in filter(None, fields.strip().split(", ")):
            _field(told, field)
    pool.AddSerializedFile(file.SerializeToString())
    return pool


def _field(told: Any, text: str) -> None:
    spelled, _, kind = text.partition(" ")
    name, _, number = spelled.partition("=")
    field = told.field.add(name=name, number=int(number), label=FieldDescriptorProto.LABEL_OPTIONAL)
    if kind.startswith("*"):
        field.label = FieldDescriptorProto.LABEL_REPEATED
    if kind.startswith("|"):
        if not told.oneof_decl:
            told.oneof_decl.add(name="one_of")
        field.oneof_index = 0
    bare = kind.lstrip("*|")
    if bare in _SCALARS:
        field.type = _SCALARS[bare]
    else:
        field.type = FieldDescriptorProto.TYPE_MESSAGE
        field.type_name = f".google.protobuf.{bare}" if bare in _KNOWN else f".{PACKAGE}.{bare}"
