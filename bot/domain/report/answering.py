"""The four questions that a reader has of each containment, answered from its records, each with its proof."""

from collections.abc import Iterator
from typing import Final

from bot.domain.report.because import because
from bot.domain.report.glossary import LEVELS, VERDICTS
from bot.domain.report.reading import Entry, shown_plan
from bot.domain.report.story import Story, levels, tried
from bot.domain.report.values import Answer, Fact
from bot.domain.report.wording import card_lines
from bot.domain.states import ACTIVE, FINAL

DECIDED: Final = "Who decided this?"
SAW: Final = "What did they see?"
WORKED: Final = "Did it work?"
UNDONE: Final = "Is it undone?"
REFUSED: Final = "Who tried something and was refused?"
UNDOINGS: Final = ("rolled-back", "withdrawn", "undone-after-failure", "undone-by-hand")
UNKNOWN: Final = "a level that this program has no words for"
NO_RULE: Final = "this log does not say it; what the card said to the approvers is below"


def answers(story: Story) -> tuple[Answer, ...]:
    """Return the answers for one request from its records, in order."""
    return (
        Answer(DECIDED, tuple(_decided(story))),
        Answer(SAW, tuple(_saw(story))),
        Answer(WORKED, tuple(_worked(story))),
        Answer(UNDONE, tuple(_undone(story))),
    )


def refused(story: Story) -> Answer:
    """Return who else tried what, and why it was refused."""
    return Answer(
        REFUSED,
        tuple(Fact(f"Tried to {tried(e)}", refusal(story, e), e.seq) for e in story.of("refusal")),
    )


def refusal(story: Story, entry: Entry) -> str:
    """Return who was refused, when, and why."""
    why = entry.detail("note")
    code = f"{why} ({entry.body.outcome})" if why else entry.body.outcome
    return f"{story.who(entry)}, {entry.at}. Refused: {code}"


def _decided(story: Story) -> Iterator[Fact]:
    first, mode = story.asked, story.mode
    if first is not None:
        yield Fact("Asked by", story.by(first), first.seq)
    yield from because(story.entries)
    for vote in story.of("vote"):
        said = {"approve": "Approved by", "deny": "Denied by"}.get(vote.body.outcome, "Voted")
        yield Fact(said, f"{story.by(vote)}{_groups(vote)}", vote.seq)
    for void in story.of("vote_void"):
        yield Fact("VOID: disowned by its owner", story.by(void), void.seq)
    for decided in story.of("decided"):
        yield from _rule(decided)
        label = _DECIDED.get(decided.body.outcome, "Decided")
        yield Fact(label, f"{decided.at}, {story.after(decided)}", decided.seq)
    if not story.of("decided"):
        yield Fact("Not decided", "no decision is recorded")
    if mode != "quorum":
        yield from _reviewed(story, mode)


_DECIDED: Final = {
    "approve": "Decided: enough approvals, it may run",
    "deny": "Decided: denied, nothing was changed",
    "expired": "Nobody decided in time, nothing was changed",
    "cancel": "Cancelled",
    "solo": "SOLO: one person's word alone",
    "break-glass": "BREAK-GLASS: past the approvers, confirmed by typing",
    "auto": "AUTO: a playbook acted by itself, without a person",
}


_REVIEWS: Final = {
    "looked-at": "Signed by (two have to)",
    "signed-off": "Signed off by",
    "objection": "OBJECTION by",
}


def _groups(vote: Entry) -> str:
    groups = vote.detail("groups")
    return f"; as a member of {groups}" if groups else ""


def _rule(decided: Entry) -> Iterator[Fact]:
    """The quorum, by which rule, out of which groups."""
    needs = decided.many("needs")
    for need in needs:
        yield Fact("The policy asks for", need, decided.seq)
    if decided.body.outcome == "approve" and not needs:
        yield Fact("The policy asks for", NO_RULE, decided.seq)


def _reviewed(story: Story, mode: str) -> Iterator[Fact]:
    for review in story.of("reviewed", *_REVIEWS):
        yield Fact(_REVIEWS[review.body.outcome], story.by(review), review.seq)
    if not story.of("reviewed", "signed-off"):
        yield Fact("NOT REVIEWED", f"it ran {mode}, and nobody has signed it off")


def _saw(story: Story) -> Iterator[Fact]:
    for shown in story.of("plan_shown"):
        for name, digest in sorted(shown.kept.items()):
            if name == "card":
                yield Fact("Card as shown, SHA-256", digest, shown.seq)
                yield _card(story, digest, shown.seq)
            else:
                yield Fact("Plan, digest", shown.body.digest, shown.seq)
                yield Fact("whole plan, SHA-256", digest, shown.seq)
                yield from _plan(story.blobs.get(digest), shown.seq)
    for digest in sorted({vote.body.digest for vote in story.of("vote")}):
        first = next(vote.seq for vote in story.of("vote") if vote.body.digest == digest)
        yield Fact("The votes name the plan of digest", digest, first)


