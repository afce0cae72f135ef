"""
A filled form, spelt as the line that somebody would have typed: so that there is one parser, and one truth.

Each piece of the line remembers the block that it came from, so that what the parser says of a word is said at
its field. No field can put words into another: values are single words, none of them a keyword, and the reason,
which may hold anything, stands last.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final

import msgspec

from bot.actions import WORDS
from bot.adapters.slack.commands import Propose
from bot.adapters.slack.drafts import ALONE, CLUSTER, FOR, keywords_of
from bot.adapters.slack.form import ids
from bot.adapters.slack.grammar import Known, Mistake, read
from bot.adapters.slack.mistakes import listed
from bot.adapters.slack.reading import BECAUSE
from bot.adapters.slack.text import incoming, visible
from bot.adapters.slack.words import cut
from bot.domain.actions import Action, Slot, SlotKind
from bot.domain.spelling import phrase

LONGEST_LINE: Final = 2900
LONGEST_ERROR: Final = 300
Values = Mapping[str, tuple[str, ...]]
Errors = dict[str, str]


class Spelt(msgspec.Struct, frozen=True):
    """What a form asks for, and the line that asks the same."""

    line: str
    asked: Propose


class WrongError(Exception):
    """A field cannot be a value; never leaves ``spelt``."""

    def __init__(self, block: str, text: str) -> None:
        super().__init__(text)
        self.block, self.text = block, text


class _Piece(msgspec.Struct, frozen=True):
    text: str
    block: str
    glue: str = " "


def spelt(word: str, values: Values, known: Known) -> Spelt | Errors:
    """Return what the form of an action asks for, or what is wrong by block. Never raises."""
    kind = WORDS.get(word)
    if kind is None or values.get(ids.ACTION, (word,)) != (word,):
        text = "The fields below are not those of this action yet: choose it once more."
        return {ids.ACTION: text}
    try:
        pieces = list(_pieces(kind, values))
    except WrongError as error:
        return {error.block: _told(error.text)}
    line = word + "".join(piece.glue + piece.text for piece in pieces)
    if len(line) > LONGEST_LINE:
        over = f"All of it together has {len(line)} characters; {LONGEST_LINE} are the most."
        return {ids.REASON: f"{over} Shorten the reason by {len(line) - LONGEST_LINE}."}
    found = read(line, known)
    if isinstance(found, Propose):
        return Spelt(line, found)
    if isinstance(found, Mistake):
        return {_blamed(word, pieces, found.position): _told(_sentence(found))}
    return {ids.ACTION: "Fill in what it shall be done to."}


def _pieces(kind: type[Action], values: Values) -> Iterator[_Piece]:
    places = [slot for slot in kind.slots if not slot.keyword]
    for slot in (*places, *(slot for slot in kind.slots if slot.keyword)):
        yield from _slot(kind, slot, values)
    lease = incoming(" ".join(values.get(ids.LEASE, ())))
    if lease:
        yield _Piece(f"{FOR} {_plain(kind, ids.LEASE, lease)}", ids.LEASE)
    reason = incoming(" ".join(values.get(ids.REASON, ())))
    if reason:
        yield _Piece(f"{BECAUSE} {reason}", ids.REASON)


def _slot(kind: type[Action], slot: Slot, values: Values) -> Iterator[_Piece]:
    found = list(_READ[slot.kind](kind, slot, values))
    if not found and slot.required:
        raise WrongError(ids.chosen(slot.field), f"Nothing stands here. Choose or type {slot.help}.")
    if found and slot.keyword:
        yield _Piece(slot.keyword, found[0].block)
    glue = " " if slot.kind is SlotKind.STEPS else ","
    for index, piece in enumerate(found):
        yield msgspec.structs.replace(piece, glue=glue if index else " ")


def _several(kind: type[Action], slot: Slot, values: Values) -> Iterator[_Piece]:
    """Yield what was chosen, then what was typed: names divided by commas, blanks or lines."""
    for block in (ids.chosen(slot.field), ids.typed(slot.field)):
        for value in values.get(block, ()):
            if value == ids.UNKNOWN:
                continue
            plain = incoming(value.replace("\n", " "))
            for word in _plain(kind, block, plain).replace(",", " ").split():
                yield _Piece(word, block)


def _one(kind: type[Action], slot: Slot, values: Values) -> Iterator[_Piece]:
    found = list(_several(kind, slot, values))
    if len({piece.text for piece in found}) > 1:
        raise WrongError(found[-1].block, "These are two. Choose one, or type one.")
    yield from found[:1]


def _choice(kind: type[Action], slot: Slot, values: Values) -> Iterator[_Piece]:
    del kind
    block = ids.chosen(slot.field)
    for value in values.get(block, ())[:1]:
        if value not in slot.choices:
            raise WrongError(block, f"That is none of the choices. Choose one of: {listed(slot.choices)}.")
        yield _Piece(value, block)


def _steps(kind: type[Action], slot: Slot, values: Values) -> Iterator[_Piece]:
    """Yield the chosen pods, those of a namespace together, then what was typed, in which keywords of steps may stand."""
    chosen = [value for value in values.get(ids.chosen(slot.field), ()) if value != ids.UNKNOWN]
    for value in sorted(chosen, key=lambda value: _first_of(value, chosen)):
        for word in _plain(kind, ids.chosen(slot.field), incoming(value)).replace(",", " ").split():
            yield _Piece(word, ids.chosen(slot.field))
    block = ids.typed(slot.field)
    own = {one.keyword for step in kind.composes for one in step.slots if one.keyword} - {CLUSTER}
    flags = {flag for step in kind.composes for flag in step.flags}
    for value in values.get(block, ()):
        words = _plain(kind, block, incoming(value.replace("\n", " ")), own).split()
        if words and (words[0].casefold() in own | flags):
            raise WrongError(
                block, f"{words[0]!r} stands behind what it is meant for, and here stands nothing before it."
            )
        yield from (_Piece(word, block) for word in words)


def _first_of(value: str, chosen: list[str]) -> int:
    place = value.rpartition("/")[0]
    return next(at for at, one in enumerate(chosen) if one.rpartition("/")[0] == place)


_READ: Final[dict[SlotKind, Callable[[type[Action], Slot, Values], Iterator[_Piece]]]] = {
    SlotKind.PODS: _several,
    SlotKind.ADDRESSES: _several,
    SlotKind.CLUSTER: _one,
    SlotKind.CHOICE: _choice,
    SlotKind.ALLOWED: _several,
    SlotKind.STEPS: _steps,
}


def _plain(kind: type[Action], block: str, text: str, fine: Collection[str] = ()) -> str:
    """Return words that stay in their place in a line: no quotes, no keyword but those that are ``fine``."""
    if '"' in text or "'" in text:
        raise WrongError(block, "There are quotes in it. Write it without quotes.")
    keywords = set(keywords_of(kind)).difference(fine)
    stray = next((word.text for word in cut(text).words if word.folded in keywords), "")
    if stray:
        raise WrongError(block, f"{stray!r} does not belong here. {_instead(stray.casefold())}")
    return text


def _instead(keyword: str) -> str:
    match keyword:
        case _ if keyword == FOR:
            return "Write how long in its own field, without the word."
        case _ if keyword == BECAUSE:
            return "Write the reason in its own field, without the word."
        case _ if keyword in ALONE:
            return "Leave it out: the plan comes next, and offers it where the policy allows it."
        case _:
            return "Leave it out: what it is about has its own field."


def _blamed(word: str, pieces: list[_Piece], position: int) -> str:
    """Return the block whose piece stands at a position; past the end it is the last place."""
    at = len(word)
    if position < at:
        return ids.ACTION
    for piece in pieces:
        at += len(piece.glue) + len(piece.text)
        if position < at:
            return piece.block
    return pieces[-1].block if pieces else ids.ACTION


def _sentence(mistake: Mistake) -> str:
    near = f" Did you mean: {listed(mistake.nearest)}?" if mistake.nearest else ""
    return f"{mistake.text}{near} {mistake.remedy}".strip()


def _told(text: str) -> str:
    return visible(text, LONGEST_ERROR)


def values_of(asked: Propose, lease: str) -> dict[str, tuple[str, ...]]:
    """Return the values of a form that asks this; ``lease`` is the length as typed."""
    action = asked.action
    found: dict[str, tuple[str, ...]] = {
        ids.LEASE: (lease,) if lease else (),
        ids.REASON: (asked.reason,) if asked.reason else (),
    }
    for slot in action.slots:
        value = getattr(action, slot.field)
        several = value if isinstance(value, tuple) else (value,)
        if slot.kind is SlotKind.STEPS:
            found |= _of_steps(slot, action)
            continue
        if slot.kind is SlotKind.PODS:
            several = _paths(action)
        found[ids.chosen(slot.field)] = several
    return found


def _paths(action: Action) -> tuple[str, ...]:
    return tuple("/".join((action.at_cluster, *place)) for place in action.places)


def _of_steps(slot: Slot, action: Action) -> dict[str, tuple[str, ...]]:
    """Pods of which nothing more is said are chosen, all else is typed as people type it."""
    chosen: list[str] = []
    typed: list[str] = []
    for step in action.each:
        place, *more = step.slots
        plain = place.kind is SlotKind.PODS and not step.thing[1]
        if plain and not any(step.said(one.field) for one in more):
            chosen += _paths(step)
        else:
            typed.append(phrase(step))
    return {ids.chosen(slot.field): tuple(chosen), ids.typed(slot.field): tuple(typed)}
