"""What a cut would leave open, target by target: the policies' residual, the engine's own holes, and what both make of it."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import msgspec

from bot.domain import refs, views
from bot.domain.changes import Patch
from bot.domain.engines import limits
from bot.domain.engines.engine import (
    Enforced,
    Enforcement,
    Engine,
    EngineName,
    NotEnforced,
    Unproven,
    enforcement,
)
from bot.domain.engines.limit import Beyond
from bot.domain.findings import FORECAST_RANK, Finding, Forecast, Verdict
from bot.domain.isolation import LABEL, mark
from bot.domain.plans import Part, Proving
from bot.domain.pods import boundary
from bot.domain.quarantine import surroundings
from bot.domain.quarantine.closing import Possible, offers
from bot.domain.quarantine.scene import Scene
from bot.domain.quarantine.surroundings import Planned, Reading, reading
from bot.domain.queries import Asked, Each, Listing, told
from bot.domain.residual import Atlas, Residual, atlas, forecast, openers, residual, worst
from bot.domain.residual.sets import spelled
from bot.domain.residual.worst import Line, Place

GRACE = 5.0  # seconds beyond the longest that an engine is known to take
REACHING = frozenset(
    {Place.INTERNET, Place.API_SERVER, Place.METADATA, Place.NETWORK, Place.OTHER_NAMESPACES}
)
OPEN = "open-"
BEST = {
    Forecast.FULL: Verdict.CONTAINED,
    Forecast.PARTIAL: Verdict.PARTIAL,
    Forecast.UNKNOWN: Verdict.INCONCLUSIVE,
    Forecast.NOT_ENFORCED: Verdict.NOT_ENFORCED,
}


Charts = Mapping[Reading, Atlas]
WORST = (Verdict.NOT_ENFORCED, Verdict.PARTIAL, Verdict.INCONCLUSIVE, Verdict.CONTAINED)


class Outlook(msgspec.Struct, frozen=True):
    """
    One target's forecast, with the findings that it rests on, worst first; ``before`` is what is open now.

    ``told`` is whether its engine enforces the policies that cut it.
    """

    forecast: Forecast
    findings: tuple[Finding, ...]
    engine: Engine
    told: Enforcement
    before: tuple[str, ...] | None = None

    @property
    def enforced(self) -> bool:
        """Whether it is known that its engine enforces the cut."""
        return isinstance(self.told, Enforced)

    def best(self, part: Part) -> Verdict:
        """Return the best verdict that can come of a part: contained takes somebody who sees that the cut bites."""
        if self.forecast is not Forecast.NOT_ENFORCED and any(f.code.startswith(OPEN) for f in self.findings):
            return Verdict.PARTIAL  # it is computed again afterwards, and computed open outweighs all else
        seen = part.probes or (self.enforced and self.engine.name is EngineName.CILIUM)
        best = BEST[self.forecast]
        return best if seen or best is not Verdict.CONTAINED else Verdict.INCONCLUSIVE


def lets_through(scene: Scene, request_id: str | None = None) -> bool:
    """
    Whether anything selects a target and allows, or may: then it must be known who is there.

    A policy may select it only for the label that it will carry for a request (without one it is looked at as it
    stands); a kind of policy that is not a NetworkPolicy, without looking at labels. Raises ``ValueError`` for a request id that cannot be part of an object's name.
    """
    carried = (
        pod.metadata.labels | ({} if request_id is None else {LABEL: mark(request_id, index)})
        for index, pod in enumerate(scene.around.targets, scene.first)
    )
    return bool(scene.foreign) or any(openers(scene.policies, labels) for labels in carried)


def outlooks(
    scene: Scene, asked: Asked, more: Planned, here: Possible, title: str = ""
) -> tuple[Outlook, ...]:
    """
    Return each target's, in their order; what stays open with what would close it, as far as it is possible.

    ``title`` is what all targets are called, as one, where they are those of one workload.
    """
    groups = frozenset(item.of.group for item in more.foreign)
    every = left_of(scene, charted(scene, asked, more), title)
    now = charted(scene)
    return tuple(_outlook(scene, one, engine_told(scene.engine(one[0]), groups), here, now) for one in every)


class Told(msgspec.Struct, frozen=True):
    """An engine with whether it enforces the policies that cut, and of which group these are."""

    engine: Engine
    group: str
    enforcement: Enforcement


def engine_told(engine: Engine, groups: Collection[str]) -> Told:
    """
    Return whether what cuts is enforced: by the engine's own deny, where one of these groups is written, or by the floor.

    A setting may switch off the one and leave the other.
    """
    own = limits.limits_of(engine).deny.group
    floor = Told(engine, refs.NETWORK_POLICY.group, enforcement(engine))
    if own not in groups:
        return floor
    deny = Told(engine, own, enforcement(engine, own))
    return floor if isinstance(deny.enforcement, NotEnforced) else deny


def _outlook(
    scene: Scene, one: tuple[views.PodView, Residual, Atlas], by: Told, here: Possible, now: Charts
) -> Outlook:
    pod, left, chart = one
    engine, subject = by.engine, f"{left.namespace}/{left.pod}"
    left = msgspec.structs.replace(left, unmodelled=(*left.unmodelled, *blind(scene)))
    ways = tuple(_way(subject, line, here) for line in worst(left, chart.world))
    gaps = tuple(_gap(subject, why) for why in left.unmodelled)
    lost = boundary(pod, subject)
    told = by.enforcement
    known = None if isinstance(told, Unproven) else isinstance(told, Enforced)
    expected = Forecast.NOT_ENFORCED if lost else forecast(left, enforced=known)
    found = (*lost, *ways, *gaps, *limits.card(engine, subject, by.group))
    return Outlook(expected, found, engine, told, near(scene, pod, now))


def charted(scene: Scene, asked: Asked = (), more: Planned | None = None) -> Charts:
    """Return who may talk to whom, as each engine of the targets reads it: as everything stands, or with more of ours."""
    ways = dict.fromkeys(reading(scene.engine(pod)) for pod in scene.around.targets)
    return {way: atlas(surroundings.world(scene, asked, way, more or Planned())) for way in ways}


def left_of(scene: Scene, charts: Charts, title: str = "") -> Iterator[tuple[views.PodView, Residual, Atlas]]:
    """Yield each target with what is open for it; ``title`` is what all of them are called, as one."""
    for pod in scene.around.targets:
        chart = charts[reading(scene.engine(pod))]
        left = left_open(scene, pod, chart)
        name = title.rpartition("/")[2] or left.pod
        yield pod, msgspec.structs.replace(left, pod=name), chart


def left_open(scene: Scene, pod: views.PodView, chart: Atlas) -> Residual:
    """Return what is open for a pod; what its engine does not reach of it makes it "at least"."""
    space, name = scene.around.namespace, pod.metadata.name
    there = chart.world.pod(space, name)
    if there is None:
        return Residual(space, name, (), ("it was not read",))
    left = residual(there, chart)
    odd = limits.beyond(scene.engine(pod), unreached(scene, pod, dict(there.labels)))
    return msgspec.structs.replace(left, unmodelled=(*left.unmodelled, *odd)) if odd else left


def unreached(scene: Scene, pod: views.PodView, labels: dict[str, str]) -> frozenset[Beyond]:
    """
    Return what there is of a pod that some engines do not reach.

    ``labels``: those that it will carry; with others of its own moved it may lose its owner. A pod that has no address yet
    gets such as its neighbours have.
    """
    moved = {key for key, _ in pod.metadata.labels.items() ^ labels.items()} - {LABEL}
    told = [pod] if pod.status.pod_ip else [pod, *(scene.around.pods or ())]
    every = (address for one in told for address in (one.status.pod_ip, *(a.ip for a in one.status.pod_ips)))
    found = {Beyond.UNOWNED: bool(moved) or not pod.metadata.owner_references}
    found[Beyond.IPV6] = any(":" in address for address in every)
    return frozenset(what for what, is_so in found.items() if is_so)


def blind(scene: Scene) -> tuple[str, ...]:
    """Say which policies could not be read: without them neither open nor closed is an answer."""
    kinds = (refs.NETWORK_POLICY, *refs.RULING_KINDS)
    lists = ((q, a) for q, a in scene.asked if isinstance(q, Each) and q.kind in kinds)
    unread = tuple(f"{told(q)} could not be read" for q, a in lists if not isinstance(a, Listing))
    unsaid = "the cluster did not say which kinds of policies it serves"
    return (*unread, unsaid) if scene.cluster.serves is None else (*unread, *surroundings.unread_own(scene))


def near(scene: Scene, pod: views.PodView, charts: Charts | None = None) -> tuple[str, ...] | None:
    """
    Name what stands open for a pod as it is, by what is read of its own namespace: the same question before and after.

    ``None`` where it cannot be told. ``charts`` are of everything as it stands, where they are made already.
    """
    if surroundings.unread(scene):
        return None
    chart = (charts or charted(scene))[reading(scene.engine(pod))]
    if chart.world.pod(scene.around.namespace, pod.metadata.name) is None or blind(scene):
        return None
    lines = worst(left_open(scene, pod, chart), chart.world)
    return tuple(
        sorted({f"{line.direction} {line.place} {spelled(line.ports)} by {_causes(line)}" for line in lines})
    )


def _way(subject: str, line: Line, here: Possible) -> Finding:
    """
    Return a line as a finding.

    What it is about is told so that the same policy opened wider is something new, and more replicas are not.
    """
    return Finding(f"{OPEN}{line.place}", about(subject, line), line.text, offers(line.closing, here))


def about(subject: str, line: Line) -> str:
    """
    Name what is open so that the same opening has the same name whenever it is looked at, and a wider one another.

    A sentence names the first few of what may be thousands of blocks, so all of them are in the name by their hash.
    """
    reach = hashlib.sha256("\n".join(line.reach).encode()).hexdigest()[:16]
    where = f"{line.place} {reach}" if line.place in REACHING else str(line.place)
    return f"{subject} {line.direction} {where} {spelled(line.ports)} by {_causes(line)}"


def _causes(line: Line) -> str:
    return ",".join(str(cause) for cause in line.causes)


def _gap(subject: str, why: str) -> Finding:
    return Finding("not-modelled", f"{subject} {why}", f"more may stay open of {subject}: {why}")


def proving(looks: Sequence[Outlook], part: Part) -> Proving:
    """
    Return what the evidence of a part needs: its engine where one enforces, and how long that takes at most.

    ``looks`` are those of the pods that the part cuts: one, or some of a workload's, which count as one.
    """
    delays = [limits.limits_of(look.engine).delay.worst or 0.0 for look in looks]
    names = {look.engine.name if look.enforced else "" for look in looks}
    value = next(
        (k.after for c in part.changes if isinstance(c, Patch) for k in c.keys if k.path[-1] == LABEL), ""
    )
    before = together(look.before for look in looks)
    return Proving(names.pop() if len(names) == 1 else "", value or "", max(delays) + GRACE, before)


def together(every: Iterable[tuple[str, ...] | None]) -> tuple[str, ...] | None:
    """Return what stands open for any of several pods; ``None`` where that cannot be told of one."""
    told = tuple(every)
    if any(one is None for one in told):
        return None
    return tuple(sorted({line for one in told for line in one or ()}))


def best_of(looks: Iterable[Outlook], part: Part) -> Verdict:
    """Return the best verdict that can come of all of them."""
    return min((look.best(part) for look in looks), key=WORST.index)


def eta(looks: Iterable[Outlook]) -> str:
    """Say when it bites, by the slowest engine among those of the targets."""
    delays = [
        limits.limits_of(look.engine).delay for look in looks if look.engine.name is not EngineName.UNKNOWN
    ]
    if not delays or any(delay.worst is None for delay in delays):
        return "accepted within seconds; when it takes effect, the cluster does not tell"
    longest = max(delay.worst or 0.0 for delay in delays)
    return f"accepted within seconds, in effect within {longest:g} s"


def worst_of(found: Iterable[Outlook]) -> Forecast:
    """Return the worst forecast among targets."""
    return max((one.forecast for one in found), key=FORECAST_RANK.__getitem__)
