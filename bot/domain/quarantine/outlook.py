"""What a cut would leave open, target by target: the policies' residual, the engine's own holes, and what both make of it."""

import hashlib
from collections.abc import Iterable

import msgspec

from bot.domain import refs, views
from bot.domain.changes import Patch
from bot.domain.engines import limits
from bot.domain.engines.engine import Enforced, Engine, EngineName, Unproven, enforcement
from bot.domain.findings import FORECAST_RANK, Finding, Forecast, Verdict
from bot.domain.isolation import LABEL, mark
from bot.domain.plans import Part, Proving
from bot.domain.pods import boundary
from bot.domain.quarantine import surroundings
from bot.domain.quarantine.closing import Possible, offers
from bot.domain.quarantine.scene import Scene
from bot.domain.quarantine.surroundings import Asked, Planned, reading
from bot.domain.queries import Each, Listing, told
from bot.domain.residual import Atlas, Residual, atlas, forecast, residual, worst
from bot.domain.residual import openings as selecting
from bot.domain.residual.sets import spelled
from bot.domain.residual.worst import Line, Place

GRACE = 5.0  # seconds beyond the longest that an engine is known to take
REACHING = frozenset(
    {Place.INTERNET, Place.API_SERVER, Place.METADATA, Place.NETWORK, Place.OTHER_NAMESPACES}
)
BEST = {
    Forecast.FULL: Verdict.CONTAINED,
    Forecast.PARTIAL: Verdict.PARTIAL,
    Forecast.UNKNOWN: Verdict.INCONCLUSIVE,
    Forecast.NOT_ENFORCED: Verdict.NOT_ENFORCED,
}


class Outlook(msgspec.Struct, frozen=True):
    """One target's forecast, with the findings that it rests on, worst first; ``before`` is what is open now."""

    forecast: Forecast
    findings: tuple[Finding, ...]
    engine: Engine
    before: tuple[str, ...] | None = None

    @property
    def best(self) -> Verdict:
        """The best verdict that can come of it."""
        return BEST[self.forecast]


def lets_through(scene: Scene, request_id: str) -> bool:
    """
    Whether anything selects a target and allows, or may: then it must be known who is there.

    A policy may select it only for the label that it will carry; a kind of policy that is not a NetworkPolicy, without
    looking at labels. Raises ``ValueError`` for a request id that cannot be part of an object's name.
    """
    carried = (
        pod.metadata.labels | {LABEL: mark(request_id, index)}
        for index, pod in enumerate(scene.around.targets)
    )
    return bool(scene.foreign) or any(selecting(scene.policies, labels) for labels in carried)


def outlooks(scene: Scene, asked: Asked, more: Planned, here: Possible) -> tuple[Outlook, ...]:
    """Return each target's, in their order; what stays open with what would close it, as far as it is possible."""
    targets = [(pod, scene.engine(pod)) for pod in scene.around.targets]
    ways = dict.fromkeys(reading(engine) for _, engine in targets)
    charts = {way: atlas(surroundings.world(scene, asked, way, more)) for way in ways}
    return tuple(_outlook(scene, pod, engine, (charts[reading(engine)], here)) for pod, engine in targets)


def _outlook(scene: Scene, pod: views.PodView, engine: Engine, around: tuple[Atlas, Possible]) -> Outlook:
    chart, here = around
    space = scene.around.namespace
    subject = f"{space}/{pod.metadata.name}"
    there = chart.world.pod(space, pod.metadata.name)
    left = residual(there, chart) if there else Residual(space, pod.metadata.name, (), ("it was not read",))
    left = msgspec.structs.replace(left, unmodelled=(*left.unmodelled, *blind(scene)))
    ways = tuple(_way(subject, line, here) for line in worst(left, chart.world))
    gaps = tuple(_gap(subject, why) for why in left.unmodelled)
    lost = boundary(pod, subject)
    enforced = enforcement(engine)
    known = None if isinstance(enforced, Unproven) else isinstance(enforced, Enforced)
    expected = Forecast.NOT_ENFORCED if lost else forecast(left, enforced=known)
    return Outlook(expected, (*lost, *ways, *gaps, *limits.card(engine, subject)), engine, near(scene, pod))


def blind(scene: Scene) -> tuple[str, ...]:
    """Say which policies could not be read: without them neither open nor closed is an answer."""
    kinds = (refs.NETWORK_POLICY, *refs.RULING_KINDS)
    lists = ((q, a) for q, a in scene.asked if isinstance(q, Each) and q.kind in kinds)
    unread = tuple(f"{told(q)} could not be read" for q, a in lists if not isinstance(a, Listing))
    unsaid = "the cluster did not say which kinds of policies it serves"
    return (*unread, unsaid) if scene.cluster.serves is None else unread


def near(scene: Scene, pod: views.PodView) -> tuple[str, ...] | None:
    """
    Name what stands open for a pod as it is, by what is read of its own namespace: the same question before and after.

    ``None`` where it cannot be told.
    """
    if surroundings.unread(scene):
        return None
    way, space = reading(scene.engine(pod)), scene.around.namespace
    chart = atlas(surroundings.world(scene, (), way, Planned()))
    there = chart.world.pod(space, pod.metadata.name)
    if there is None or blind(scene):
        return None
    left = residual(there, chart)
    lines = worst(left, chart.world)
    return tuple(
        sorted({f"{line.direction} {line.place} {spelled(line.ports)} by {_causes(line)}" for line in lines})
    )


def _way(subject: str, line: Line, here: Possible) -> Finding:
    """
    Return a line as a finding.

    What it is about is told so that the same policy opened wider is something new, and more replicas are not.
    """
    return Finding(f"open-{line.place}", about(subject, line), line.text, offers(line.closing, here))


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


def proving(look: Outlook, part: Part) -> Proving:
    """Return what the evidence of a part needs: its engine where one enforces, and how long that takes at most."""
    delay = limits.limits_of(look.engine).delay
    known = isinstance(enforcement(look.engine), Enforced)
    value = next(
        (k.after for c in part.changes if isinstance(c, Patch) for k in c.keys if k.path[-1] == LABEL), ""
    )
    settle = (delay.worst or 0.0) + GRACE
    return Proving(look.engine.name if known else "", value or "", settle, look.before)


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
