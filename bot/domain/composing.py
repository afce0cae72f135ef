"""Several plans made side by side and joined into one: nothing of any of them is lost, and the worst of all is told."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from bot.domain.documents import Document
from bot.domain.findings import (
    AGAIN,
    FORECAST_RANK,
    BlastRadius,
    Finding,
    OfferKind,
    Refusal,
)
from bot.domain.plans import Found, Plan, PlannedStep, Planning, Target
from bot.domain.queries import Answer, Query, Rounds

SHARED_SERVICE: Final = "shared-service"
WIDE: Final = "estate"
PLAIN: Final = frozenset({"Pod", "Address"})
"""Kinds that a name alone tells."""

MOST_STEPS: Final = 10
MOST_PLACES: Final = 20
"""Of all steps together, as much as the largest of them takes alone: a preview is for every reader."""

Wanted = Mapping[int, tuple[Query, ...]]


class Refused(msgspec.Struct, frozen=True):
    """Which of them refused (from 0), and why."""

    index: int
    why: Refusal


def side_by_side(every: Sequence[Planning]) -> Rounds[tuple[Plan, ...] | Refused]:
    """
    Drive several plans at once: what they ask in one round is one batch, and what two of them ask is asked once.

    So all of them see the same world. The first that refuses ends it; of several in one round that is the first in order.
    """
    plans: dict[int, Plan] = {}
    told: dict[int, tuple[Answer, ...] | None] = dict.fromkeys(range(len(every)))
    while told:
        wanted: dict[int, tuple[Query, ...]] = {}
        for index, answers in told.items():
            met = _next(every[index], answers)
            if isinstance(met, Refusal):
                for one in every:
                    one.close()
                return Refused(index, met)
            if isinstance(met, Plan):
                plans[index] = met
            else:
                wanted[index] = met
        told = dict((yield from _asked(wanted))) if wanted else {}
    return tuple(plan for _, plan in sorted(plans.items()))


def _next(planning: Planning, answers: tuple[Answer, ...] | None) -> tuple[Query, ...] | Plan | Refusal:
    try:
        return next(planning) if answers is None else planning.send(answers)
    except StopIteration as stop:
        found: Plan | Refusal = stop.value
        return found


def _asked(wanted: Wanted) -> Rounds[dict[int, tuple[Answer, ...]]]:
    """Ask each question once, whoever asks it. A question is known by its text: some hold what has no hash."""
    texts = {index: tuple(map(msgspec.json.encode, batch)) for index, batch in wanted.items()}
    once = {
        text: query
        for index, batch in wanted.items()
        for text, query in zip(texts[index], batch, strict=True)
    }
    told = dict(zip(once, (yield tuple(once.values())), strict=True))
    return {index: tuple(told[text] for text in batch) for index, batch in texts.items()}


def joined(action: str, parameters: Document, plans: Sequence[Plan]) -> Plan | Refusal:
    """
    Return the plan that does all of these (two at least), in their order, or why they do not go together.

    The forecast is the worst, and it has a way back only where all have one. A pod that two of them would hit is refused:
    each has judged it as if it were alone.
    """
    refusal = _twice(plans) or _moved(plans)
    if refusal is not None:
        return refusal
    hit = _together([plan.blast_radius for plan in plans])
    return Plan(
        action=action,
        parameters=parameters,
        cluster=plans[0].cluster,
        cluster_uid=plans[0].cluster_uid,
        scope=next((plan.scope for plan in plans if plan.scope == WIDE), plans[0].scope),
        strategy=", ".join(dict.fromkeys(plan.strategy for plan in plans)),
        parts=tuple(part for plan in plans for part in plan.parts),
        summary=f"Contain in {plans[0].cluster}: {', '.join(map(_named, _parted(plans)))}",
        eta="; ".join(f"step {n}: {p.eta}" for n, p in enumerate(plans, 1) if p.eta),
        forecast=max((plan.forecast for plan in plans), key=FORECAST_RANK.__getitem__),
        residual=_once(_closable(finding) for plan in plans for finding in plan.residual),
        side_effects=_once(finding for plan in plans for finding in plan.side_effects),
        warnings=_once((*(found for plan in plans for found in plan.warnings), *_shared(plans))),
        means=tuple(dict.fromkeys(told for plan in plans for told in plan.means)),
        unseen=tuple(dict.fromkeys(one for plan in plans for one in plan.unseen)),
        blast_radius=hit,
        reversible=all(plan.reversible for plan in plans),
        also=tuple(target for plan in plans for target in plan.also),
        steps=tuple(map(_step, plans)),
    )


def _parted(plans: Sequence[Plan]) -> Iterator[Target]:
    yield from (part.target for plan in plans for part in plan.parts)


def _named(target: Target) -> str:
    """Name a target as short as tells it from the others of one cluster; what happens to it stands in its step."""
    name = f"{target.namespace}/{target.name}" if target.namespace else target.name
    return name if target.kind in PLAIN else f"{target.kind} {name}"


def _once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(dict.fromkeys(findings))


def _step(plan: Plan) -> PlannedStep:
    return PlannedStep(
        action=plan.action,
        scope=plan.scope,
        strategy=plan.strategy,
        summary=plan.summary,
        parts=len(plan.parts),
        eta=plan.eta,
        forecast=plan.forecast,
        blast_radius=msgspec.structs.replace(plan.blast_radius, flows=""),
        reversible=plan.reversible,
        also=len(plan.also),
        residual=_told(plan.residual),
        side_effects=_told(plan.side_effects),
        warnings=_told(plan.warnings),
        unseen=tuple(dict.fromkeys(one.question for one in plan.unseen)),
    )


def _told(findings: Iterable[Finding]) -> Found:
    return tuple(dict.fromkeys((found.code, found.subject) for found in findings))


def alone(plan: Plan, number: int, parameters: Document) -> Plan:
    """Return what a plan of several agreed on for one step (from 0), as that step's own plan, to be held against another."""
    step = plan.steps[number]
    return msgspec.structs.replace(
        plan,
        action=step.action,
        parameters=parameters,
        scope=step.scope,
        strategy=step.strategy,
        parts=plan.parts[plan.span_of(number)],
        summary=step.summary,
        eta=step.eta,
        forecast=step.forecast,
        residual=_of(plan.residual, step.residual),
        side_effects=_of(plan.side_effects, step.side_effects),
        warnings=_of(plan.warnings, step.warnings),
        unseen=tuple(one for one in plan.unseen if one.question in step.unseen),
        blast_radius=step.blast_radius,
        reversible=step.reversible,
        also=plan.also_of(number),
        steps=(),
    )


