"""The numbers that a relay speaks in, by Hubble's API (Cilium 1.19, ``flow.proto`` and ``relay.proto``)."""

from collections.abc import Mapping
from typing import Final

from bot.domain.directions import Direction
from bot.domain.flows.flow import Verdict

DROPPED: Final = 2
VERDICTS: Final[Mapping[int, Verdict]] = {
    1: Verdict.ALLOWED,  # FORWARDED
    3: Verdict.ERROR,
    4: Verdict.AUDITED,  # AUDIT: would be denied, if the policy did not only watch
    5: Verdict.ALLOWED,  # REDIRECTED, to the proxy
}
"""TRACED, TRANSLATED and what is new decide nothing: UNKNOWN. DROPPED is told apart by its reason."""

SPOKEN: Final[Mapping[Verdict, tuple[int, ...]]] = {
    Verdict.ALLOWED: (1, 4, 5),
    Verdict.DENIED: (DROPPED,),
    Verdict.AUDITED: (4,),
    Verdict.ERROR: (DROPPED, 3),
}
"""What to ask for: who asks for what was allowed asks for what passed. The rest cannot be named in a filter, for its numbers are open."""

REASONS: Final[Mapping[int, str]] = {
    130: "INVALID_SOURCE_MAC",
    132: "INVALID_SOURCE_IP",
    133: "POLICY_DENIED",
    134: "INVALID_PACKET_DROPPED",
    137: "CT_UNKNOWN_L4_PROTOCOL",
    139: "UNSUPPORTED_L3_PROTOCOL",
    140: "MISSED_TAIL_CALL",
    150: "UNKNOWN_L3_TARGET_ADDRESS",
    151: "STALE_OR_UNROUTABLE_IP",
    155: "CT_MAP_INSERTION_FAILED",
    157: "IP_FRAGMENTATION_NOT_SUPPORTED",
    158: "SERVICE_BACKEND_NOT_FOUND",
    160: "NO_TUNNEL_OR_ENCAPSULATION_ENDPOINT",
    164: "LOCAL_HOST_IS_UNREACHABLE",
    166: "UNSUPPORTED_L2_PROTOCOL",
    169: "FIB_LOOKUP_FAILED",
    171: "INVALID_IDENTITY",
    177: "DENIED_BY_LB_SRC_RANGE_CHECK",
    181: "POLICY_DENY",
    189: "AUTH_REQUIRED",
    194: "NO_EGRESS_GATEWAY",
    196: "TTL_EXCEEDED",
    202: "DROP_HOST_NOT_READY",
    203: "DROP_EP_NOT_READY",
}

DIRECTIONS: Final[Mapping[int, Direction]] = {1: Direction.INGRESS, 2: Direction.EGRESS}

DROP: Final = 1
POLICY_VERDICT: Final = 5
SOCKET: Final = 7
APPLICATION: Final = 129
EVENTS: Final[Mapping[int, str]] = {DROP: "drop", POLICY_VERDICT: "policy-verdict", APPLICATION: "l7"}

POINTS: Final[Mapping[int, str]] = {
    1: "to-proxy",
    2: "to-host",
    3: "to-stack",
    4: "to-overlay",
    5: "from-endpoint",
    6: "from-proxy",
    7: "from-host",
    8: "from-stack",
    9: "from-overlay",
    10: "from-network",
    11: "to-network",
    101: "to-endpoint",
}

PROTOCOLS: Final[Mapping[str, str]] = {
    "TCP": "TCP",
    "UDP": "UDP",
    "SCTP": "SCTP",
    "ICMPv4": "ICMP",
    "ICMPv6": "ICMP",
}
PORTED: Final = frozenset({"TCP", "UDP", "SCTP"})

CONNECTED: Final = 1
SILENT_NODES: Final[Mapping[int, str]] = {2: "it is unavailable", 3: "it is gone", 4: "it failed"}
"""States of a node that gives no answer, or not the whole."""

LOST_AT: Final[Mapping[int, str]] = {
    1: "kernel ring buffer",
    2: "queue of events",
    3: "Hubble's ring buffer",
}
