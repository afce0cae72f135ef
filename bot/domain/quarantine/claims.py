"""
Marks of ours on pods: whether our own records know of them is asked.

Whoever may label a pod and write policies can make a pod look contained, and would keep it from being contained.
"""

from collections.abc import Iterator

from bot.domain import isolation, refs, views
from bot.domain.queries import Answer, Asked, Contained, Each, Get, Recorded
from bot.domain.reading import each, read


def claims(asked: Asked) -> tuple[Contained, ...]:
    """Return what to ask of our records: of each pod, under our label where it carries that with a policy behind it."""
    policies = next((each(a, views.NetworkPolicyView) for q, a in asked if _lists_policies(q)), None)
    return tuple(
        Contained(ref, pod.metadata.uid, isolation.mark_of(pod, policies)) for ref, pod in _pods(asked)
    )


def contained(asked: tuple[Contained, ...], answers: tuple[Answer, ...]) -> dict[str, Recorded]:
    """Return by which request each pod is contained, by its name; a mark that could not be looked up is believed."""
    told = zip(asked, answers, strict=True)
    found = {one.pod.name: recorded(one, answer) for one, answer in told if one.mark}
    return {pod: record for pod, record in found.items() if record.request}


def loose(asked: tuple[Contained, ...], answers: tuple[Answer, ...]) -> dict[str, Recorded]:
    """Return which request each pod is contained by that does not look it and is not known to be, by its name."""
    told = zip(asked, answers, strict=True)
    found = {one.pod.name: recorded(one, answer) for one, answer in told if not one.mark}
    return {pod: record for pod, record in found.items() if record.why}


def recorded(asked: Contained, answer: Answer) -> Recorded:
    """Return what our records say of one pod; a mark that could not be looked up is believed."""
    if isinstance(answer, Recorded):
        return answer
    return Recorded(isolation.request_of(asked.mark) if asked.mark else "")


def _lists_policies(query: object) -> bool:
    return isinstance(query, Each) and query.kind == refs.NETWORK_POLICY


def _pods(asked: Asked) -> Iterator[tuple[refs.KubeRef, views.PodView]]:
    for query, answer in asked:
        match query:
            case Get(refs.KubeRef() as ref) if ref.kind == refs.POD:
                found = read(answer, views.PodView)
                if isinstance(found, views.PodView):
                    yield ref, found
            case _:
                pass
