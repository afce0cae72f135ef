"""Who decided, what they saw, did it work, is it undone: each answered from the records, and each with its proof."""

import base64

import msgspec
import pytest

from bot.domain.audit.merkle import Prover, leaf_hash, verify_inclusion
from bot.domain.report.answering import DECIDED, SAW, UNDONE, WORKED
from bot.domain.report.composing import compose
from bot.domain.report.markdown import markdown
from bot.domain.report.values import Report
from tests.domain.report.given import BACK, NEED, SEEN, kept, source


def told(report: Report, question: str) -> str:
    (one,) = report.containments
    (answer,) = (a for a in one.answers if a.question == question)
    return "\n".join(f"{fact.label}: {fact.text}" for fact in answer.facts)


def test_a_whole_containment_answers_all_four() -> None:
    report = compose(source("it beacons"))
    decided = told(report, DECIDED)
    assert "Asked by: it beacons (T0HOST:U0ALICE), 2025-03-01 12:00:00 UTC: it beacons" in decided
    assert "Approved by: T0HOST:U0BOB" in decided
    assert "as a member of security" in decided
    assert f"The policy asks for: {NEED}" in decided
    saw = told(report, SAW)
    assert all(digest in saw for digest in kept("it beacons"))
    assert "what it won't stop: it beacons" in saw
    assert "Verdict INCONCLUSIVE: it is not shown that the traffic has stopped" in told(report, WORKED)
    assert "YES: nothing of it stands any more" in told(report, UNDONE)
    for answer in report.containments[0].answers:
        assert all(fact.seq is not None for fact in answer.facts), answer.question


def test_what_still_stands_is_said_to_stand() -> None:
    report = compose(source(whole=False))
    assert "NO: it still stands: FB-TEST.0 applied" in told(report, UNDONE)
    times = {m.step: m.seconds for m in report.containments[0].measures}
    assert times["undone, and read back"] is None
    assert times["read back as written"] == 0.0


@pytest.mark.parametrize("mode", ["solo", "break-glass"])
def test_what_ran_without_a_quorum_is_called_that_and_unreviewed(mode: str) -> None:
    report = compose(source(mode=mode))
    assert "NOT REVIEWED" in told(report, DECIDED)
    assert mode.upper() in told(report, DECIDED)
    assert f"ran `{mode.upper()}`" in markdown(report)


def test_words_that_were_erased_say_so_and_the_rest_stands() -> None:
    report = compose(source("secret name", erased=True))
    written = markdown(report)
    assert "erased: only its digest is left in the log" in written
    assert "Approved by: `T0HOST:U0BOB" in written


def test_every_record_in_the_report_leads_to_the_root() -> None:
    given = source()
    report = compose(given)
    root = Prover([taken.leaf for taken in given.records]).root()
    for proof in report.proofs:
        path = tuple(map(base64.b64decode, proof.path))
        leaf = base64.b64decode(proof.leaf)
        assert leaf == leaf_hash(proof.body.encode())
        assert verify_inclusion(proof.seq, report.size, leaf, path, root)


def test_the_verdict_names_the_record_that_measured_it_and_a_rollback_tells_only_what_is_new() -> None:
    report = compose(source())
    (one,) = report.containments
    worked = next(answer for answer in one.answers if answer.question == WORKED)
    measured = next(line.seq for line in report.timeline if line.event == "evidence")
    assert {fact.seq for fact in worked.facts if fact.label.startswith("Verdict")} == {measured}
    undone = next(line for line in report.timeline if line.outcome == "rolled-back")
    said = "\n".join(fact.text for fact in undone.facts)
    assert BACK in said
    assert SEEN not in said
    assert "verified" not in markdown(report)


def test_five_lines_say_it_all_in_short() -> None:
    report = compose(source("it beacons"))
    (one,) = report.containments
    said = {fact.label: fact.text for fact in one.summary}
    assert list(said) == ["Asked", "Approved", "Effect", "Undone", "Refused attempts"]
    assert said["Asked"].endswith("2025-03-01 12:00:00 UTC: it beacons")
    assert said["Approved"].startswith("by T0HOST:U0BOB of security, 0.0 s after it was asked for")
    assert NEED in said["Approved"]
    assert said["Effect"].startswith(
        "INCONCLUSIVE (evidence of level L0): it is not shown that the traffic has stopped"
    )
    assert "on the word of T0HOST:U0BOB" in said["Undone"]
    assert BACK in said["Undone"]
    assert said["Refused attempts"] == "1: it beacons (T0HOST:U0ALICE)"


def test_a_verdict_of_one_part_is_not_said_of_a_part_that_never_began() -> None:
    report = compose(source(whole=False, idle=1))
    (one,) = report.containments
    said = {fact.label: fact.text for fact in one.summary}
    assert said["Effect"].startswith("of 1 of 2 parts alone: INCONCLUSIVE")
    assert said["Effect"].endswith("NOT ALL READ BACK")
    worked = told(report, WORKED)
    assert "Read back as written: beaconing, " in worked
    assert "NOT ALL OF IT: 1 of 2 parts have no verdict" in worked
    assert "Verdict INCONCLUSIVE: beaconing, it is not shown" in worked, "it names its part"
    assert {m.step: m.seconds for m in one.measures}["read back as written"] is None
    assert "NOT ALL OF IT" not in told(compose(source()), WORKED)


def test_a_refused_attempt_stands_with_the_request_and_says_what_was_tried_and_why_not() -> None:
    (one,) = compose(source("never yourself")).containments
    (fact,) = one.refused.facts
    assert fact.label == "Tried to approve it"
    assert fact.text == (
        "never yourself (T0HOST:U0ALICE), 2025-03-01 12:00:00 UTC. Refused: never yourself (own-vote)"
    )
    assert fact.seq is not None


def test_the_card_is_read_out_without_marks() -> None:
    saw = told(compose(source("it beacons")), SAW)
    assert "Asked by it beacons (T0HOST:U0ALICE) 2025-03-01 12:00:00 UTC" in saw
    assert "May approve: group S0SECURITY; never who asked & FB-TEST" in saw


def test_numbers_that_are_not_in_it_are_named() -> None:
    whole = source()
    few = msgspec.structs.replace(whole, records=(whole.records[1], whole.records[4]))
    assert compose(few).missing == "0, 2-3, 5-10"
    assert compose(whole).missing == ""
