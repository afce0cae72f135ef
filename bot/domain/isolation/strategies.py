"""
Each strategy as its ordered changes.

Every policy comes before the label that it selects: an engine may miss a policy that comes while it works out a pod's
new labels, so the cut is complete the moment the label stands.
"""

from bot.domain.changes import Change, KeyEdit, Patch
from bot.domain.isolation import calico, cilium, detaching
from bot.domain.isolation.cutting import Cut, Options, Step, StrategyName
from bot.domain.isolation.marks import LABEL, mark, marking
from bot.domain.isolation.network_policy import floor
from bot.domain.refs import KubeRef
from bot.domain.selectors import Selector
from bot.domain.views import PodView


def steps(pod: PodView, ref: KubeRef, request_id: str, index: int, options: Options) -> tuple[Step, ...]:
    """
    Return what cuts one pod, in the order to do it.

    Raises ``ValueError`` for a request id that cannot be part of an object's name.
    """
    value = mark(request_id, index)
    cut = Cut(ref.cluster, ref.namespace, value, request_id, Selector({LABEL: value}))
    label = marking(ref, pod, value)
    expected = "carries " + ", ".join(f"{k.path[-1]}={k.after}" for k in label.keys)
    return (
        *detaching.before(ref, pod, value, options),
        *policies(cut, options),
        Step(label, _labelled(label), expected),
    )


def policies(cut: Cut, options: Options) -> tuple[Step, ...]:
    """Return the policies of a cut: the floor under all, then the engine's own deny."""
    under = floor(cut, options.allow)
    match options.strategy:
        case StrategyName.CILIUM:
            return under, cilium.denying(cut, options)
        case StrategyName.CALICO | StrategyName.CALICO_STORED:
            return under, calico.denying(cut, options)
        case StrategyName.NETWORK_POLICY | StrategyName.DETACH:
            return (under,)


def changes(pod: PodView, ref: KubeRef, request_id: str, index: int, options: Options) -> tuple[Change, ...]:
    """Return the changes alone; see `steps`."""
    return tuple(step.change for step in steps(pod, ref, request_id, index, options))


def limits(options: Options) -> tuple[str, ...]:
    """Return what follows from the options, a line each; what the strategy as such does not do is told with it."""
    return cilium.limits(options) if options.strategy is StrategyName.CILIUM else ()


def _labelled(patch: Patch) -> str:
    label, *annotations = patch.keys
    told = ", ".join(map(edited, annotations))
    return f"Label pod {patch.ref.namespace}/{patch.ref.name} {edited(label)}, and annotate it {told}"


def edited(key: KeyEdit) -> str:
    """Say one edit: ``key=value (was other)``."""
    return f"{key.path[-1]}={key.after}" + (f" (was {key.before})" if key.before is not None else "")
