"""What a group names, and what the cluster knows of it: never more than was seen."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from bot.adapters.slack.board.page import Leaf
from bot.adapters.slack.card.painted import Block
from bot.adapters.slack.card.rich import Line, bullets, line, rich, say, when
from bot.domain.alerts import Role, Subject
from bot.domain.numbers import many
from bot.domain.suggestions import Resolved, Standing

SHOWN: Final = 5
STRANGE: Final = 2
"""So many of those that are not there, or of which that is not known, keep their place among those shown."""
UNREAD: Final = 2
NAME: Final = 110
TEXT: Final = 200

SIGNS: Final = {
    Standing.FOUND: ("✅", "found"),
    Standing.ABSENT: ("❌", "NOT THERE"),
    Standing.UNKNOWN: ("❔", "not known"),
}
"""Sign and words of a standing, as strong as what was seen."""

OURS: Final = ("🏠", "OUR OWN")
"""An address of the cluster, the firewall or Azure itself: nobody blocks it."""

LOOSE: Final = "🔓"
"""A request is on record for it, which is not known to hold it: the text says why."""


def subjects(leaf: Leaf) -> list[Block]:
    """Return what is named, in a few lines: what is there and what is not; the rest is counted."""
    group = leaf.group
    left_out = [rich(line(*each)) for each in _left_out(leaf)]
    if leaf.over:
        return left_out
    if not group.named and not group.unread:
        return [rich(line(say("It names nothing that could be looked up."))), *left_out]
    lines = list(_looked_up(leaf) if leaf.board.looked_at else _named(leaf))
    lines += _unasked(leaf)
    lines += _unread(leaf)
    return [rich(line(*_title(leaf)), bullets(lines)), *left_out]


def _title(leaf: Leaf) -> Line:
    looked = leaf.board.looked_at
    if looked is None:
        return (say("It names", bold=True), say(" (nobody has looked yet whether it is there)"))
    count = Counter(one.standing for one in leaf.board.resolved)
    told = ", ".join(
        f"{count[standing]} {words}" for standing, (_, words) in SIGNS.items() if count[standing]
    )
    return (say("It names", bold=True), say(f" ({told or 'nothing'}, as seen "), when(looked), say(")"))


def chosen(resolved: Sequence[Resolved], most: int) -> tuple[Resolved, ...]:
    """Return those that stand on the card: what is there first, and never without what is not."""
    found = [one for one in resolved if one.standing is Standing.FOUND]
    strange = [one for one in resolved if one.standing is not Standing.FOUND]
    room = max(most - len(found), min(STRANGE, len(strange), max(1, most // 2)))
    return (*found[: most - min(room, len(strange))], *strange[:room])


def _looked_up(leaf: Leaf) -> Iterator[Line]:
    kept = chosen(leaf.board.resolved, leaf.few(SHOWN))
    for one in kept:
        sign, words = SIGNS[one.standing] if not one.ours else OURS
        sign = LOOSE if one.loose and not one.ours else sign
        told = one.text or words
        lead = "" if one.standing is Standing.FOUND and not one.ours else f"{words}: "
        yield (say(f"{sign} "), *name_of(one.subject), say(f" · {lead}{told}", max(60, leaf.room(TEXT))))
    yield from _rest(leaf, len(leaf.board.resolved) - len(kept))


def _named(leaf: Leaf) -> Iterator[Line]:
    kept = leaf.group.named[: leaf.few(SHOWN)]
    for each in kept:
        yield name_of(each.subject)
    yield from _rest(leaf, len(leaf.group.named) - len(kept))


def _rest(leaf: Leaf, left: int) -> Iterator[Line]:
    if left > 0:
        least = "at least " if leaf.group.others else ""
        yield (say(f"… and {least}{left} more: "), say(leaf.more, code=True))


def _unasked(leaf: Leaf) -> Iterator[Line]:
    if leaf.board.left:
        told = f"not looked at: at least {leaf.board.left} more, which older alerts name"
        yield (say(f"🔶 {told}; nothing is suggested for them"),)


def _unread(leaf: Leaf) -> Iterator[Line]:
    unread, shown = leaf.group.unread, leaf.few(UNREAD)
    for told in unread[:shown]:
        yield (say("🔶 not looked up: "), say(told, max(40, leaf.room(TEXT))))
    more = len(unread[shown:]) + leaf.group.unread_more
    if more:
        yield (say(f"🔶 … and {more} more that were not looked up: "), say(leaf.more, code=True))


def _left_out(leaf: Leaf) -> Iterator[Line]:
    if leaf.group.left_out:
        told = f"its sender left {many(leaf.group.left_out, 'more alert')} out of a post (max_alerts): they are on no card"
        yield (say(f"🔶 {told}"),)


def name_of(subject: Subject, most: int = NAME) -> Line:
    """Return what kind of thing it is, and its name with its place."""
    where = "/".join(part for part in (subject.namespace, subject.name) if part)
    kind = (subject.owner or subject.kind.value).replace("_", " ")
    role = "" if subject.role is Role.UNTOLD else f" ({subject.role.value})"
    return (say(f"{kind} ", 60), say(where, most, code=True), *([say(role)] if role else []))
