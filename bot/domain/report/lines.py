"""The timeline: each record as one line, with what it says that no earlier one of its part said."""

from collections.abc import Iterator
from typing import Any, Final

from bot.domain.report.calling import Calling
from bot.domain.report.reading import Entry, flat
from bot.domain.report.sentences import sentence, stated
from bot.domain.report.story import TRIED, tried
from bot.domain.report.values import Fact, Line

UNTOLD: Final = frozenset(
    {
        "kept",
        "changes",
        "action",
        "state",
        "uid",
        "mode",
        "tried",
        "items",
        "cause",
        "rule",
        "playbooks",
        "passed",
    }
)  # told elsewhere on the page, or by the plan
REPEATED: Final = frozenset(
    {"evidence", "written", "verdict", "drift", "trouble"}
)  # a part's records carry it on: only what is new is told

NAMED: Final = {
    "groups": "as a member of",
    "needs": "the policy asks for",
    "note": "why",
    "evidence": "what was seen",
}


class Teller:
    """Tells records in order, and remembers of each part what was told."""

    def __init__(self, calling: Calling) -> None:
        """Names come from ``calling``."""
        self._calling = calling
        self._told: dict[tuple[str, str], tuple[str, ...]] = {}

    def line(self, one: Entry) -> Line:
        """Return the next record as a line."""
        body = one.body
        return Line(
            seq=one.seq,
            time=body.time,
            event=body.event,
            outcome=body.outcome,
            who=self._calling.actor(body.actor),
            told=_told(one),
            request=body.request,
            part=body.part,
            target="" if body.target == body.request else body.target,
            facts=tuple(self._facts(one)),
        )

    def _facts(self, one: Entry) -> Iterator[Fact]:
        if not stated(one.body.event, one.body.outcome):
            yield Fact("why, as a code" if one.body.event == "refusal" else "outcome", one.body.outcome)
        for path, value in one.words:
            yield Fact(path, value)
        if one.body.digest:
            yield Fact("plan", one.body.digest)
        for name, value in one.body.details.items():
            if name not in UNTOLD:
                yield from self._detail(one, name, value)
        for name, digest in one.kept.items():
            yield Fact(f"{name} kept, SHA-256", digest)

    def _detail(self, one: Entry, name: str, value: Any) -> Iterator[Fact]:
        said = tuple(map(_text, value)) if isinstance(value, list | tuple) else (_text(value),)
        if name in REPEATED and one.body.part:
            earlier = self._told.get((one.body.part, name), ())
            self._told[one.body.part, name] = said
            said = tuple(each for each in said if each not in earlier)
        if said:
            yield Fact(NAMED.get(name, name), "\n".join(map(self._calling.person, said)), many=len(said) > 1)


def _told(one: Entry) -> str:
    if one.body.event == "refusal" and one.detail("tried") in TRIED:
        return f"tried to {tried(one)}, and was refused"
    return sentence(one.body.event, one.body.outcome)


def _text(value: Any) -> str:
    if isinstance(value, dict) and {"object", "version"} <= set(value):
        there = ", which stood there already" if value.get("adopted") is True else ""
        return f"{value['object']}, version {value['version']}{there}"
    return flat(value)
