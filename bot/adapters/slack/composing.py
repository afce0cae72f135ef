"""
Several actions as typed: targets one after the other, each with the keywords that stand behind it.

    composed  = target {keyword value | flag} {target {keyword value | flag}}, and anywhere in it what is meant for all:
                "cluster" name, "for" duration, "solo" or "break-glass", after "plan" also "replay" duration
    target    = pods as of a quarantine | thing ":" what that thing is | addresses as of a block

What a list is is told by its first value: an address, a thing with a colon, or else pods. Lists of the same place
without keywords of their own are one. With a single target it is that action itself.
"""

import re
from typing import Final

from bot.adapters.slack.commands import Propose
from bot.adapters.slack.drafts import CLUSTER, Draft
from bot.adapters.slack.mistakes import listed
from bot.adapters.slack.proposals import NAMESPACE, REPLAY, built, clause, flag, only_cluster, taken
from bot.adapters.slack.reading import BECAUSE, Line, MistakenError
from bot.adapters.slack.words import Word
from bot.domain.actions import Action, SlotKind

STEPS: Final = "steps"
_ADDRESS: Final = re.compile(
    r"[0-9]+(?:\.[0-9]+)+(?:/[0-9]+|-[0-9.]+)?|[0-9a-f]*:[0-9a-f:.]*:[0-9a-f:./]*", re.IGNORECASE
)


class _Step(Draft):
    """One of several: a list ends before every word that is a keyword of any of them."""

    def __init__(self, whole: Draft, kind: type[Action]) -> None:
        super().__init__(whole.line, kind, whole.verb)
        self._whole = whole

    @property
    def remedy(self) -> str:
        """That of the whole: of it alone it was typed a part."""
        return self._whole.remedy

    @property
    def keywords(self) -> tuple[str, ...]:
        """Every word that is not a value anywhere in the command."""
        return self._whole.keywords

    @property
    def mergeable(self) -> tuple[type[Action], object] | None:
        """What makes two of them one: kind and place; ``None`` where more is said of it, or it takes one thing alone."""
        place = self.kind.slots[0].field
        if self.kind.thing[1] or set(self.fields) - {place, NAMESPACE, CLUSTER}:
            return None
        return self.kind, self.fields.get(NAMESPACE)


def composed(line: Line, kind: type[Action], *, preview: bool) -> Propose:
    """Read what follows the word of a composite; raises ``MistakenError`` at the first word that is wrong."""
    whole = Draft(line, kind, line.words.at(line.index - 1))
    steps: list[_Step] = []
    reason = ""
    while line.left:
        word = line.peek()
        if word.folded == BECAUSE:
            reason = line.reason(required=False)
        elif _for_all(whole, word) or (preview and word.folded == REPLAY):
            clause(whole)
        elif whole.is_keyword(word) or any(word.folded in one.flags for one in kind.composes):
            _meant(steps, word, whole)
        else:
            steps.append(_begun(whole, word))
    return Propose(_action(whole, _merged(steps)), whole.lease, reason, preview, whole.mode, whole.replay)


def _for_all(whole: Draft, word: Word) -> bool:
    own = {slot.keyword for one in whole.kind.composes for slot in one.slots} - set(whole.slots)
    return whole.is_keyword(word) and word.folded not in own


def _meant(steps: list[_Step], word: Word, whole: Draft) -> None:
    """Read a keyword into the target that stands before it."""
    step = steps[-1] if steps else None
    if step is not None and word.folded in step.kind.flags:
        flag(step)
    elif step is not None and word.folded in step.slots:
        clause(step)
    else:
        raise _astray(whole, step, word)


def _astray(whole: Draft, step: _Step | None, word: Word) -> MistakenError:
    valid = tuple(keyword for keyword in step.slots if keyword != CLUSTER) if step else ()
    told = f"behind what stands before it: {listed(valid)}" if valid else "behind a target"
    text = f"{word.text!r} does not belong here; what is meant for one target stands {told}."
    return whole.line.wrong(word, text, valid=valid, remedy=whole.remedy)


def _begun(whole: Draft, word: Word) -> _Step:
    step = _Step(whole, _kind_of(whole, word))
    taken(step, step.kind.slots[0])
    return step


def _kind_of(whole: Draft, word: Word) -> type[Action]:
    kinds = whole.kind.composes
    wanted = SlotKind.ADDRESSES if _ADDRESS.fullmatch(word.text) else SlotKind.PODS
    named = (kind for kind in kinds if kind.thing[1] and word.folded.startswith(f"{kind.thing[1]}:"))
    plain = (kind for kind in kinds if not kind.thing[1] and kind.slots[0].kind is wanted)
    return next(named, None) or next(plain)


def _merged(steps: list[_Step]) -> list[_Step]:
    found: list[_Step] = []
    for step in steps:
        key, field = step.mergeable, step.kind.slots[0].field
        same = next((one for one in found if key is not None and one.mergeable == key), None)
        if same is None or _elsewhere(same, step):
            found.append(step)
            continue
        same.fields = {**step.fields, **same.fields, field: (*same.fields[field], *step.fields[field])}
        same.origins[field] = (*same.origins[field], *step.origins[field])
    return found


def _elsewhere(one: Draft, other: Draft) -> bool:
    named = {draft.fields[CLUSTER] for draft in (one, other) if CLUSTER in draft.fields}
    return len(named) > 1


def _action(whole: Draft, steps: list[_Step]) -> Action:
    """Return the steps as one action; a cluster that is named once is that of all."""
    if not steps:
        end = whole.line.words.at(len(whole.line.words))
        text, remedy = (
            f"Something is missing: {whole.kind.slots[0].help}.",
            f"See: /ir help {whole.kind.word}",
        )
        raise whole.line.wrong(end, text, remedy=remedy)
    named = (draft.fields[CLUSTER] for draft in (whole, *steps) if CLUSTER in draft.fields)
    cluster = next(named, None) or only_cluster(whole)
    made: list[Action] = []
    for step in steps:
        step.fields.setdefault(CLUSTER, cluster)
        made.append(built(step))
    if len(made) == 1 and made[0].at_cluster == cluster:
        return made[0]
    whole.fields = {CLUSTER: cluster, STEPS: tuple(made)}
    whole.origins[STEPS] = tuple(word for step in steps for words in step.origins.values() for word in words)
    return built(whole)
