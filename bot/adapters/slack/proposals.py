"""An action as typed: its slots from the catalogue, ``for``, ``because``, and the cluster that is never guessed."""

from collections.abc import Callable, Iterable
from typing import Final

from bot.adapters.slack.commands import Propose
from bot.adapters.slack.drafts import ALONE, CLUSTER, FOR, Draft
from bot.adapters.slack.mistakes import listed
from bot.adapters.slack.reading import BECAUSE, Line, MistakenError
from bot.adapters.slack.words import Word, items
from bot.domain.actions import Action, Slot, SlotKind
from bot.domain.requests import Mode

REPLAY: Final = "replay"
REPLAYED: Final = range(60, 30 * 86400 + 1)
"""Seconds of flows that a plan can be run over: as long as logs keep them by default."""
UNMISTAKABLE: Final = 7
"""Characters from which on a word in an error's sentence is what was typed, and not English."""

NAMESPACE: Final = "namespace"


def proposal(line: Line, kind: type[Action], *, preview: bool) -> Propose:
    """Read what follows an action's word; raises ``MistakenError`` at the first word that is wrong."""
    draft = Draft(line, kind, line.words.at(line.index - 1))
    places = [slot for slot in kind.slots if not slot.keyword]
    reason = ""
    while line.left:
        word = line.peek()
        if word.folded == BECAUSE:
            reason = line.reason(required=False)
        elif draft.is_keyword(word) or (preview and word.folded == REPLAY):
            clause(draft)
        elif word.folded in kind.flags:
            flag(draft)
        elif places:
            taken(draft, places.pop(0))
        else:
            raise _left_over(draft)
    _complete(draft, places)
    return Propose(built(draft), draft.lease, reason, preview, draft.mode, draft.replay)


def _left_over(draft: Draft) -> MistakenError:
    word = draft.line.peek()
    text = f"{word.text!r} is left over: expected {listed(draft.keywords)} or the end."
    end = "Leave it out, or end with: because <why>"
    remedy = f"Only plans are replayed: /ir plan {draft.verb.text}" if word.folded == REPLAY else end
    return draft.line.wrong(word, text, valid=draft.keywords, remedy=remedy)


def clause(draft: Draft) -> None:
    """Read a keyword with what stands behind it; raises where it stands twice."""
    keyword = draft.line.take()
    if keyword.folded in draft.seen:
        raise draft.line.wrong(keyword, f"{keyword.text!r} stands here twice.", remedy="Keep one of them.")
    draft.seen[keyword.folded] = keyword
    if keyword.folded in ALONE:
        _alone(draft, keyword)
    elif keyword.folded == FOR:
        draft.lease = draft.line.duration("For how long?")
    elif keyword.folded == REPLAY:
        _replay(draft)
    else:
        taken(draft, draft.slots[keyword.folded])


def _replay(draft: Draft) -> None:
    word, draft.replay = draft.line.peek(), draft.line.duration("Over how long a time of flows?")
    if draft.replay not in REPLAYED:
        raise draft.line.wrong(word, "A plan is run over 1m to 30d of flows.", remedy="Write: replay 24h")


def flag(draft: Draft) -> None:
    """A word that says a field and its value at once."""
    word = draft.line.take()
    field, value = draft.kind.flags[word.folded]
    draft.fill(field, value, (word,))


def _alone(draft: Draft, keyword: Word) -> None:
    if draft.mode is not Mode.QUORUM:
        text = f"{' and '.join(ALONE)} cannot be combined."
        raise draft.line.wrong(keyword, text, remedy="Keep one of them.")
    draft.mode = Mode(keyword.folded)


def taken(draft: Draft, slot: Slot) -> None:
    """Read what a slot takes into its field."""
    _READ[slot.kind](draft, slot)


def _one(draft: Draft, slot: Slot) -> Word:
    word = draft.line.peek()
    keyword = draft.is_keyword(word) and word.folded not in slot.choices
    if not word.text or keyword or word.text == ",":
        raise draft.line.wrong(
            word, f"A value is missing after {slot.keyword}: {slot.help}.", remedy=_values(draft, slot)
        )
    return draft.line.take()


def _values(draft: Draft, slot: Slot) -> str:
    valid = draft.line.known.clusters if slot.kind is SlotKind.CLUSTER else slot.choices
    return f"One of: {listed(valid)}" if valid else draft.remedy


def _many(draft: Draft, slot: Slot) -> tuple[Word, ...]:
    found, draft.line.index = items(draft.line.words, draft.line.index, draft.is_keyword)
    empty = next((word for word in found if not word.text), None)
    if empty is not None:
        where = "beside this comma" if len(found) > 1 else "here"
        raise draft.line.wrong(empty, f"A value is missing {where}: {slot.help}.", remedy=draft.remedy)
    return found


def _addresses(draft: Draft, slot: Slot) -> None:
    found = _many(draft, slot)
    draft.fill(slot.field, tuple(word.text for word in found), found)


def _choice(draft: Draft, slot: Slot) -> None:
    word = _one(draft, slot)
    if word.text.casefold() not in slot.choices:
        raise draft.line.wrong(
            word,
            f"{word.text!r} is no {slot.keyword or slot.field}.",
            valid=slot.choices,
            remedy=_values(draft, slot),
        )
    draft.fill(slot.field, word.text.casefold(), (word,))


