"""A report tells which alert and which playbook led to a request, and that a person asked all the same."""

import json
from typing import Any

from bot.domain.report import Taken
from bot.domain.report.because import because
from bot.domain.report.reading import entry
from bot.domain.report.values import Fact

CAUSE = {
    "group": "g-1",
    "suggestion": "s-1",
    "step": 2,
    "playbook": "beaconing",
    "version": 3,
    "sha256": "ab" * 32,
}


def said(**details: Any) -> list[Fact]:
    """Return what is told of two records, of which the second is this command."""
    bodies = ({"event": "evidence"}, {"event": "command", "details": details})
    entries = (entry(Taken(seq, json.dumps(body).encode(), b"")) for seq, body in enumerate(bodies, start=6))
    return list(because(tuple(entries)))


def test_a_request_tells_what_it_came_of_and_who_asked() -> None:
    (fact,) = said(cause=CAUSE, rule="BeaconingPod")

    assert fact.seq == 7
    assert fact.text == (
        f"the alerts g-1 (rule BeaconingPod), by playbook beaconing version 3 (SHA-256 {'ab' * 32}), step 3; "
        "who asked is named above: an alert only suggests"
    )


def test_a_rule_that_is_no_plain_word_is_not_in_the_record_and_all_in_one_is_no_step() -> None:
    (fact,) = said(cause={**CAUSE, "step": -1})

    assert fact.text.startswith("the alerts g-1, by playbook")
    assert ", all of it in one plan;" in fact.text


def test_what_acted_by_itself_has_nobody_who_asked() -> None:
    (fact,) = said(cause={**CAUSE, "auto": True})

    assert "who asked" not in fact.text


def test_what_came_of_no_alert_tells_nothing_and_an_odd_record_breaks_nothing() -> None:
    assert said(action="quarantine-pod") == []
    assert said(cause="g-1") == []
    assert said(cause={"step": "x"}) != []