def _card(story: Story, digest: str, seq: int) -> Fact:
    lines = card_lines(story.blobs.get(digest), story.calling)
    return Fact("its words", "\n".join(lines) or "the card itself is no longer kept", seq, many=True)


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


def _worked(story: Story) -> Iterator[Fact]:
    accepted = story.of("result", "accepted")
    for one in accepted:
        yield Fact(
            "Accepted by the API", f"{_which(story, one)}{one.at}: not yet proof of an effect", one.seq
        )
    for one in story.first("applied"):
        yield Fact(
            "Read back as written", f"{_which(story, one)}{one.at}: not yet proof of an effect", one.seq
        )
    for one in story.measured():
        yield from _judged(story, one)
    for drift in story.of("drift"):
        said = drift.detail("drift") or drift.body.outcome
        yield Fact("DRIFT: others changed what was written", said, drift.seq)
    for lost in story.of("replaced"):
        yield Fact("The target ended, and its replacement is not contained", lost.body.target, lost.seq)
    yield from _unproved(story, accepted)


def _unproved(story: Story, accepted: list[Entry]) -> Iterator[Fact]:
    judged, count = story.measured(), story.count
    if not accepted:
        last = story.entries[-1]
        yield Fact("No", "nothing was accepted outside, so nothing was contained", last.seq)
    elif not judged:
        yield Fact("Not known", "it was accepted, and no verdict is recorded", accepted[0].seq)
    elif len(judged) < count:
        told = f"{count - len(judged)} of {count} parts have no verdict: none of the others' is one of theirs"
        yield Fact("NOT ALL OF IT", told, judged[-1].seq)


def _which(story: Story, one: Entry) -> str:
    return f"{one.body.target}, " if story.count > 1 else ""


def _judged(story: Story, one: Entry) -> Iterator[Fact]:
    verdict = one.detail("verdict")
    label = f"Verdict {verdict}" if verdict in VERDICTS else "Verdict"
    yield Fact(label, f"{_which(story, one)}{VERDICTS.get(verdict, verdict)}", one.seq)
    asked = [f"{rung}: {LEVELS.get(rung, UNKNOWN)}" for rung in levels(one)]
    if asked:
        yield Fact("what each level of evidence looks at", "\n".join(asked), one.seq, many=True)
    if one.many("evidence"):
        yield Fact("what they said", "\n".join(one.many("evidence")), one.seq, many=True)


def _undone(story: Story) -> Iterator[Fact]:
    wishes = story.of("rollback", "rollback-asked")
    for wish in wishes:
        yield Fact("Asked for, and so released, by", story.by(wish), wish.seq)
    for ended in story.of("lease", "ended"):
        yield Fact("The lease ended", ended.at, ended.seq)
    for done in story.of("rollback", *UNDOINGS):
        yield Fact("Undone", f"{done.body.target}, {done.at}, {on_whose_word(story, done)}", done.seq)
        if story.fresh(done):
            yield Fact("read back", "\n".join(story.fresh(done)), done.seq, many=True)
    for stuck in story.of("needs_human"):
        yield Fact("NEEDS A PERSON", stuck.detail("trouble") or stuck.body.target, stuck.seq)
    yield standing(story)


def on_whose_word(story: Story, done: Entry) -> str:
    """Return on whose word something was undone, from what was recorded before it."""
    if done.body.outcome == "undone-by-hand":
        return "by somebody outside of Firebreak"
    if done.body.outcome == "undone-after-failure":
        return "by Firebreak itself, since something failed"
    wishes = [wish for wish in story.of("rollback", "rollback-asked") if wish.seq < done.seq]
    if wishes:
        return f"by Firebreak on the word of {story.who(wishes[-1])} (record {wishes[-1].seq})"
    ended = [end for end in story.of("lease", "ended") if end.seq < done.seq]
    return f"by Firebreak, since its lease had ended (record {ended[-1].seq})" if ended else "by Firebreak"


def standing(story: Story) -> Fact:
    """Say from the newest record of each part whether anything stands outside."""
    states = {e.body.part: e for e in story.entries if e.body.part and e.detail("state")}
    active = [e for e in states.values() if e.detail("state") in ACTIVE]
    if active:
        said = ", ".join(f"{e.body.part} {e.detail('state')}" for e in active)
        return Fact("NO: it still stands", said, active[-1].seq)
    if not states or not story.of("result", "accepted"):
        return Fact("Nothing to undo", "nothing of it stood outside", story.entries[-1].seq)
    over = [e for e in states.values() if e.detail("state") in FINAL]
    if len(over) == len(states):
        return Fact("YES", "nothing of it stands any more", over[-1].seq)
    return Fact("Not known", "its last state is none that this program knows", story.entries[-1].seq)
