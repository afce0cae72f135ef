"""
Canaries in a plan: which are placed to prove it, if the settings name an image and the cluster would take them.

A plan never fails for them: where they are refused there are none, and a warning says what is missing.
"""

import math
from typing import Final

import msgspec

from bot.domain import commands
from bot.domain.actions import NAME_PREFIX
from bot.domain.canary import LONGEST, Canary, Role, pod
from bot.domain.engines.limit import Beyond
from bot.domain.engines.limits import beyond
from bot.domain.findings import Finding, Forecast
from bot.domain.plans import Commands, Part
from bot.domain.probes import NO_CANARY, START
from bot.domain.quarantine.scene import Scene
from bot.domain.queries import Access, Answer, DryRun, Query, Rounds, Unavailable, Unwelcome, kube
from bot.domain.reading import cut
from bot.domain.refs import POD
from bot.domain.views import PodView

LEAST: Final = 15
BESIDE: Final = 10
"""Seconds that a canary tries beyond those within which the engine must have acted."""
SAME: Final = 5
RIGHTS: Final = "firebreak rbac --canary IMAGE gives the rights"

Promised = tuple[tuple[Part, ...], tuple[Finding, ...]]


class Asked(msgspec.Struct, frozen=True):
    """Out of which image, for which request, and what the cut leaves open on purpose."""

    image: str
    request: str
    allow: tuple[str, ...]


def promised(
    scene: Scene, parts: tuple[Part, ...], request_id: str, allow: tuple[str, ...] = ()
) -> Rounds[Promised]:
    """Return the parts with their canaries, and a warning for each that has none though it was to have."""
    image = scene.cluster.canary_image
    if not image:
        return parts, ()
    named = zip(parts, scene.around.targets, strict=True)
    asked = Asked(image, request_id, allow)
    every = [_of(part, target, asked) for part, target in named]
    alike = [_held_alike(scene, target) for target in scene.around.targets]
    place = kube(scene.cluster.cluster, POD, scene.around.namespace, "")
    rights: tuple[Query, ...] = (Access("create", place), Access("delete", place))
    tries = tuple(DryRun(pod(one)) for some, odd in zip(every, alike, strict=True) for one in some if not odd)
    told = (yield (*rights, *tries)) if tries else ()
    barred = next((why for answer in told[: len(rights)] if (why := _refused(answer))), "")
    refused = {
        query.change: why
        for query, answer in zip(tries, told[len(rights) :], strict=True)
        if (why := _refused(answer))
    }
    made: list[Part] = []
    warned: list[Finding] = []
    for part, some, odd in zip(parts, every, alike, strict=True):
        why = barred or next((refused[pod(one)] for one in some if pod(one) in refused), "")
        made.append(_with(part, some, scene) if some and not (odd or why) else part)
        warned += [_warning(part, odd or f"{why} ({RIGHTS})")] if some and (odd or why) else []
    return tuple(made), tuple(warned)


def _held_alike(scene: Scene, target: PodView) -> str:
    """Say why the engine would not hold a canary as it holds the pod: a canary has no owner. Empty where it would."""
    return "; ".join(beyond(scene.engine(target), {Beyond.UNOWNED}))


def _of(part: Part, target: PodView, asked: Asked) -> tuple[Canary, ...]:
    """Return both canaries of a part; none where nothing can be proved: no node, or no policy that holds it."""
    node, proving = target.spec.node_name, part.proving
    if not node or proving is None or not proving.mark or part.forecast is Forecast.NOT_ENFORCED:
        return ()
    seconds = min(max(math.ceil(proving.settle) + BESIDE, LEAST), LONGEST - START)
    place = part.target
    return tuple(
        Canary(
            cluster=place.cluster,
            namespace=place.namespace,
            name=f"{NAME_PREFIX}canary-{proving.mark}-{role}",
            node=node,
            image=asked.image,
            request=asked.request,
            role=role,
            mark=proving.mark if role is Role.INSIDE else "",
            seconds=seconds,
            unchanged=min(max(math.ceil(proving.settle), SAME), seconds),
            allow=asked.allow,
        )
        for role in (Role.OUTSIDE, Role.INSIDE)
    )


def _refused(answer: Answer) -> str:
    match answer:
        case Unwelcome(code, why):
            return cut(f"{code}: {why}")
        case Unavailable(why):
            return cut(f"it could not be tried: {why}")
        case _:
            return ""


def _with(part: Part, canaries: tuple[Canary, ...], scene: Scene) -> Part:
    one = canaries[0]
    words = (
        f"Places two canary pods of image {one.image} on node {one.node} for at most {one.deadline} s, to prove it with "
        f"packets; removed by itself: {', '.join(canary.name for canary in canaries)}"
    )
    context = scene.cluster.kubectl_context or scene.cluster.cluster
    gone = commands.delete_pods(context, part.target.namespace, tuple(canary.name for canary in canaries))
    return msgspec.structs.replace(
        part,
        probes=canaries,
        words=(*part.words, words),
        commands=Commands(part.commands.do, (gone, *part.commands.undo)),
    )


def _warning(part: Part, why: str) -> Finding:
    subject = f"{part.target.namespace}/{part.target.name}"
    return Finding(NO_CANARY, subject, f"no canary will prove that {subject} is cut: {why}")
