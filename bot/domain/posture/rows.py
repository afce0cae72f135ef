"""What was found of a cluster's policies, one row for each."""

from enum import StrEnum

import msgspec


class What(StrEnum):
    """What a row tells of."""

    OPEN_IN = "pod-open-in"
    OPEN_OUT = "pod-open-out"
    HOST_NETWORK = "pod-on-host-network"
    NO_POLICIES = "namespace-without-policies"
    SELECTS_NOTHING = "policy-selects-nothing"
    MISSING_LABEL = "policy-names-missing-label"
    IGNORED = "policy-ignored"
    EDITOR = "may-edit-policies"
    ENGINE = "engine"
    NOT_KNOWN = "not-known"


class Row(msgspec.Struct, frozen=True):
    """One finding. ``name`` is a pod, a policy, a node pool or a person; all of it may be from outside."""

    what: What
    namespace: str
    name: str
    detail: str
