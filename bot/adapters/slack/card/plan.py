"""What an approver judges: the targets, the exact changes, who else is hit, and all that stays open."""

import msgspec

from bot.adapters.slack.card.painted import Block, Page
from bot.adapters.slack.card.rich import Line, bullets, fitting, line, rich, say, titled
from bot.domain.findings import BlastRadius, Finding, Forecast
from bot.domain.plans import Plan, Target
from bot.domain.states import PartState

SENTENCE = 400
NAME = 300
FEW = 3
BLIND = 450
"""Characters that are left for what could not be seen, however full the card: it is never only counted."""
WARNED = 900
"""The same for warnings: a mark of ours that somebody forged is told to whoever approves."""

BELOW = "the whole plan, below"


def open_whole(page: Page) -> list[Block]:
    """Return all that stays open, where the top of the card has only the first."""
    plan = page.request.plan
    best = sorted({p.best_verdict for p in plan.parts if p.best_verdict})
    bound: list[Line] = [(say(f"best verdict possible: {', '.join(best)}", 160),)] if best else []
    means: list[Line] = [(say(told, SENTENCE),) for told in plan.means[1:]]
    lines = [*bound, *sentences(plan.residual), *means]
    return titled("All that it won't stop", fitting(lines, page.room(1800), page.more))


def impact(page: Page) -> list[Block]:
    """Return, while it can still be decided, who else is hit in one line, and the gravest warnings."""
    if page.shown.state is not PartState.PROPOSED:
        return []
    plan = page.request.plan
    hit = _hit(_stopped(plan), most=FEW) or ["nothing else is known to be hit"]
    told = [line(say("Also hit: ", bold=True), say(" · ".join(hit), page.room(500)))]
    if plan.blast_radius.flows:
        told.append(line(say("Recent traffic: ", bold=True), say(plan.blast_radius.flows, page.room(400))))
    if plan.warnings:
        warned = fitting(sentences(plan.warnings), page.room(700), BELOW, FEW)
        told += [line(say("🔶 "), say("Warnings", bold=True)), bullets(warned)]
    return [rich(*told)]


def targets(page: Page) -> list[Block]:
    """Return each target with its UID and what is known of it."""
    lines = [target(part.target) for part in page.request.plan.parts]
    title = "Target" if len(lines) == 1 else f"{len(lines)} targets"
    return titled(title, fitting(lines, page.room(2200), page.more))


def target(one: Target, most: int = NAME) -> Line:
    """Return one target with its facts, each of at most so many characters."""
    told = [say(f"{one.kind} ", 60), say(one.title, 600, code=True)]
    if one.uid != one.name:
        told.append(say(f" · UID {one.uid}", 120))
    return (*told, *(say(f" · {name} {value}", most) for name, value in one.details))


def changes(page: Page) -> list[Block]:
    """Return the exact changes in plain words; the objects themselves are in Details."""
    plan = page.request.plan
    lines = [(say(words, SENTENCE),) for part in plan.parts for words in part.words]
    lines += [(say(f"How long it takes: {plan.eta}", SENTENCE),)] if plan.eta else []
    title = "Exactly these changes" + ("" if page.preview else " (whole objects: Details)")
    return titled(title, fitting(lines, page.room(2000), page.more))


def consequences(page: Page) -> list[Block]:
    """Return side effects, blast radius, warnings and what could not be seen."""
    plan = page.request.plan
    unseen = [(say(f"{u.question}: {u.why}", SENTENCE),) for u in plan.unseen]
    irreversible: list[Line] = [] if plan.reversible else [(say("There is no way back.", bold=True),)]
    warnings = [*irreversible, *sentences(plan.warnings)]
    return [
        *titled("Side effects", fitting(sentences(plan.side_effects), page.room(1200), page.more)),
        *titled("Blast radius", fitting(radius(_stopped(plan)), page.room(800), page.more)),
        *titled("🔶 Warnings", fitting(warnings, max(page.room(1200), WARNED), page.more)),
        *titled("Could not be seen", fitting(unseen, max(page.room(600), BLIND), page.more)),
    ]


def sentences(findings: tuple[Finding, ...], most: int = SENTENCE) -> list[Line]:
    """Return findings as lines of at most so many characters."""
    return [(say(finding.text, most),) for finding in findings]


def radius(hit: BlastRadius) -> list[Line]:
    """Return what else is hit, in words, a line each."""
    told = _hit(hit) or ["nothing else is known to be hit"]
    return [(say(text, 500),) for text in (*told, *([f"recent traffic: {hit.flows}"] if hit.flows else []))]


def hits(plan: Plan) -> str:
    """Return who else is hit, in one line; few Services are named."""
    return " · ".join(_hit(_stopped(plan), most=FEW)) or "nothing else that is known"


def _stopped(plan: Plan) -> BlastRadius:
    """Return who is hit. Nobody loses traffic to what nothing enforces; that it counts as so many pods is the policy's matter."""
    hit = plan.blast_radius
    return msgspec.structs.replace(hit, pods=0) if plan.forecast is Forecast.NOT_ENFORCED else hit


def _hit(hit: BlastRadius, most: int = 1000) -> list[str]:
    """Return it in words, the shortest first; ``most`` Services are named."""
    told: list[str] = []
    if hit.pods:
        told.append(f"{hit.pods} {'pod loses' if hit.pods == 1 else 'pods lose'} traffic")
    if hit.addresses:
        told.append(f"{hit.addresses} {'entry' if hit.addresses == 1 else 'entries'} denied")
    if hit.last_ready_replica:
        told.append("it is the LAST Ready replica of its workload")
    elif hit.last_ready_replica is None:
        told.append("whether it is the last Ready replica could not be seen")
    if hit.ready_left is not None:
        told.append(f"Ready replicas left beside it: {hit.ready_left}")
    if hit.services:
        left = len(hit.services) - most
        more = f" and {left} more" if left > 0 else ""
        told.append(f"Services that still send to it: {', '.join(hit.services[:most])}{more}")
    return told


def differs(page: Page) -> list[Block]:
    """Return what is new since the plan that was shown before."""
    request = page.request
    if request.revision == 1 and not request.changed:
        return []
    lines = sentences(request.changed) or [(say("the plan itself: read it as a new one"),)]
    title = f"Plan {request.revision} · earlier approvals are void. What differs from the plan before"
    return titled(title, fitting(lines, page.room(1000), page.more))