def _cluster(draft: Draft, slot: Slot) -> None:
    word = _one(draft, slot)
    draft.fill(slot.field, _known(draft, word, word.text), (word,))


def _known(draft: Draft, word: Word, name: str) -> str:
    clusters = draft.line.known.clusters
    if name in clusters:
        return name
    remedy = (
        f"Clusters: {listed(clusters)}"
        if clusters
        else "Ask whoever runs Firebreak to name one in firebreak.toml."
    )
    raise draft.line.wrong(
        Word(name, word.start, word.end), f"There is no cluster {name!r}.", valid=clusters, remedy=remedy
    )


def _pods(draft: Draft, slot: Slot) -> None:
    found = _many(draft, slot)
    names: list[str] = []
    for index, word in enumerate(found):
        *place, name = _bare(draft, word).split("/")
        if len(place) > 2 or not all((*place, name)):
            raise draft.line.wrong(
                word, f"{word.text!r} is not a pod.", remedy=f"Write {slot.help}".rstrip(".") + "."
            )
        if not place and index == 0:
            raise draft.line.wrong(
                word,
                f"{word.text!r} names no namespace, and none is guessed.",
                remedy=f"Write namespace/{word.text}.",
            )
        _place(draft, place, word)
        names.append(name)
    draft.fill(slot.field, tuple(names), found)


def _bare(draft: Draft, word: Word) -> str:
    """Return a value without the thing that picked its action: ``deployment:payments/api``."""
    thing = draft.kind.thing[1]
    picked = bool(thing) and word.folded.startswith(f"{thing}:")
    return word.text[len(thing) + 1 :] if picked else word.text


def _place(draft: Draft, place: list[str], word: Word) -> None:
    """Later pods may repeat the place of the first; one request is about one namespace."""
    if not place:
        return
    if draft.fields.get(NAMESPACE, place[-1]) != place[-1]:
        raise draft.line.wrong(
            word,
            f"One request is about one namespace, and this is not {draft.fields[NAMESPACE]!r}.",
            remedy="Ask once for each namespace.",
        )
    draft.fill(NAMESPACE, place[-1], (word,))
    if len(place) == 2:
        draft.fill(CLUSTER, _known(draft, word, place[0]), (word,))


_READ: Final[dict[SlotKind, Callable[[Draft, Slot], None]]] = {
    SlotKind.PODS: _pods,
    SlotKind.ADDRESSES: _addresses,
    SlotKind.CLUSTER: _cluster,
    SlotKind.CHOICE: _choice,
    SlotKind.ALLOWED: _addresses,
}


def _complete(draft: Draft, places: list[Slot]) -> None:
    """Raise for what is required and missing; set the one cluster that there is."""
    missing = [s for s in draft.kind.slots if s.required and s.field not in draft.fields]
    if missing or any(slot.required for slot in places):
        slot = (missing or places)[0]
        end = draft.line.words.at(len(draft.line.words))
        raise draft.line.wrong(end, f"Something is missing: {slot.help}.", remedy=draft.remedy)
    if CLUSTER in draft.kind.__struct_fields__ and CLUSTER not in draft.fields:
        draft.fields[CLUSTER] = only_cluster(draft)


def only_cluster(draft: Draft) -> str:
    """Return the one cluster that there is; raises where there are none, or several."""
    clusters = draft.line.known.clusters
    if len(clusters) == 1:
        return clusters[0]
    word = next(iter(draft.origins.values()), (draft.verb,))[0]
    if not clusters:
        raise draft.line.wrong(
            word,
            "No cluster is configured.",
            remedy="Ask whoever runs Firebreak to name one in firebreak.toml.",
        )
    raise draft.line.wrong(
        word, f"Which cluster? There are several: {listed(clusters)}.", remedy=_how(draft, word, clusters)
    )


def _how(draft: Draft, word: Word, clusters: Iterable[str]) -> str:
    first = next(iter(clusters))
    slot = next((s for s in draft.kind.slots if s.kind is SlotKind.CLUSTER), None)
    if slot is not None:
        return f"Add, for example: {slot.keyword} {first}"
    return f"Write, for example: {first}/{word.text}"


def built(draft: Draft) -> Action:
    """Return the action; raises with its own words for what it does not take, at the word that they quote."""
    try:
        return draft.kind(**draft.fields)
    except (ValueError, TypeError) as error:
        told = str(error)
        end = "" if told.endswith((".", "?", "!")) else "."
        text = f"{told[:1].upper()}{told[1:]}{end}"
        raise draft.line.wrong(_blamed(draft, told), text, remedy=draft.remedy) from None


def _blamed(draft: Draft, told: str) -> Word:
    """Return the word that an action's refusal quotes, else the first of the values."""
    found = [word for origin in draft.origins.values() for word in origin]
    quoted = [w for w in found if any(piece and repr(piece) in told for piece in w.text.split("/"))]
    quoted += [w for w in found if repr(w.text) in told]
    named = [w for w in found if len(w.text) >= UNMISTAKABLE and w.text in told]
    return next(iter((*quoted[::-1], *named[::-1], *found)), draft.verb)
