"""What stays open, for whoever has five seconds: the worst first, by which policy, and the buttons that close it."""

from collections.abc import Iterator
from typing import Final

from bot.adapters.slack.card.kit import button
from bot.adapters.slack.card.painted import Block, Page, value_of
from bot.adapters.slack.card.rich import Line, bullets, fitting, length, line, rich, say
from bot.adapters.slack.card.words import CLEAR, FORECAST_LEADS, FORECAST_WORDS, MEANS_WORDS, RUNG_WORDS, WHY
from bot.domain.findings import Finding, Forecast, Offer, OfferKind, Verdict
from bot.domain.ladder.verdicts import reason
from bot.domain.plans import Plan
from bot.domain.quarantine.closing import closing
from bot.domain.requests import Evidence, PartRow
from bot.domain.residual.worst import RANK, Place
from bot.domain.states import PartState

SENTENCE: Final = 400
FEW: Final = 3
BELOW: Final = "the whole plan, below"
CLOSE: Final = "ir_close_"
OPEN: Final = "open-"
GRAVE: Final = ("node-boundary", "not-enforced", "enforcement-unknown", "not-modelled")
"""Classes that stand at the top beside what is open; an engine's constant holes stand below."""


def residual(page: Page) -> list[Block]:
    """Return the forecast in words and sign, the worst that stays open, by which means, and the buttons."""
    plan = page.request.plan
    grave = gravest(plan)
    lead, rest = (_refuted(), grave) if _wrong(page) else _lead(plan, grave)
    fitted = fitting(rest, page.room(700), BELOW, FEW - 1 if _opened(plan) else FEW)
    told = [line(*lead), *([bullets(fitted)] if fitted else []), *_means(page, len(grave))]
    return [rich(*told), *_closing(page)]


def _lead(plan: Plan, grave: list[Line]) -> tuple[Line, list[Line]]:
    """Return the first line; where something is known to stay open, the worst stands in it."""
    sign, words = FORECAST_LEADS[plan.forecast]
    named = (say(f"{sign} "), say(words, bold=True))
    told = say(f" · forecast {_forecast(plan)}")
    if plan.forecast is Forecast.PARTIAL and _opened(plan):
        first, *rest = grave
        return (*named, say(": "), *first), rest
    return (*named, told), grave


def _forecast(plan: Plan) -> str:
    """Return it with its meaning; of steps that differ each by itself, for the worst leads the line already."""
    if len({step.forecast for step in plan.steps}) > 1:
        return "by step: " + ", ".join(f"{n}. {step.forecast}" for n, step in enumerate(plan.steps, 1))
    return plan.forecast if plan.forecast in CLEAR else f"{plan.forecast}: {FORECAST_WORDS[plan.forecast]}"


def _wrong(page: Page) -> bool:
    """Whether something was measured to pass of which the forecast knew nothing."""
    forecast = page.request.plan.forecast
    return forecast is Forecast.FULL and any(row.verdict is Verdict.PARTIAL for row in page.shown.rows)


def _refuted() -> Line:
    return (say("🚪 "), say("MORE IS OPEN THAN THE PLAN KNEW", bold=True), say(" · forecast was FULL"))


def _opened(plan: Plan) -> bool:
    return plan.forecast is Forecast.PARTIAL and any(f.code.startswith(OPEN) for f in plan.residual)


def gravest(plan: Plan) -> list[Line]:
    """Return what stands at the top: what is open, worst first, or all that is known of an action without means."""
    if not plan.means:
        return [(say(finding.text, SENTENCE),) for finding in plan.residual]
    grave = [(say(finding.text, SENTENCE),) for finding in plan.residual if finding.code in GRAVE]
    ways = list(openings(plan))
    return [*ways, *grave] if plan.forecast is Forecast.PARTIAL else [*grave, *ways]


def openings(plan: Plan) -> Iterator[Line]:
    """Yield what policies leave open, worst first; what is open for several targets alike is one line."""
    names = _names(plan)
    found = sorted(_alike(plan).items(), key=lambda item: item[0][0])
    for (_, words), some in found:
        of = {name for name, _ in some}
        told = f"all {len(of)}" if len(of) == len(names) else f"{len(of)} of {len(names)}"
        many = [say(f" · {told} pods")] if len(names) > 1 else []
        yield (*_emphasised(words), *many)


def _alike(plan: Plan) -> dict[tuple[int, str], list[tuple[str, Finding]]]:
    """Return what policies leave open by rank and words, with the targets that it is open for."""
    names = _names(plan)
    found: dict[tuple[int, str], list[tuple[str, Finding]]] = {}
    for finding in plan.residual:
        if finding.code.startswith(OPEN):
            words, name = _spoken(finding, names)
            found.setdefault((_rank(finding), words), []).append((name, finding))
    return found


def _names(plan: Plan) -> list[str]:
    """Return the targets that policies are about: an address is none."""
    of = (part.target for part in plan.parts if part.target.namespace)
    return [f"{target.namespace}/{target.name}" for target in of]


