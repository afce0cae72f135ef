"""
The rest of the cluster, for what stays allowed: whom a pod may still talk to depends on who is there, and on them.

It is read only where something selects a target and allows: a pod that nothing lets through needs nobody to tell so.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from bot.domain import refs, selectors, views
from bot.domain.changes import Create, Patch
from bot.domain.engines import calico_api
from bot.domain.engines.calico_api import ruling_kinds
from bot.domain.engines.engine import Engine, EngineName, Void
from bot.domain.engines.limits import limits_of
from bot.domain.engines.switches import identifies
from bot.domain.findings import Unseen
from bot.domain.isolation import LABEL
from bot.domain.network_policies import whole
from bot.domain.plans import Part
from bot.domain.quarantine.scene import Scene
from bot.domain.queries import Answer, Asked, Each, Listing, Query
from bot.domain.reading import T, each, unseen
from bot.domain.residual import Compiled, Gap, Semantics, World, foreign, network_policy, world_of
from bot.domain.residual.rules import EVERYTHING
from bot.domain.selectors import Selector

PLAIN: Final = (refs.POD, refs.NAMESPACE, refs.NODE, refs.NETWORK_POLICY)
"""What is everywhere; policies of engines come to it where they are served."""


def questions(scene: Scene) -> tuple[Query, ...]:
    """Ask for all pods, namespaces, nodes and policies of the cluster, and where its API servers are."""
    cluster = scene.cluster.cluster
    kinds = (*PLAIN, *ruling_kinds(scene.asked))
    return (*(Each(cluster, kind) for kind in kinds), api_servers_of(cluster))


def api_servers_of(cluster: str) -> Each:
    """Ask what stands behind the Service by which pods know the API server."""
    return Each(
        cluster, refs.ENDPOINT_SLICE, "default", Selector({"kubernetes.io/service-name": "kubernetes"})
    )


def api_servers(slices: Iterable[views.EndpointSliceView]) -> tuple[str, ...]:
    """Return the addresses of the API servers."""
    return tuple(address for one in slices for end in one.endpoints or () for address in end.addresses)


SIG: Final = "policy.networking.k8s.io"
DOUBTFUL: Final = frozenset({SIG})
"""Groups that several engines read, by version and by setting."""

READ: Final[Mapping[EngineName, frozenset[str]]] = {
    EngineName.CILIUM: frozenset({refs.CILIUM_POLICY.group}),
    EngineName.CALICO: frozenset({refs.CALICO_POLICY.group, refs.CALICO_STORED_POLICY.group}),
}


UNREAD: Final[Mapping[EngineName, tuple[str, ...]]] = {
    EngineName.ANTREA: (
        "its own policies (crd.antrea.io), which may allow before any NetworkPolicy, are not read",
    ),
}
"""Engines with policies that are not modelled here at all, and what is said of it."""


_AWS_NODES: Final = f"{refs.AWS_GROUP}/v1alpha1/policyendpoints"
"""What AWS's controller makes of NetworkPolicies for its agents: nobody else writes it."""


def unread_own(scene: Scene) -> tuple[str, ...]:
    """Name policies of AWS's own that are served where its agent enforces: they may allow before any NetworkPolicy."""
    if all(engine.name is not EngineName.AWS for engine in scene.engines):
        return ()
    kinds = (kind for kind in scene.cluster.serves or () if kind.startswith(f"{refs.AWS_GROUP}/"))
    names = sorted(kind.rpartition("/")[2] for kind in kinds if kind != _AWS_NODES)
    return (f"policies of AWS's own ({', '.join(names)}) are not read",) if names else ()


class Reading(msgspec.Struct, frozen=True):
    """
    How an engine reads policies: which groups beside NetworkPolicies, and how their address blocks.

    ``off``: what its settings switch off, which it may obey only after its next start; ``gaps``: what else of its
    policies is not known, in words.
    """

    groups: frozenset[str]
    semantics: Semantics
    off: tuple[Void, ...] = ()
    gaps: tuple[str, ...] = ()


def reading(engine: Engine) -> Reading:
    """Return how an engine reads; where it is not known how it reads blocks, as widely as the API allows."""
    block = limits_of(engine).ip_block
    left_out = engine.name is EngineName.CILIUM and not identifies(engine.setting("labels"), LABEL)
    text = f"its setting `labels` may leave {LABEL} out of identities: then no policy selects the pod by it"
    return Reading(
        READ.get(engine.name, frozenset()),
        Semantics(block.pods is not False, block.nodes is not False),
        tuple(void for void in engine.voids if void.group),
        (*UNREAD.get(engine.name, ()), *((text,) if left_out else ())),
    )


class Planned(msgspec.Struct, frozen=True):
    """What would stand besides: our policies, and the labels of the targets by name."""

    policies: tuple[views.NetworkPolicyView, ...] = ()
    foreign: tuple[views.Foreign, ...] = ()
    labels: tuple[tuple[str, dict[str, str]], ...] = ()


