"""Who decided, what they saw, did it work, is it undone: each answered from the records, and each with its proof."""

import base64

import pytest

from bot.domain.audit.merkle import Prover, leaf_hash, verify_inclusion
from bot.domain.report.answering import DECIDED, SAW, UNDONE, WORKED
from bot.domain.report.composing import compose
from bot.domain.report.markdown import markdown
from bot.domain.report.values import Report
from tests.domain.report.given import CARD, PLAN, source


def told(report: Report, question: str) -> str:
    (one,) = report.containments
    (answer,) = (a for a in one.answers if a.question == question)
    return "\n".join(f"{fact.label}: {fact.text}" for fact in answer.facts)


def test_a_whole_containment_answers_all_four() -> None:
    report = compose(source("it beacons"))
    decided = told(report, DECIDED)
    assert "Asked by: T0HOST:U0ALICE" in decided
    assert "Approved by: T0HOST:U0BOB" in decided
    assert "it beacons" in decided
    saw = told(report, SAW)
    assert PLAN in saw
    assert CARD in saw
    assert "what it won't stop: it beacons" in saw
    assert "Verdict INCONCLUSIVE: there is no evidence either way" in told(report, WORKED)
    assert "YES: nothing of it stands any more" in told(report, UNDONE)
    for answer in report.containments[0].answers:
        assert all(fact.seq is not None for fact in answer.facts), answer.question


def test_what_still_stands_is_said_to_stand() -> None:
    report = compose(source(whole=False))
    assert "NO: it still stands: FB-TEST.0 applied" in told(report, UNDONE)
    times = {m.step: m.seconds for m in report.containments[0].measures}
    assert times["undone"] is None
    assert times["applied"] == 0.0


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
