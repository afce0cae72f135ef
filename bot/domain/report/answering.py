"""The four questions that a reader has of each containment, answered from its records, each with its proof."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from bot.domain.report.reading import Entry, card_words, shown_plan
from bot.domain.report.values import Answer, Fact
from bot.domain.states import ACTIVE, FINAL

DECIDED: Final = "Who decided this?"
SAW: Final = "What did they see?"
WORKED: Final = "Did it work?"
UNDONE: Final = "Is it undone?"
_VERDICTS: Final = {
    "CONTAINED": "the evidence shows that the traffic has stopped",
    "PARTIAL": "the evidence shows that some traffic still passes",
    "INCONCLUSIVE": "there is no evidence either way, so do not count on it",
    "NOT_ENFORCED": "nothing enforces it: the traffic still passes",
}
_UNDONE: Final = ("rolled-back", "withdrawn", "undone-after-failure", "undone-by-hand")


def answers(entries: Sequence[Entry], blobs: Mapping[str, str]) -> tuple[Answer, ...]:
    """Return the answers for one request from its records, in order."""
    return (
        Answer(DECIDED, tuple(_decided(entries))),
        Answer(SAW, tuple(_saw(entries, blobs))),
        Answer(WORKED, tuple(_worked(entries))),
        Answer(UNDONE, tuple(_undone(entries))),
    )


def _of(entries: Iterable[Entry], event: str, *outcomes: str) -> list[Entry]:
    return [e for e in entries if e.body.event == event and (not outcomes or e.body.outcome in outcomes)]


def mode_of(entries: Sequence[Entry]) -> str:
    """Return by whose word it ran: ``quorum``, ``solo`` or ``break-glass``."""
    return next((e.detail("mode") for e in entries if e.detail("mode")), "quorum")


def asked(entries: Sequence[Entry]) -> Entry | None:
    """Return the record of the asking."""
    return next(iter(_of(entries, "command", "")), None)


def _decided(entries: Sequence[Entry]) -> Iterator[Fact]:
    first, mode = asked(entries), mode_of(entries)
    if first is not None:
        yield Fact("Asked by", _by(first), first.seq)
    for vote in _of(entries, "vote"):
        said = {"approve": "Approved by", "deny": "Denied by"}.get(vote.body.outcome, "Voted")
        yield Fact(said, _by(vote), vote.seq)
    for void in _of(entries, "vote_void"):
        yield Fact("VOID: disowned by its owner", _by(void), void.seq)
    for decided in _of(entries, "decided"):
        label = _DECIDED.get(decided.body.outcome, "Decided")
        yield Fact(label, f"{decided.body.outcome}, {decided.body.time}", decided.seq)
    if not _of(entries, "decided"):
        yield Fact("Not decided", "no decision is recorded")
    if mode != "quorum":
        yield from _reviewed(entries, mode)


_DECIDED: Final = {
    "approve": "Decided: enough approvals, it may run",
    "deny": "Decided: denied, nothing was changed",
    "expired": "Nobody decided in time, nothing was changed",
    "cancel": "Cancelled",
    "solo": "SOLO: one person's word alone",
    "break-glass": "BREAK-GLASS: past the approvers, confirmed by typing",
}


def _reviewed(entries: Sequence[Entry], mode: str) -> Iterator[Fact]:
    found = _of(entries, "reviewed", "signed-off", "objection")
    for review in found:
        yield Fact(
            "Signed off by" if review.body.outcome == "signed-off" else "OBJECTION by",
            _by(review),
            review.seq,
        )
    if not _of(found, "reviewed", "signed-off"):
        yield Fact("NOT REVIEWED", f"it ran {mode}, and nobody has signed it off")


def _by(entry: Entry) -> str:
    why = f": {entry.said()}" if entry.words else ""
    return f"{entry.body.actor.id}, {entry.body.time}{why}"


def _saw(entries: Sequence[Entry], blobs: Mapping[str, str]) -> Iterator[Fact]:
    for shown in _of(entries, "plan_shown"):
        for name, digest in sorted(shown.kept.items()):
            if name == "card":
                yield Fact("Card as shown, SHA-256", digest, shown.seq)
                yield Fact(
                    "its words",
                    card_words(blobs.get(digest)) or "the card itself is no longer kept",
                    shown.seq,
                )
            else:
                yield Fact("Plan, digest", shown.body.digest, shown.seq)
                yield Fact("whole plan, SHA-256", digest, shown.seq)
                yield from _plan(blobs.get(digest), shown.seq)
    voted = {vote.body.digest for vote in _of(entries, "vote")}
    for digest in sorted(voted):
        first = next(vote.seq for vote in _of(entries, "vote") if vote.body.digest == digest)
        yield Fact("The votes name the plan of digest", digest, first)


def _plan(text: str | None, seq: int) -> Iterator[Fact]:
    plan = shown_plan(text)
    if plan is None:
        yield Fact("its words", "the plan itself is no longer kept", seq)
        return
    yield Fact("what it does", plan.summary, seq)
    yield Fact("forecast", f"{plan.forecast} by {plan.strategy}", seq)
    for label, found in (
        ("what it won't stop", plan.residual),
        ("side effect", plan.side_effects),
        ("warning", plan.warnings),
    ):
        for one in found:
            yield Fact(label, one.text, seq)
    for question in plan.unseen:
        yield Fact("could not be seen", f"{question.question}: {question.why}", seq)


def _worked(entries: Sequence[Entry]) -> Iterator[Fact]:
    accepted = _of(entries, "result", "accepted")
    for one in accepted[:1]:
        yield Fact("Accepted by the API", one.body.time, one.seq)
    applied = [
        e
        for e in entries
        if e.body.event in ("evidence", "result", "verdict") and e.detail("state") == "applied"
    ]
    for one in applied[:1]:
        yield Fact("Read back as written", one.body.time, one.seq)
    judged = [e for e in entries if e.detail("verdict")]
    for one in judged[-1:]:
        verdict = one.detail("verdict")
        yield Fact(
            f"Verdict {verdict}" if verdict in _VERDICTS else "Verdict",
            _VERDICTS.get(verdict, verdict),
            one.seq,
        )
    for drift in _of(entries, "drift"):
        yield Fact(
            "DRIFT: others changed what was written", drift.detail("drift") or drift.body.outcome, drift.seq
        )
    for lost in _of(entries, "replaced"):
        yield Fact("The target ended, and its replacement is not contained", lost.body.target, lost.seq)
    if not accepted:
        last = entries[-1]
        yield Fact("No", "nothing was accepted outside, so nothing was contained", last.seq)
    elif not judged:
        yield Fact("Not known", "it was accepted, and no verdict is recorded", accepted[0].seq)


def _undone(entries: Sequence[Entry]) -> Iterator[Fact]:
    for wish in _of(entries, "rollback", "rollback-asked"):
        yield Fact("Rollback asked by", _by(wish), wish.seq)
    for ended in _of(entries, "lease", "ended"):
        yield Fact("The lease ended", ended.body.time, ended.seq)
    for done in _of(entries, "rollback", *_UNDONE):
        yield Fact("Undone", f"{done.body.target}, {done.body.time}", done.seq)
    for stuck in _of(entries, "needs_human"):
        yield Fact("NEEDS A PERSON", stuck.detail("trouble") or stuck.body.target, stuck.seq)
    yield _standing(entries)


def _standing(entries: Sequence[Entry]) -> Fact:
    """Say from the newest record of each part whether anything stands outside."""
    states = {e.body.part: e for e in entries if e.body.part and e.detail("state")}
    active = [e for e in states.values() if e.detail("state") in ACTIVE]
    if active:
        return Fact(
            "NO: it still stands",
            ", ".join(f"{e.body.part} {e.detail('state')}" for e in active),
            active[-1].seq,
        )
    if not states or not _of(entries, "result", "accepted"):
        return Fact("Nothing to undo", "nothing of it stood outside", entries[-1].seq)
    over = [e for e in states.values() if e.detail("state") in FINAL]
    if len(over) == len(states):
        return Fact("YES", "nothing of it stands any more", over[-1].seq)
    return Fact("Not known", "its last state is none that this program knows", entries[-1].seq)