def planned(scene: Scene, parts: Iterable[Part]) -> Planned:
    """Return what the changes of a plan would add."""
    made = [change for part in parts for change in part.changes]
    created = [change for change in made if isinstance(change, Create)]
    edits: dict[str, dict[str, str | None]] = {}
    for change in made:
        if isinstance(change, Patch):  # there may be several of one pod, one after the other
            before = edits.get(change.ref.name) or dict(_labels(scene, change.ref.name))
            edits[change.ref.name] = {**before, **_edited(change)}
    return Planned(
        policies=tuple(
            msgspec.json.decode(change.body.text, type=views.NetworkPolicyView)
            for change in created
            if change.ref.kind == refs.NETWORK_POLICY
        ),
        foreign=tuple(
            views.Foreign(change.ref.kind, change.body.text)
            for change in created
            if change.ref.kind in refs.RULING_KINDS
        ),
        labels=tuple(
            (name, {k: v for k, v in labels.items() if v is not None}) for name, labels in edits.items()
        ),
    )


def _labels(scene: Scene, pod: str) -> selectors.Labels:
    return next((p.metadata.labels for p in scene.around.targets if p.metadata.name == pod), {})


def _edited(patch: Patch) -> dict[str, str | None]:
    return {key.path[-1]: key.after for key in patch.keys if key.path[-2] == "labels"}


def world(scene: Scene, asked: Asked, reading: Reading, more: Planned) -> World:
    """
    Return the cluster as its policies would see it.

    What could not be read is a gap: then what is found is at least what is open, never all of it.
    """
    found = {query.kind: answer for query, answer in asked if isinstance(query, Each)}
    pods = _listed(found, refs.POD, views.PodView) or scene.around.pods or scene.around.targets
    spaces = _listed(found, refs.NAMESPACE, views.NamespaceView) or (scene.space,)
    policies = _listed(found, refs.NETWORK_POLICY, views.NetworkPolicyView) or scene.policies
    items = tuple(item for kind in found for item in _listed(found, kind, views.Foreign)) or scene.foreign
    servers = api_servers(_listed(found, refs.ENDPOINT_SLICE, views.EndpointSliceView))
    bearing = [(query, answer) for query, answer in asked if query != api_servers_of(scene.cluster.cluster)]
    blind = (
        *unseen([query for query, _ in bearing], [answer for _, answer in bearing]),
        *(one for kind, one in unread(scene) if not isinstance(found.get(kind), Listing)),
    )
    items, odd = believed(items, scene.asked, reading)
    said = compiled((*policies, *more.policies), (*items, *more.foreign), reading, servers)
    gaps = Compiled((), (*odd, *(_gap(one) for one in blind)))
    made = world_of(pods, spaces, _listed(found, refs.NODE, views.NodeView), said + gaps, servers)
    for pod, labels in more.labels:
        made = made.relabelled(scene.space.metadata.name, pod, labels)
    return made


def believed(
    items: tuple[views.Foreign, ...], asked: Asked, reading: Reading
) -> tuple[tuple[views.Foreign, ...], tuple[Gap, ...]]:
    """Return the policies that count, and why others may not: what may be left over closes nothing, and opens who knows."""
    doubt = calico_api.doubt(asked) if refs.CALICO_POLICY.group in reading.groups else ""
    if not doubt:
        return items, ()
    kept = tuple(item for item in items if item.of.group != refs.CALICO_POLICY.group)
    return kept, (Gap(EVERYTHING, doubt),)


def unread(scene: Scene) -> tuple[tuple[refs.Kind, Unseen], ...]:
    """Return which policies of the targets' namespace could not be listed: what they allow is not known, and not nothing."""
    ruling = (refs.NETWORK_POLICY, *refs.RULING_KINDS)
    return tuple(
        (query.kind, one)
        for query, answer in scene.asked
        if isinstance(query, Each) and query.kind in ruling
        for one in unseen((query,), (answer,))
    )


def _listed(found: Mapping[refs.Kind, Answer], kind: refs.Kind, view: type[T]) -> tuple[T, ...]:
    return each(found[kind], view) or () if kind in found else ()


def compiled(
    policies: Iterable[views.NetworkPolicyView],
    items: Iterable[views.Foreign],
    reading: Reading,
    servers: tuple[str, ...] = (),
) -> Compiled:
    """
    Return what all policies of a cluster say to this engine.

    Definitions outlive their engine, so what it does not read counts for nothing; where it may or may not read it,
    what it says is a gap, since it may allow as well as deny.
    """
    told = tuple(items)
    off = [item for item in told if any(_of(void, item) for void in reading.off)]
    read = [item for item in told if item.of.group in reading.groups and item not in off]
    beyond = [item for item in told if item.of.group in DOUBTFUL - reading.groups]
    doubtful = sorted({item.of.resource for item in (*beyond, *off)})
    gaps = tuple(
        Gap(EVERYTHING, f"whether the engine reads policies of {kind} is not known") for kind in doubtful
    )
    gaps = (*gaps, *(Gap(EVERYTHING, text) for text in reading.gaps))
    plain = network_policy.compiled(map(whole, policies), reading.semantics)
    return plain + foreign(read, reading.semantics, servers) + Compiled((), gaps)


def _of(void: Void, item: views.Foreign) -> bool:
    return void.group == item.of.group and not (void.clusterwide and item.of.namespaced)


def _gap(one: Unseen) -> Gap:
    return Gap(EVERYTHING, f"{one.question} could not be read: {one.why}")
