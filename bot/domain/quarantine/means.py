"""How each target is cut: by the strongest deny that its engine has and that may be written, or as a person asked."""

from typing import Final

import msgspec

from bot.domain import isolation, refs, views
from bot.domain.actions import Slot, SlotKind
from bot.domain.engines import calico_api
from bot.domain.findings import Refusal
from bot.domain.isolation.allowances import Allowances, allowing
from bot.domain.isolation.calico import placed
from bot.domain.isolation.choosing import Means, Strategy, choose, rights
from bot.domain.isolation.cutting import Options, Placement, StrategyName
from bot.domain.isolation.detach import Escape, escape
from bot.domain.quarantine.scene import Scene
from bot.domain.queries import Access, Answer, Welcome
from bot.domain.refs import KubeRef

CALICO = {
    StrategyName.CALICO: (refs.CALICO_TIER, (refs.CALICO_POLICY, refs.CALICO_GLOBAL_POLICY)),
    StrategyName.CALICO_STORED: (
        refs.CALICO_STORED_TIER,
        (refs.CALICO_STORED_POLICY, refs.CALICO_STORED_GLOBAL_POLICY),
    ),
}

CUT: Final = "cut"
KEEP: Final = "keep"
ALLOW: Final = Slot(
    "allow", SlotKind.ALLOWED, "what stays open for forensics", keyword="allow", required=False
)
PROBES: Final = Slot(
    "probes",
    SlotKind.CHOICE,
    "of the kubelet on its own node",
    keyword="probes",
    choices=(CUT, KEEP),
    required=False,
)


class Wish(msgspec.Struct, frozen=True):
    """What a person asked for beside the targets: ``using`` a strategy, ``keep_probes``, and what stays allowed."""

    using: str
    keep_probes: bool
    allow: Allowances


def wish(using: str, probes: str, allow: tuple[str, ...]) -> Wish:
    """Understand what was typed into the slots. Raises ``ValueError`` in plain words for what cannot stay allowed."""
    return Wish(using, probes == KEEP, allowing(allow))


class Chosen(msgspec.Struct, frozen=True):
    """A strategy with what is needed to write it; ``escape`` is how the target would get away by other labels."""

    strategy: Strategy
    options: Options
    escape: Escape

    @property
    def told(self) -> tuple[str, ...]:
        """Why it is this one, and what it does not do; first what counts most."""
        why = f"{self.strategy.name}: {self.strategy.reason}"
        before = (f"asked before it all the same: {name}" for name in self.options.place.before)
        return (why, *self.strategy.limits, *isolation.limits(self.options), *before)


def asked_rights(scene: Scene) -> tuple[Access, ...]:
    """Ask whether the denies of the targets' engines may be written."""
    means, place = _means(scene), scene.around.namespace
    every = (rights(scene.cluster.cluster, place, scene.engine(pod), means) for pod in scene.around.targets)
    return tuple(dict.fromkeys(access for some in every for access in some))


def chosen(
    scene: Scene, wished: Wish, told: tuple[tuple[Access, Answer], ...], request_id: str
) -> tuple[Chosen, ...] | Refusal:
    """
    Return how each target is cut, in their order.

    Raises ``ValueError`` for a request id that cannot be part of an object's name.
    """
    means = means_of(scene, told)
    own_tier = any(isinstance(answer, Welcome) and access.ref.name.endswith("*") for access, answer in told)
    found: list[Chosen] = []
    for index, pod in enumerate(scene.around.targets, scene.first):
        strategy = choose(scene.engine(pod), means, wished.using)
        if isinstance(strategy, Refusal):
            return strategy
        value = isolation.mark(request_id, index)
        away = _escape(scene, pod, value)
        options = _options(scene, wished, strategy, value, own_tier=own_tier)
        if strategy.name is StrategyName.DETACH:
            options = msgspec.structs.replace(options, moved=away.moved)
        found.append(Chosen(strategy, options, away))
    return tuple(found)


def means_of(scene: Scene, told: tuple[tuple[Access, Answer], ...]) -> Means:
    """Return what can be written in the cluster, by what was answered of the rights to it."""
    refused = {access.ref for access, answer in told if not isinstance(answer, Welcome)}
    barred = tuple(ref.kind for ref in refused if isinstance(ref, KubeRef))
    return msgspec.structs.replace(_means(scene), barred=barred)


def _means(scene: Scene) -> Means:
    return Means(
        scene.cluster.serves, stored=scene.cluster.calico_storage, doubt=calico_api.doubt(scene.asked)
    )


def _options(scene: Scene, wished: Wish, strategy: Strategy, value: str, *, own_tier: bool) -> Options:
    place = Placement()
    if strategy.name in CALICO:
        tier, policies = CALICO[strategy.name]
        place = placed(_of(scene, tier), _of(scene, *policies), value, own_tier=own_tier)
    return Options(strategy.name, wished.keep_probes, wished.allow, strategy.port_ranges, place)


def _escape(scene: Scene, pod: views.PodView, value: str) -> Escape:
    return escape(pod.metadata.labels, scene.policies, scene.around.services or (), value)


def _of(scene: Scene, *kinds: refs.Kind) -> tuple[views.Foreign, ...] | None:
    """Return the objects of these kinds, none where none is served, ``None`` where one of them could not be listed."""
    serves = scene.cluster.serves
    if serves is not None and not any(kind.served in serves for kind in kinds):
        return ()
    listed = {query.kind for query, _ in scene.lists}
    if not listed.issuperset(kinds):
        return None
    return tuple(item for item in scene.foreign if item.of in kinds)
