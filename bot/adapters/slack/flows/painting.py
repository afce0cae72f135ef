"""Answers about flows, painted: what matters most first, then who, when and by whom it is known."""

from collections.abc import Iterable
from typing import Final

import msgspec

from bot.adapters.slack.card.kit import button
from bot.adapters.slack.card.painted import Block
from bot.adapters.slack.card.rich import bullets, code, line, rich, say, titled
from bot.adapters.slack.flows import tables
from bot.adapters.slack.flows.aims import Aim, Answer, aims
from bot.adapters.slack.flows.marks import BLOCK, CONTAIN, EXPLAIN, KEEP, QUARANTINE, value_of
from bot.domain.flows import wording
from bot.domain.flows.telling import Seen, Swept, Traced
from bot.domain.telling import Section

HEADLINE: Final = 1500
LINE: Final = 600
NAME: Final = 120
MOST_BLOCKS: Final = 50
"""Blocks of a message (docs.slack.dev/reference/block-kit/blocks)."""
LABEL: Final = 28
"""Characters of a button: phones cut longer ones."""


def blocks_of(text: str, answer: Answer, note: int) -> list[Block]:
    """Return the message for whoever asked; ``note`` is the number of the stored answer, 0 for one without buttons."""
    headline = rich(line(say(text, HEADLINE, bold=True)))
    match answer:
        case Seen():
            return [headline, *_seen(answer, note)]
        case Traced():
            sections = wording.traced(answer)
            return [headline, *_headed(sections[:1]), *_buttons(answer, note), *_headed(sections[1:])]
        case Swept():
            table, sections = tables.sweep(answer), wording.swept(answer)
            beside = tuple(map(_beside_the_table, sections)) if table else sections
            return _bounded([headline, *table, *_buttons(answer, note)], beside, answer)


def _bounded(first: list[Block], sections: tuple[Section, ...], swept: Swept) -> list[Block]:
    """Return what one message can hold: of very many clusters first who talked there, then by whom that is known."""
    whole = [*first, *_headed(sections)]
    if len(whole) <= MOST_BLOCKS:
        return whole
    met = {one.asked.cluster for one in swept.found if one.summary.peers}
    clusters = {one.asked.cluster for one in swept.found}
    weight = {**dict.fromkeys(clusters, 1), **dict.fromkeys(met, 0)}
    order = sorted(sections, key=lambda section: weight.get(section.title, 2))
    left = "… and more than one message holds. Ask one cluster alone for all of it: "
    more = rich(line(say(left), say(f"/ir flows {swept.address} cluster NAME", code=True)))
    kept = [*first, *_headed(order)][: MOST_BLOCKS - 1]
    return [*kept, more]


def _seen(seen: Seen, note: int) -> list[Block]:
    sections = {section.title: section for section in wording.seen(seen)}
    top = sections.pop("Top talkers", None)
    steps = sections.pop("What could be done", None)
    more = len(seen.summary.peers) - tables.ROWS + seen.left
    left = [rich(line(say(f"… {more} more: see the file")))] if top and more > 0 else []
    time = tables.over_time(seen)
    when = [rich(line(say("When: ", bold=True), say(time)))] if time else []
    return [
        *(_headed([steps]) if steps else []),
        *tables.peers(seen),
        *left,
        *tables.chart(seen),
        *when,
        *_buttons(seen, note),
        *_headed(sections.values()),
    ]


def _beside_the_table(section: Section) -> Section:
    """Return a section without the lines that stand in the table."""
    kept = tuple(text for text in section.lines if not text.startswith(("→ ", "← ")))
    return msgspec.structs.replace(section, lines=kept)


def _headed(sections: Iterable[Section]) -> list[Block]:
    found: list[Block] = []
    for section in sections:
        if section.table:
            found.append(rich(line(say(section.title, bold=True)), code("\n".join(section.lines))))
        else:
            found += titled(section.title, [(say(text, LINE),) for text in section.lines])
    return found


def _buttons(answer: Answer, note: int) -> list[Block]:
    """Each place has its name above: a button alone would not say about whom."""
    found: list[Block] = []
    for aim in aims(answer) if note else ():
        row = _row(aim, answer, note)
        if row:
            found += [
                rich(bullets([(say(aim.title, NAME, code=True),)])),
                {"type": "actions", "elements": row},
            ]
    return found


def _row(aim: Aim, answer: Answer, note: int) -> list[Block]:
    value = value_of(note, aim.place, answer.origin)
    offers = (
        (BLOCK, "Block…", bool(aim.addresses)),
        (QUARANTINE, "Quarantine…", bool(aim.pods)),
        (CONTAIN, "Contain these…", aim.chosen is not None),
        (EXPLAIN, "Explain", aim.wish is not None),
        (KEEP, "Keep", isinstance(answer, Seen) and bool(answer.summary.peers)),
    )
    return [button(action, label, value) for action, label, wanted in offers if wanted]
