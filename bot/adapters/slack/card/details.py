"""The modal behind Details: everything, whole objects and whole commands, as far as Slack takes it."""

import json
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from bot.adapters.slack.card.byhand import of_parts
from bot.adapters.slack.card.evidence import evidence_lines
from bot.adapters.slack.card.flows import flow_lines
from bot.adapters.slack.card.kit import modal, stamped
from bot.adapters.slack.card.painted import AUDIT, Block, Page, value_of
from bot.adapters.slack.card.parts import difference
from bot.adapters.slack.card.plan import sentences, target
from bot.adapters.slack.card.rich import DAY, Line, code, line, rich, say, titled, when
from bot.domain.changes import Change, Contribute, Create, Delete, Patch
from bot.domain.plans import Part
from bot.domain.requests import PartRow
from bot.engine.reading import Shown

CALLBACK_ID: Final = "ir_details_modal"
VIEW_BLOCKS: Final = 96
VIEW_BYTES: Final = 240_000
LINE: Final = 3000
OBJECT: Final = 8000


def details(shown: Shown) -> Block:
    """Return the view; what does not fit is counted, with where to read it."""
    page = Page(shown)
    every = list(_blocks(page))
    kept, room = 0, VIEW_BYTES
    for block in every[:VIEW_BLOCKS]:
        room -= len(json.dumps(block)) + 64  # the length as escaped, and the block's id
        if room < 0:
            break
        kept += 1
    blocks = every[:kept]
    if kept < len(every):
        blocks.append(rich(line(say(f"… {len(every) - kept} more sections: {AUDIT}"))))
    return modal(CALLBACK_ID, page.request.id, stamped(blocks), value_of(page.request))


def _blocks(page: Page) -> Iterator[Block]:
    request, plan = page.request, page.request.plan
    yield rich(line(say(plan.summary, LINE, bold=True)))
    yield rich(
        line(
            say("Digest "), say(request.digest, 200, code=True), say(f" · policy {request.policy_hash}", 200)
        )
    )
    for row in page.shown.rows:
        yield from _part(row)
    yield from _chunks("Captured before the cut", evidence_lines(page))
    yield from _chunks("Flows", flow_lines(page))
    yield from _lists(page)
    for vote in page.shown.votes:
        yield rich(
            line(
                say(f"{vote.decision} by {vote.voter.key} ", bold=True),
                when(vote.at, DAY),
                say(f" {vote.reason}" if vote.reason else " without a reason", LINE),
                *([say(" · VOID: disowned "), when(vote.voided_at, DAY)] if vote.voided_at else []),
            )
        )
    yield rich(line(say("Parameters", bold=True)), *_object(_json(plan.parameters.value)))
    if request.reason:
        yield rich(line(say("Reason: ", bold=True), say(request.reason, LINE)))


def _lists(page: Page) -> Iterator[Block]:
    plan = page.request.plan
    unseen: list[Line] = [(say(f"{u.question}: {u.why}", LINE),) for u in plan.unseen]
    services: list[Line] = [(say(name, 300),) for name in plan.blast_radius.services]
    yield from _chunks("What it won't stop", sentences(plan.residual, LINE))
    yield from _chunks("Side effects", sentences(plan.side_effects, LINE))
    yield from _chunks("Warnings", sentences(plan.warnings, LINE))
    yield from _chunks("Could not be seen", unseen)
    yield from _chunks("Services that still send to it", services)
    yield from _chunks("What differs from the plan before", sentences(page.request.changed, LINE))


def _chunks(title: str, lines: list[Line]) -> Iterator[Block]:
    for start in range(0, len(lines), 10):
        yield from titled(title, lines[start : start + 10])


def _part(row: PartRow) -> Iterator[Block]:
    words: list[Line] = [target(row.part.target, LINE), *((say(w, LINE),) for w in row.part.words)]
    yield from titled(f"Part {row.index + 1}", words)
    yield rich(*(piece for change in row.part.changes for piece in _object(_json(_plain(change)))))
    yield _commands(row.part)
    yield from _chunks("Someone changed what we wrote", [difference(one) for one in row.drift])
    proof: list[Line] = [(say(f"{e.rung} {e.text} ", 500), when(e.at, DAY)) for e in row.evidence]
    yield from _chunks("Evidence", proof)
    if row.trouble:
        yield rich(line(say("Trouble: ", bold=True), say(row.trouble, LINE)))


def _object(text: str) -> list[Block]:
    """An object may be read in part, and is cut visibly; a command never is."""
    if len(text) <= OBJECT:
        return [code(text)]
    left = f"… {len(text) - OBJECT} more characters: {AUDIT}"
    return [code(text[:OBJECT]), line(say(left))]


def _commands(part: Part) -> Block:
    size = sum(len(command) for command in (*part.commands.do, *part.commands.undo))
    if size <= 2 * OBJECT:
        return of_parts([part])
    return rich(line(say(f"The commands to do and undo it by hand are {size} characters: {AUDIT}")))


def _plain(change: Change) -> Any:
    match change:
        case Create(_, body):
            return {"create": body.value}
        case Delete(_, body):
            return {"delete": body.value}
        case Patch(ref, uid, keys):
            return {"patch": str(ref), "uid": uid, "keys": msgspec.to_builtins(keys)}
        case Contribute(thing, entry):
            return {"contribute": entry, "to": thing.id}


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)