def _of(findings: tuple[Finding, ...], told: Found) -> tuple[Finding, ...]:
    return tuple(found for found in findings if (found.code, found.subject) in told)


def _together(every: Sequence[BlastRadius]) -> BlastRadius:
    """Add up who is hit; a Service that several name is one, and what one could not see nobody has seen."""
    left = [one.ready_left for one in every if one.ready_left is not None]
    last = [one.last_ready_replica for one in every]
    return BlastRadius(
        pods=sum(one.pods for one in every),
        services=tuple(dict.fromkeys(name for one in every for name in one.services)),
        ready_left=min(left) if left else None,
        last_ready_replica=True if True in last else None if None in last else False,
        addresses=sum(one.addresses for one in every),
        flows="; ".join(dict.fromkeys(one.flows for one in every if one.flows)),
    )


def _closable(finding: Finding) -> Finding:
    """Leave out what would close it by other means for all targets alike: steps have means of their own."""
    offers = tuple(offer for offer in finding.offers if offer.kind is OfferKind.BLOCK)
    return msgspec.structs.replace(finding, offers=offers)


def _shared(plans: Sequence[Plan]) -> Iterator[Finding]:
    """Say where several steps take endpoints from one Service, of which each has counted its own alone."""
    hit: dict[str, list[int]] = {}
    for number, plan in enumerate(plans, 1):
        for name in plan.blast_radius.services:
            hit.setdefault(name, []).append(number)
    for name, numbers in hit.items():
        if len(numbers) > 1:
            of = " and ".join(map(str, numbers))
            text = f"Service {name} loses endpoints to steps {of}: together they are more than what is said of each"
            yield Finding(SHARED_SERVICE, name, text)


def _twice(plans: Sequence[Plan]) -> Refusal | None:
    """Find what two steps would hit, by what it is and not by its name: a selector catches pods that nobody named."""
    seen: dict[tuple[str, str], int] = {}
    for number, plan in enumerate(plans, 1):
        titles = {(target.kind, target.uid): target.title for target in _targets(plan)}
        both = next((key for key in titles if key in seen), None)
        if both is not None:
            text = f"{titles[both]} is hit by step {seen[both]} and by step {number}"
            return Refusal("target-twice", text, "Leave one of the two out, or ask for them one by one.")
        seen |= dict.fromkeys(titles, number)
    return None


def _targets(plan: Plan) -> Iterable[Target]:
    return (*(part.target for part in plan.parts), *plan.also)


def _moved(plans: Sequence[Plan]) -> Refusal | None:
    """The steps are bound to one cluster, by its identity."""
    uids = {plan.cluster_uid for plan in plans}
    if len(uids) == 1:
        return None
    text = f"{plans[0].cluster} answered as another cluster while the plan was made"
    return Refusal("cluster-unavailable", text, AGAIN)