def _rank(finding: Finding) -> int:
    places = {place.value: place for place in Place}
    place = places.get(finding.code.removeprefix(OPEN))
    return RANK[place] if place else len(RANK)


def _spoken(finding: Finding, names: list[str]) -> tuple[str, str]:
    """Return the sentence as seen from the target, which the card has named already, and which target it is."""
    for name in names:
        outward, inward = f"{name} can reach ", f" can reach {name} on "
        if finding.text.startswith(outward):
            return f"out to {finding.text.removeprefix(outward)}", name
        if inward in finding.text:
            who, _, how = finding.text.partition(inward)
            return f"in from {who} on {how}", name
    return finding.text, finding.subject


def _emphasised(words: str) -> Line:
    """Return it with whom it is about in bold, up to the reason."""
    what, colon, why = words.rpartition(": ")
    if not colon:
        return (say(words, SENTENCE),)
    return (say(what, SENTENCE, bold=True), say(f", {why}", SENTENCE))


def _means(page: Page, shown: int) -> list[Block]:
    plan = page.request.plan
    if not (plan.means or plan.steps):
        return []
    below = len(plan.residual) - sum(f.code.startswith(OPEN) or f.code in GRAVE for f in plan.residual)
    limits = f"{below} {'limit' if below == 1 else 'limits'} that it always has: {BELOW}" if below else ""
    forecast = f"forecast {plan.forecast}" if _opened(plan) and shown else ""
    beside = " · ".join(filter(None, (forecast, limits)))
    if plan.steps:  # which means is whose stands with the steps
        return [line(say(beside))] if beside else []
    name, _, why = plan.means[0].partition(": ")
    told: Line = (
        say("By "),
        say(MEANS_WORDS.get(name, name), 60, bold=True),
        say(f": {why}", page.room(300)),
    )
    return [line(*told, say(f" · {beside}"))] if beside else [line(*told)]


def _closing(page: Page) -> list[Block]:
    """Return the buttons, or what one adds to the command where nothing can be clicked."""
    plan, decided = page.request.plan, page.shown.state is not PartState.PROPOSED
    offers = closing(plan, decided=decided, rows=page.shown.rows)
    if not offers:
        return []
    if page.preview:
        told = " · ".join(_typed(offer) for offer in offers)
        return [rich(line(say("Would close it: ", bold=True), say(told)))]
    value = value_of(page.request)
    return [
        {
            "type": "actions",
            "elements": [
                button(f"{CLOSE}{n}", _label(plan, offer), value) for n, offer in enumerate(offers, 1)
            ],
        }
    ]


def _typed(offer: Offer) -> str:
    return f"/ir block {offer.value}" if offer.kind is OfferKind.BLOCK else f"using {offer.value}"


def _label(plan: Plan, offer: Offer) -> str:
    """Return what a button says: how much of what is open it closes, and how."""
    lines = _alike(plan).values()
    every, closed = len(lines), sum(all(offer in one.offers for _, one in some) for some in lines)
    much = "Close it" if closed in {0, every} else f"Close {closed} of {every}"
    match offer.kind:
        case OfferKind.DENY:
            return f"{much}: {offer.value.partition('-')[0].capitalize()}'s own deny…"
        case OfferKind.DETACH:
            return f"{much}: other labels (detach)…"
        case OfferKind.BLOCK:
            return f"{much}: block {offer.value}…"


def proofs(page: Page) -> list[Block]:
    """Return by which evidence one target's verdict stands, a rung each; several have it below."""
    rows = page.shown.rows
    if len(rows) != 1 or page.shown.state is not PartState.APPLIED or rows[0].verdict is None:
        return []
    newest: dict[str, Evidence] = {proof.rung: proof for proof in rows[0].evidence}
    above = reason(rows[0].verdict, rows[0].evidence)[:WHY]
    told = [_rung(proof, above) for _, proof in sorted(newest.items())]
    kept = [one for one in told if length(one) <= page.room(220)]
    proved = [rich(line(say("Proved so far", bold=True)), bullets(kept))] if kept else []
    return [*proved, *_uncalled(rows[0])]


def _rung(proof: Evidence, above: str) -> Line:
    """Return what one rung showed; what it did not show is said first, and what stands at the top not twice."""
    named = say(f"{proof.rung} ", bold=True)
    word = RUNG_WORDS.get(proof.outcome, "")
    if word and proof.text and proof.text in above:
        return (named, say(f"{word}: as the top says"))
    return (named, say(f"{word}: {proof.text}" if word else proof.text, 200))


def _uncalled(row: PartRow) -> list[Block]:
    if not row.uncalled:
        return []
    many = "1 more hole was" if row.uncalled == 1 else f"{row.uncalled} more holes were"
    return [rich(line(say("🔇 "), say(f"{many} found since, and nobody was called for it")))]
