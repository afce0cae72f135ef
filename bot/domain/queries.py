"""What a plan may ask of the outside, and the answers it gets. Every question may come back Unavailable."""

from collections.abc import Generator
from datetime import datetime
from typing import TypeVar

import msgspec

from bot.domain.changes import Change, Contribute
from bot.domain.documents import Document
from bot.domain.flows import asked as flows
from bot.domain.flows.taken import Silent, Taken
from bot.domain.refs import ArmRef, Kind, KubeRef, Ref
from bot.domain.seen import View
from bot.domain.selectors import Selector
from bot.domain.tested import Told

T = TypeVar("T")


class Get(msgspec.Struct, frozen=True, tag="get"):
    """One object. Answered by ``Found``, ``Absent`` or ``Unavailable``."""

    ref: Ref


class Each(msgspec.Struct, frozen=True, tag="each"):
    """
    All objects of a kind in one namespace (``""``: all) that match. Answered by ``Listing``.

    ``node``: only the pods on this node.
    """

    cluster: str
    kind: Kind
    namespace: str = ""
    selector: Selector = Selector()
    node: str = ""


class Discover(msgspec.Struct, frozen=True, tag="discover"):
    """Who a cluster is, what it serves, and where its addresses are blocked. Answered by ``Discovered``."""

    cluster: str


class DryRun(msgspec.Struct, frozen=True, tag="dry-run"):
    """Would the server take this change now? Answered by ``Welcome`` or ``Unwelcome``."""

    change: Change


class Access(msgspec.Struct, frozen=True, tag="access"):
    """May the bot do this? Answered by ``Welcome`` or ``Unwelcome``."""

    verb: str
    ref: Ref


class Contained(msgspec.Struct, frozen=True, tag="contained"):
    """
    Do our own records say that this pod is contained under this value of our label? Answered by ``Recorded``.

    No cluster can tell: whoever may write there can write all that we write. An empty ``mark`` is a pod that does not look
    contained: do they say that it is?
    """

    pod: KubeRef
    uid: str
    mark: str


class SelfTests(msgspec.Struct, frozen=True, tag="self-tests"):
    """What did our own self-tests of a cluster show? Answered by ``SelfTested``."""

    cluster: str


class Resolve(msgspec.Struct, frozen=True, tag="resolve"):
    """The addresses of a name. Answered by ``Resolved``."""

    name: str


class Flows(msgspec.Struct, frozen=True, tag="flows"):
    """
    Recent flows of a pod, over the last ``seconds``; or since a moment, where one is named (then ``seconds`` is 0). Answered by ``Flowing``.

    It is no part of what a plan does: what it tells is of the moment. ``addresses`` are the pod's own, ``behind`` those of
    its node, for sources that know nothing else; ``address`` stands in the place of a pod, an address or a network.
    ``pods`` are those of a workload, and then ``pod`` names that: ``deployment/api``.
    ``sources`` names whom to ask, empty for all; ``live`` leaves out logs, which come minutes later. Sources are given
    ``within`` seconds, and none is to tell more than ``most`` flows.
    """

    cluster: str
    namespace: str
    pod: str
    seconds: int
    since: datetime | None = None
    addresses: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()
    address: str = ""
    sources: tuple[str, ...] = ()
    live: bool = False
    within: float = 8.0
    most: int = flows.MOST
    pods: tuple[str, ...] = ()


Query = Get | Each | Discover | DryRun | Access | Contained | SelfTests | Resolve | Flows


class Found(msgspec.Struct, frozen=True, tag="found"):
    """An object as it stands, and its version (resourceVersion or ETag), which only guards a write."""

    ref: Ref
    body: Document
    version: str


class Absent(msgspec.Struct, frozen=True, tag="absent"):
    """The server says that there is no such object."""

    ref: Ref


class Listing(msgspec.Struct, frozen=True, tag="listing"):
    """The objects asked for, complete."""

    items: tuple[View, ...]


