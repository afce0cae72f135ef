"""A containment in five lines: asked, approved, effect, undone, refused."""

from bot.domain.digests import short
from bot.domain.report.answering import UNDOINGS, standing
from bot.domain.report.glossary import VERDICTS
from bot.domain.report.reading import Entry
from bot.domain.report.story import Story, levels
from bot.domain.report.values import Fact

_ALONE = {
    "solo": "SOLO, on one person's word alone",
    "break-glass": "by BREAK-GLASS, past the approvers",
    "auto": "AUTO, by a playbook without a person",
}
_NOT = {
    "deny": "DENIED",
    "expired": "nobody decided in time",
    "cancel": "cancelled",
}


def summary(story: Story, place: str) -> tuple[Fact, ...]:
    """Return the five lines; ``place`` is the id of where its refused attempts stand."""
    return (_asked(story), _approved(story), _effect(story), _over(story), _refused(story, place))


def _asked(story: Story) -> Fact:
    first = story.asked
    if first is not None:
        return Fact("Asked", story.by(first), first.seq)
    auto = next(iter(story.of("decided", "auto")), None)
    if auto is not None:
        return Fact("Asked", f"by nobody: {story.by(auto)}", auto.seq)
    return Fact("Asked", "no asking is recorded")


def _approved(story: Story) -> Fact:
    decided = story.of("decided")
    if not decided:
        return Fact("Approved", "not decided")
    last = decided[-1]
    outcome = last.body.outcome
    digest = f"the plan of digest {short(last.body.digest)}"
    if outcome in _ALONE:
        return Fact(
            "Approved", f"by nobody else: it ran {_ALONE[outcome]}, {story.after(last)}; {digest}", last.seq
        )
    if outcome != "approve":
        return Fact("Approved", f"NO: {_NOT.get(outcome, outcome)}, {last.at}", last.seq)
    by = ", ".join(
        _voter(story, vote) for vote in story.of("vote", "approve") if vote.body.digest == last.body.digest
    )
    needs = "; ".join(last.many("needs"))
    asked_for = f"; the policy asks for {needs}" if needs else ""
    return Fact(
        "Approved",
        f"by {by or 'votes that are not recorded'}, {story.after(last)}, {digest}{asked_for}",
        last.seq,
    )


def _voter(story: Story, vote: Entry) -> str:
    groups = vote.detail("groups")
    return f"{story.who(vote)} of {groups}" if groups else story.who(vote)


def _effect(story: Story) -> Fact:
    accepted = story.of("result", "accepted")
    if not accepted:
        return Fact("Effect", "none: nothing was accepted outside", story.entries[-1].seq)
    back = story.reached("applied")
    read = f", and all read back {story.after(back[-1])}" if back else ", and NOT ALL READ BACK"
    judged = story.measured()
    if not judged:
        return Fact("Effect", f"accepted by the API{read}; no verdict is recorded", accepted[0].seq)
    said = "; ".join(dict.fromkeys(_verdict(one) for one in judged))
    if len(judged) < story.count:
        said = f"of {len(judged)} of {story.count} parts alone: {said}"
    return Fact(
        "Effect", f"{said}. It was accepted by the API {story.after(accepted[-1])}{read}", judged[-1].seq
    )


def _verdict(one: Entry) -> str:
    verdict, asked = one.detail("verdict"), ", ".join(levels(one))
    reached = ", ".join(one.many("reached"))
    told = f"evidence of level {asked}" + (f", of which {reached} held" if reached else "")
    on = f" ({told})" if asked else ""
    return f"{verdict}{on}: {VERDICTS.get(verdict, 'a verdict that this program has no words for')}"


def _over(story: Story) -> Fact:
    stands = standing(story)
    wishes = story.of("rollback", "rollback-asked")
    done = story.of("rollback", *UNDOINGS)
    if stands.label != "YES" or not done:
        return Fact("Undone", f"{stands.label}: {stands.text}", stands.seq)
    word = f", on the word of {story.by(wishes[-1])}" if wishes else ""
    proven = "; ".join(dict.fromkeys(said for one in done for said in story.fresh(one)))
    back = f"; looked up again afterwards: {proven}" if proven else "; NOT LOOKED UP AGAIN"
    return Fact("Undone", f"yes, {done[-1].at}{word}{back}", done[-1].seq)


def _refused(story: Story, place: str) -> Fact:
    found = story.of("refusal")
    if not found:
        return Fact("Refused attempts", "none")
    who = ", ".join(dict.fromkeys(story.who(one) for one in found))
    return Fact("Refused attempts", f"{len(found)}: {who}", see=place)
