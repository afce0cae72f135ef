"""What is never contained, whoever asks and whoever approves."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from bot.domain.findings import Refusal
from bot.domain.plans import Target
from bot.domain.policy.addresses import overlaps, span
from bot.domain.policy.names import NamespacePattern, PodPattern, any_matches, matches

# The prefix kube- is reserved for Kubernetes itself (documentation, "Namespaces"), openshift- by OpenShift.
DEFAULT_NAMESPACES: Final = (
    "kube-*",
    "openshift-*",
    "azure-arc",
    "calico-apiserver",
    "calico-system",
    "cilium",
    "cilium-*",
    "firebreak",
    "gatekeeper-system",
    "tigera-operator",
)
# API server, etcd, DNS and CNI where they do not run in a namespace above. All ask for a system namespace, so
# that nobody makes a pod untouchable by giving it such a name in a namespace of their own.
DEFAULT_PODS: Final = (
    "*-system/calico-*",
    "*-system/cilium-*",
    "*-system/coredns-*",
    "*-system/etcd-*",
    "*-system/kube-*",
    "*-system/node-local-dns-*",
)
# Unspecified, loopback, link-local with instance metadata, Azure's platform address, multicast and reserved.
DEFAULT_ADDRESSES: Final = (
    "0.0.0.0/8",
    "127.0.0.0/8",
    "168.63.129.16",
    "169.254.0.0/16",
    "224.0.0.0/3",
    "::/127",
    "fe80::/10",
    "ff00::/8",
)

LabelMatch = Annotated[
    Mapping[str, Annotated[str, Meta(max_length=63)]],
    Meta(
        min_length=1, max_length=10, description="Labels that must all be there; * stands for any characters."
    ),
]


class Protected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    Targets that are always refused, beside the built-in ones.

    ``defaults: replace`` drops the built-in ones and needs a ``reason``. ``addresses`` are IPs, CIDRs or
    ranges (``a-b``); a block that overlaps one is refused.
    """

    defaults: Literal["keep", "replace"] = "keep"
    reason: Annotated[str, Meta(max_length=500)] = ""
    namespaces: Annotated[tuple[NamespacePattern, ...], Meta(max_length=200)] = ()
    pods: Annotated[tuple[PodPattern, ...], Meta(max_length=200)] = ()
    labels: Annotated[tuple[LabelMatch, ...], Meta(max_length=100)] = ()
    addresses: Annotated[tuple[str, ...], Meta(max_length=1000)] = ()

    def __post_init__(self) -> None:
        if self.defaults == "replace" and not self.reason.strip():
            raise ValueError("defaults: replace takes the built-in protection away and needs a reason")
        if any(not wanted for wanted in self.labels):
            raise ValueError("an empty entry in labels would protect every pod; name at least one label")
        for address in self.addresses:
            span(address)

    @property
    def effective(self) -> "Protected":
        """What is in force: the built-in protection first, unless it was replaced."""
        if self.defaults == "replace":
            return self
        return msgspec.structs.replace(
            self,
            namespaces=_union(DEFAULT_NAMESPACES, self.namespaces),
            pods=_union(DEFAULT_PODS, self.pods),
            addresses=_union(DEFAULT_ADDRESSES, self.addresses),
        )


class Subject(msgspec.Struct, frozen=True):
    """A Kubernetes object that someone wants to contain, with its labels as read just now."""

    namespace: str
    name: str
    labels: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, target: Target) -> "Subject":
        """Return the subject of a plan's target."""
        return cls(target.namespace, target.name, target.labels)


def protected_hits(
    protected: Protected, subjects: Iterable[Subject], addresses: Iterable[str]
) -> tuple[Refusal, ...]:
    """Return one refusal for each protected subject or address, naming the entry that protects it."""
    force = protected.effective
    found = [_object_hit(force, s) for s in subjects] + [_address_hit(force, a) for a in addresses]
    return tuple(hit for hit in found if hit)


def _object_hit(force: Protected, subject: Subject) -> Refusal | None:
    title = f"{subject.namespace}/{subject.name}" if subject.namespace else subject.name
    for pattern in force.namespaces:
        if subject.namespace and matches(pattern, subject.namespace):
            return _refuse(title, f"namespaces: {pattern}")
    for pattern in force.pods:
        namespace, _, name = pattern.partition("/")
        if matches(namespace, subject.namespace) and matches(name, subject.name):
            return _refuse(title, f"pods: {pattern}")
    labels = dict(subject.labels)
    for wanted in force.labels:
        if all(k in labels and any_matches((v,), labels[k]) for k, v in wanted.items()):
            return _refuse(title, "labels: " + ", ".join(f"{k}={v}" for k, v in sorted(wanted.items())))
    return None


def _address_hit(force: Protected, address: str) -> Refusal | None:
    try:
        asked = span(address)
    except ValueError as error:
        return Refusal(
            "address-unreadable",
            f"{address[:80]}: {error}",
            "Write an address, a CIDR like 203.0.113.0/24, or a range a-b.",
        )
    for entry in force.addresses:
        if overlaps(asked, span(entry)):
            return _refuse(address, f"addresses: {entry}")
    return None


def _refuse(title: str, entry: str) -> Refusal:
    remedy = "It is never contained from here. If that is wrong, ask whoever owns policy.yaml to change `protected`."
    return Refusal("target-protected", f"{title} is protected ({entry})", remedy)


def _union(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return first + tuple(entry for entry in second if entry not in first)