class FirewallFacts(msgspec.Struct, frozen=True):
    """
    The standing part of an address block for one cluster, from the settings.

    ``guarded`` pairs a range that must never be blocked with the reason.
    """

    root_policy: ArmRef
    rule_group: ArmRef
    cluster_group: ArmRef | None
    estate_group: ArmRef | None
    firewalls: tuple[ArmRef, ...] = ()
    guarded: tuple[tuple[str, str], ...] = ()


class Discovered(msgspec.Struct, frozen=True, tag="discovered"):
    """
    A cluster's identity and surroundings.

    ``uid`` is the UID of its ``kube-system`` namespace: the accepted identity of a cluster. It is empty where
    the cluster has no reachable API and only its firewall is known. ``serves`` names what it serves of the groups of
    network engines, as ``Kind.served``; ``None`` where a group did not say what it serves. ``managed_cluster`` is its
    AKS resource, where the settings name it. ``calico_storage``: the settings allow that Calico's own storage is written;
    ``canary_image`` is the image that they allow canaries to run, empty for none; ``self_tests``: they have the cluster tested.
    """

    cluster: str
    uid: str
    server_version: str = ""
    api_groups: tuple[str, ...] = ()
    firewall: FirewallFacts | None = None
    kubectl_context: str = ""
    serves: tuple[str, ...] | None = ()
    managed_cluster: ArmRef | None = None
    calico_storage: bool = False
    canary_image: str = ""
    self_tests: bool = False


class Welcome(msgspec.Struct, frozen=True, tag="welcome"):
    """The server would take it."""


class Unwelcome(msgspec.Struct, frozen=True, tag="unwelcome"):
    """The server would refuse it, in its own words."""

    code: str
    why: str


class Recorded(msgspec.Struct, frozen=True, tag="recorded"):
    """
    What our own records say: ``request`` is the one that the pod is contained by, empty for none.

    ``why`` says that it does not hold the pod now, as far as they tell, and ``remedy`` what may be done about that.
    """

    request: str = ""
    why: str = ""
    remedy: str = ""


class SelfTested(msgspec.Struct, frozen=True, tag="self-tested"):
    """The newest self-test of each node and engine that showed something, the newest first."""

    tests: tuple[Told, ...] = ()


class Resolved(msgspec.Struct, frozen=True, tag="resolved"):
    """The addresses of a name."""

    addresses: tuple[str, ...]


class Flowing(msgspec.Struct, frozen=True, tag="flowing"):
    """
    What each source of flows told, or that it told nothing; nobody is there to ask where ``told`` is empty.

    ``asked`` is the question that was put to them.
    """

    asked: flows.Asked
    told: tuple[Taken | Silent, ...]


class Unavailable(msgspec.Struct, frozen=True, tag="unavailable"):
    """There is no answer, and why. Never to be read as "nothing there"."""

    why: str


Answer = (
    Found
    | Absent
    | Listing
    | Discovered
    | Welcome
    | Unwelcome
    | Recorded
    | SelfTested
    | Resolved
    | Flowing
    | Unavailable
)

Asked = tuple[tuple[Query, Answer], ...]
"""Questions with their answers, in the order asked."""

Rounds = Generator[tuple[Query, ...], tuple[Answer, ...], T]
"""Asks in rounds: it is sent one answer for each question, in order, and returns what it makes of all."""


def told(query: Query) -> str:
    """Say a question in a few words, for ``Unseen`` and logs."""
    match query:
        case Get(ref) | Access(_, ref) | Contained(ref):
            return f"{type(query).__name__.lower()} {ref}"
        case Each(cluster, kind, namespace):
            return f"list {kind.plural} in {cluster}/{namespace or '*'}"
        case DryRun(change):
            return f"dry run on {change.thing if isinstance(change, Contribute) else change.ref}"
        case Discover(cluster) | SelfTests(cluster):
            return f"{type(query).__name__.lower()} {cluster}"
        case Resolve(name):
            return f"resolve {name}"
        case Flows():
            return f"flows of {query.address or f'{query.namespace}/{query.pod}'}"


def kube(cluster: str, kind: Kind, namespace: str, name: str) -> KubeRef:
    """Name a Kubernetes object; cluster-scoped kinds drop the namespace."""
    return KubeRef(cluster, kind, namespace if kind.namespaced else "", name)
