"""What a measurement makes of a part: evidence that keeps its time, holes that are new, and the reason in words."""

from datetime import UTC, datetime, timedelta

import msgspec

from bot.domain.findings import Finding, Verdict
from bot.domain.ladder.rungs import Hole, Outcome, Proof
from bot.domain.ladder.verdicts import reason
from bot.domain.ladder.weighing import doubts, new_holes, weighed
from bot.domain.requests import Evidence, PartRow
from tests.domain.values import OWN_PART, PLAN

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
HOLDS = Proof("L1", Outcome.HOLDS, "nothing")
SILENT = Proof("L1", Outcome.SILENT, "it did not answer")
HOLE = Hole(
    "payments/api egress", "payments/api can reach the internet: allowed by NetworkPolicy payments/new"
)
OPEN = Proof("L1", Outcome.OPEN, HOLE.text, (HOLE,))
BITES = Proof("L2", Outcome.HOLDS, "Cilium enforces")
ROW = PartRow("FB-1.0", "FB-1", 0, OWN_PART, evidence=(Evidence("L0", "accepted", NOW),))
EMPTY = msgspec.structs.replace(PLAN, residual=())


def test_what_is_said_again_keeps_its_time_and_what_is_new_gets_one() -> None:
    once = weighed(ROW, (HOLDS, BITES), NOW)

    assert weighed(once, (HOLDS, BITES), LATER) == once
    again = weighed(once, (OPEN, BITES), LATER)
    assert [(e.rung, e.at) for e in again.evidence] == [("L0", NOW), ("L1", LATER), ("L2", NOW)]
    assert (once.verdict, again.verdict) == (Verdict.CONTAINED, Verdict.PARTIAL)


def test_a_hole_is_new_once() -> None:
    closed = weighed(ROW, (HOLDS,), NOW)
    opened = weighed(closed, (OPEN,), LATER)

    assert new_holes(closed, EMPTY, (OPEN,)) == (HOLE,)
    assert new_holes(opened, EMPTY, (OPEN,)) == ()


def test_what_the_plan_has_said_is_not_new_at_the_first_look() -> None:
    told = msgspec.structs.replace(PLAN, residual=(Finding("open-internet", HOLE.about, "x"),))

    assert new_holes(ROW, told, (OPEN,)) == ()
    assert new_holes(ROW, EMPTY, (OPEN,)) == (HOLE,)


def test_only_a_rung_that_had_an_answer_is_doubted_when_it_has_none() -> None:
    assert doubts(weighed(ROW, (HOLDS,), NOW), (SILENT,))
    assert not doubts(ROW, (SILENT,))
    assert not doubts(weighed(ROW, (SILENT,), NOW), (SILENT,))


def test_the_reason_names_the_hole_or_the_rung_that_is_missing() -> None:
    def said(*proofs: Proof) -> str:
        row = weighed(ROW, proofs, NOW)
        return reason(row.verdict, row.evidence)

    assert said(OPEN, BITES) == HOLE.text
    assert said(OPEN) == f"{HOLE.text}; nothing shows yet that the rest is enforced"
    assert "L1 is missing: it did not answer" in said(SILENT, BITES)
    assert "L2 is missing: not yet" in said(HOLDS, Proof("L2", Outcome.SILENT, "not yet"))
    assert "does not say so in the API (L2)" in said(HOLDS)
    assert said(HOLDS, BITES) == ""
    assert reason(Verdict.INCONCLUSIVE, ROW.evidence) == ""


def test_what_canaries_said_counts_until_they_are_asked_again() -> None:
    packets = Proof("L4", Outcome.HOLDS, "packets are dropped")
    once = weighed(ROW, (HOLDS, packets), NOW)
    later = weighed(once, (HOLDS,), LATER)

    assert (once.verdict, later.verdict) == (Verdict.CONTAINED, Verdict.CONTAINED)
    assert [(e.rung, e.at) for e in later.evidence] == [("L0", NOW), ("L1", NOW), ("L4", NOW)]
    assert later == once
    assert weighed(later, (OPEN,), LATER).verdict is Verdict.PARTIAL


def test_packets_that_pass_where_policies_say_so_are_no_news_of_their_own() -> None:
    through = Hole("payments/api egress packets", "packets get through")
    packets = Proof("L4", Outcome.OPEN, through.text, (through,))

    assert new_holes(weighed(ROW, (OPEN,), NOW), EMPTY, (packets,)) == ()
    assert new_holes(weighed(ROW, (HOLDS,), NOW), EMPTY, (packets,)) == (through,)
