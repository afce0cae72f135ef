"""Whom to contain of those that were reached: what may never be contained is not even offered, and that is said."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from bot.domain.addresses import guard
from bot.domain.composing import MOST_PLACES, MOST_STEPS
from bot.domain.flows.flow import Endpoint
from bot.domain.flows.knowing import external
from bot.domain.flows.peers import called
from bot.domain.flows.tracing import Trace
from bot.domain.pods import is_label, is_subdomain
from bot.domain.policy.protection import Protected, Subject, protected_hits
from bot.domain.quarantine.closing import guarded_at
from bot.domain.queries import Discover, Discovered, Rounds

MOST_SPACES: Final = MOST_STEPS - 1
"""Namespaces: each is a step of one plan, and the addresses are another."""
MOST_LEFT: Final = 20
OWN: Final = frozenset({"kube-system"})
DNS: Final = frozenset({"kube-dns", "coredns", "node-local-dns", "nodelocaldns"})
DNS_KEYS: Final = frozenset({"k8s-app", "app.kubernetes.io/name"})

Guarded = tuple[tuple[str, str], ...]


class Chosen(msgspec.Struct, frozen=True):
    """
    What one plan could contain: ``pods`` by namespace, then ``addresses`` outside, nearest first.

    ``left`` says whom it leaves out, and why; ``more`` is how many do not fit into one request.
    """

    pods: tuple[tuple[str, tuple[str, ...]], ...] = ()
    addresses: tuple[str, ...] = ()
    left: tuple[tuple[str, str], ...] = ()
    more: int = 0

    @property
    def count(self) -> int:
        """How many targets."""
        return sum(len(names) for _, names in self.pods) + len(self.addresses)

    def spelled(self, cluster: str) -> str:
        """Return the targets as one types them; empty for none."""
        paths = (f"{cluster}/{space}/{','.join(names)}" for space, names in self.pods)
        whole = [*paths, *([",".join(self.addresses)] if self.addresses else [])]
        return " ".join([*([] if self.pods or not whole else ["cluster", cluster]), *whole])


class Spared(msgspec.Struct, frozen=True):
    """What is never offered: what the policy protects, and ranges that must not be blocked; ``None`` where no block is possible."""

    protected: Protected
    guarded: Guarded | None
    why: str = ""


def spared(protected: Protected, cluster: str) -> Rounds[Spared]:
    """Ask what the cluster's firewall must never block."""
    (answer,) = yield (Discover(cluster),)
    if not isinstance(answer, Discovered):
        return Spared(protected, None, "what must not be blocked could not be read")
    guarded = guarded_at(answer.firewall)
    return Spared(
        protected, guarded, "" if guarded is not None else "no firewall is configured to block it at"
    )


def chosen(trace: Trace, never: Spared) -> Chosen:
    """Return whom to offer of a trace: each once, nearest first, as many as one request takes."""
    pods: dict[str, dict[str, None]] = {}
    addresses: dict[str, None] = {}
    left: dict[str, str] = {}
    more = 0
    for end in _ends(trace):
        why = _spared(end, never)
        if why is None:
            continue
        if why:
            left[called(end)] = why
        elif end.address in addresses or end.pod in pods.get(end.namespace, ()):
            continue
        elif sum(map(len, pods.values())) + len(addresses) >= MOST_PLACES or _crowded(pods, end):
            more += 1
        elif end.pod:
            pods.setdefault(end.namespace, {})[end.pod] = None
        else:
            addresses[end.address] = None
    spaces = tuple((space, tuple(names)) for space, names in pods.items())
    return Chosen(spaces, tuple(addresses), tuple(left.items())[:MOST_LEFT], more)


def _crowded(pods: Iterable[str], end: Endpoint) -> bool:
    spaces = tuple(pods)
    return bool(end.pod) and end.namespace not in spaces and len(spaces) >= MOST_SPACES


def _ends(trace: Trace) -> Iterator[Endpoint]:
    """Yield the start, what it reached, and then what that reached."""
    yield trace.start
    yield from (hop.end for hop in trace.next)
    yield from (further.end for hop in trace.next for further in hop.next)


def _spared(end: Endpoint, never: Spared) -> str | None:
    """Say why an end is left out; empty for one that is offered, ``None`` for what is no target at all."""
    if end.pod and end.namespace:
        return _pod(end, never.protected)
    if not (end.address and external(end)):
        return None
    if never.guarded is None:
        return never.why
    try:
        held = guard(end.address, never.guarded)
    except ValueError:
        return "it is no IPv4 address, or what must not be blocked cannot be read"
    hits = protected_hits(never.protected, (), (end.address,))
    return f"it is never blocked: {held[1]}" if held else "".join(hit.text for hit in hits[:1])


def _pod(end: Endpoint, protected: Protected) -> str:
    if not (is_label(end.namespace) and is_subdomain(end.pod)):
        return "that is no name of a pod"
    if end.namespace in OWN:
        return f"{end.namespace} is the cluster's own"
    labels = tuple((key, value) for key, _, value in (label.partition("=") for label in end.labels))
    if any(key in DNS_KEYS and value in DNS for key, value in labels):
        return "it is the cluster's DNS"
    hits = protected_hits(protected, (Subject(end.namespace, end.pod, labels),), ())
    return "".join(hit.text for hit in hits[:1])
