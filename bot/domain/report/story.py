"""One request's records, and what several places of a report read out of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from bot.domain.report.calling import Calling
from bot.domain.report.reading import Entry, ShownPlan, shown_plan

_MEASURING: Final = ("evidence", "verdict")
TRIED: Final = {
    "approve": "approve it",
    "deny": "deny it",
    "rollback": "undo it",
    "adopt": "keep what others changed",
    "reapply": "write it again over what others changed",
    "recheck": "have it looked at again",
    "review": "review it",
    "confirm": "confirm it by typing",
    "disown": "disown a vote on it",
    "extend": "extend its lease",
    "evidence": "take its evidence",
    "auto": "act by itself",
}
_UNNAMED: Final = "do something that the record does not name"


class Story(msgspec.Struct, frozen=True):
    """The records of one request, in order, with what is kept beside them and what people are called."""

    entries: tuple[Entry, ...]
    blobs: Mapping[str, str]
    calling: Calling

    def of(self, event: str, *outcomes: str) -> list[Entry]:
        """Return the records of an event, of these outcomes alone where any are named."""
        return [
            e for e in self.entries if e.body.event == event and (not outcomes or e.body.outcome in outcomes)
        ]

    @property
    def mode(self) -> str:
        """By whose word it ran: ``quorum``, ``solo``, ``break-glass`` or ``auto``."""
        return next((e.detail("mode") for e in self.entries if e.detail("mode")), "quorum")

    @property
    def asked(self) -> Entry | None:
        """The record of the asking."""
        return next(iter(self.of("command", "")), None)

    @property
    def plan(self) -> ShownPlan | None:
        """The newest plan that was shown and is still kept."""
        found = [shown_plan(self.blobs.get(e.kept.get("plan", ""))) for e in self.entries if "plan" in e.kept]
        return next((plan for plan in reversed(found) if plan is not None), None)

    def who(self, entry: Entry) -> str:
        """Return what who acted is called."""
        return self.calling.actor(entry.body.actor)

    def by(self, entry: Entry) -> str:
        """Return who, when, and why."""
        why = f": {entry.said()}" if entry.words else ""
        return f"{self.who(entry)}, {entry.at}{why}"

    def parts(self) -> tuple[str, ...]:
        """Return the parts, in the order in which they are first named."""
        return tuple(dict.fromkeys(e.body.part for e in self.entries if e.body.part))

    @property
    def count(self) -> int:
        """How many parts there are, those included of which nothing is recorded because they never began."""
        plan = self.plan
        return max(len(self.parts()), len(plan.parts) if plan is not None else 0)

    def measured(self) -> tuple[Entry, ...]:
        """Return for each part the newest record that measured its effect; what undid it only repeats that."""
        found = {e.body.part: e for e in self.entries if e.detail("verdict") and e.body.event in _MEASURING}
        return tuple(found.values())

    def first(self, state: str) -> tuple[Entry, ...]:
        """Return the records by which parts reached a state for the first time."""
        first: dict[str, Entry] = {}
        for one in self.entries:
            if one.body.part and one.detail("state") == state:
                first.setdefault(one.body.part, one)
        return tuple(sorted(first.values(), key=lambda e: e.seq))

    def reached(self, state: str) -> tuple[Entry, ...]:
        """Return the same where every part did; none where one has not."""
        found = self.first(state)
        return found if len(found) >= self.count else ()

    def fresh(self, entry: Entry) -> tuple[str, ...]:
        """Return the evidence in a record that no earlier one of its part holds."""
        earlier = {
            said
            for e in self.entries
            if e.seq < entry.seq and e.body.part == entry.body.part
            for said in e.many("evidence")
        }
        return tuple(said for said in entry.many("evidence") if said not in earlier)

    def seconds(self, end: Entry) -> float | None:
        """Return how long after the asking something was recorded."""
        try:
            began = datetime.fromisoformat(self.asked.body.time) if self.asked else None
            return (datetime.fromisoformat(end.body.time) - began).total_seconds() if began else None
        except (ValueError, TypeError):
            return None

    def after(self, end: Entry) -> str:
        """Return the same in words."""
        took = self.seconds(end)
        return end.at if took is None else f"{took:.1f} s after it was asked for"


def tried(entry: Entry) -> str:
    """Return what a refused attempt was at, as the end of ``tried to``."""
    return TRIED.get(entry.detail("tried"), _UNNAMED)


def levels(entry: Entry) -> tuple[str, ...]:
    """Return the rungs of evidence that were asked, ``L0`` to ``L5``; what each said is beside them, good or bad."""
    rungs = {said[:2] for said in entry.many("evidence") if said[:1] == "L" and said[1:2].isdecimal()}
    return tuple(sorted(rungs))
