"""What a plan of several actions does, one line for each: what, how surely and how soon, and then how it stands."""

from collections.abc import Iterator

from bot.adapters.slack.card.painted import Block, Page
from bot.adapters.slack.card.rich import Line, line, rich, say
from bot.adapters.slack.card.words import STATE_WORDS
from bot.adapters.slack.text import visible
from bot.domain.actions import OnExpiry
from bot.domain.evidence import ADDRESS
from bot.domain.plans import Part, PlannedStep
from bot.domain.refs import POD
from bot.domain.requests import state_of
from bot.domain.states import FINAL, PartState

SENTENCE = 300
TOLD, LEAST = 1400, 840
"""Characters of all steps together, and on a full card: more than the headline of one action has for its names."""
SHORT = 60
"""Characters of a step on the fullest card: each of them is there, however little of it is said."""
NOUNS = {POD.kind: "pods", ADDRESS.kind: "addresses"}


def steps(page: Page) -> list[Block]:
    """Return the steps, and that all of them stay together; nothing for a plan of one action."""
    planned = page.request.plan.steps
    if not planned or page.shown.state in FINAL:
        return []
    head = line(say(f"{len(planned)} steps", bold=True), say(": one approval, one lease, one way back"))
    rooms = _rooms([len(visible(step.summary)) for step in planned], max(LEAST, page.room(TOLD)))
    each = zip(_standing(page), rooms, strict=True)
    lines = [_step(page, number, *one, room) for number, (one, room) in enumerate(each, 1)]
    told = [head, *(line(*each) for each in lines)]
    held = page.request.terms.on_expiry == OnExpiry.HOLD
    if held and any(step.blast_radius.addresses for step in planned):
        told.append(line(say("When the lease ends all of it stays, blocks too, until a person decides.")))
    return [rich(*told)]


def _rooms(wanted: list[int], room: int) -> list[int]:
    """Share out the room: what a short step leaves is for the long ones."""
    shares = dict[int, int]()
    for place, index in enumerate(sorted(range(len(wanted)), key=wanted.__getitem__)):
        shares[index] = max(SHORT, min(wanted[index], room // (len(wanted) - place)))
        room -= shares[index]
    return [shares[index] for index in range(len(wanted))]


def _standing(page: Page) -> Iterator[tuple[PlannedStep, tuple[Part, ...], PartState]]:
    plan = page.request.plan
    for number, (step, parts) in enumerate(plan.by_step()):
        yield step, parts, state_of(page.shown.rows[plan.span_of(number)])


def _step(
    page: Page, number: int, step: PlannedStep, parts: tuple[Part, ...], state: PartState, room: int
) -> Line:
    """Until it is decided a step says what is expected of it, then how it stands."""
    summary: Line = (say(step.summary, room), *_counted(page, step, parts, room))
    if page.shown.state is PartState.PROPOSED:
        soon = f" · {step.eta}" if step.eta else ""
        told = (*summary, say(f" · forecast {step.forecast}"), say(soon, page.room(SENTENCE)))
    else:
        sign, words, _ = STATE_WORDS[state]
        told = (say(f"{sign} "), say(f"{words}: ", bold=True), *summary)
    return (say(f"{number}. ", bold=True), *told)


def _counted(page: Page, step: PlannedStep, parts: tuple[Part, ...], room: int) -> Line:
    """Where not all targets are named, say how many there are, and where they stand."""
    if len(parts) < 2 or len(visible(step.summary)) <= room:
        return ()
    noun = NOUNS.get(parts[0].target.kind, "targets")
    return (say(f" · {len(parts)} {noun}, all in {page.more.removeprefix('in ')}"),)
