"""Conditions: what they see, what they may not use, and that what they cost is bounded before they run."""

import sys
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.adapters.policy.playbooks.conditions import ConditionError, Conditions, seen
from bot.adapters.policy.playbooks.grammar import COSTLIEST, FIELDS, LONGEST
from bot.domain.alerts import Alert, Role, Severity, Status, Subject, SubjectKind
from bot.domain.playbooks import ByHand, Match, Outcome, Playbook, Step

CONDITIONS = Conditions()
ALERT = Alert(
    source="am",
    kind="alertmanager",
    rule="BeaconingPod",
    severity=Severity.HIGH,
    status=Status.FIRING,
    started=datetime(2026, 11, 21, 2, 11, tzinfo=UTC),
    fingerprint="1",
    title="api calls out",
    labels=(("team", "shop"),),
    subjects=(
        Subject(SubjectKind.POD, "api-7d9f", "payments", "prod"),
        Subject(SubjectKind.ADDRESS, "203.0.113.66", role=Role.DESTINATION),
        Subject(SubjectKind.ADDRESS, "10.244.1.7", role=Role.SOURCE),
    ),
)


def judged(text: str, alert: Alert = ALERT) -> Outcome:
    CONDITIONS.compile(text)
    step = Step("x", manual=ByHand(("x",)))
    return CONDITIONS.judge(Playbook(1, "one", "what", Match(text), (step,)), alert)


@pytest.mark.parametrize(
    "text",
    [
        'alert.rule == "BeaconingPod" && alert.severity == "high" && alert.format == "alertmanager"',
        'alert.rule.matches("(?i)^beacon")',
        'alert.labels["team"] in ["shop", "web"]',
        '"team" in alert.labels && !("ghost" in alert.labels)',
        'alert.pods.exists(pod, pod.startsWith("payments/"))',
        'alert.destinations == ["203.0.113.66"] && alert.sources == ["10.244.1.7"]',
        'alert.clusters == ["prod"] && alert.namespaces == ["payments"]',
        "size(alert.addresses) == 2 && alert.addresses.size() > 1",
        'alert.addresses.all(each, each.contains(".")) ? true : false',
        'alert.addresses.exists_one(each, each.endsWith(".66"))',
        "!false",
    ],
)
def test_a_condition_sees_what_the_alert_says(text: str) -> None:
    assert judged(text) == Outcome(holds=True)


def test_what_a_condition_sees_is_what_the_grammar_names() -> None:
    kinds = {"text": str, "map": dict, "list": list}

    assert {name: type(value) for name, value in seen(ALERT).items()} == {
        name: kinds[kind] for name, kind in FIELDS.items()
    }


def test_a_label_that_is_not_there_does_not_hold_and_is_told() -> None:
    outcome = judged('alert.labels["ghost"] == "x"')

    assert not outcome.holds
    assert "no such key" in outcome.why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("alert.", "not CEL"),
        ("alert.nope == 1", "has no `nope`"),
        ("alrt.rule == 'x'", "did you mean `alert`"),
        ("alert == alert", "no value"),
        ("alert.rule", "neither true nor false"),
        ("1", "neither true nor false"),
        ("alert.rule + alert.rule == 'x'", "`+`"),
        ("2 * 2 == 4", "`*`"),
        ("{'a': 1}.size() == 1", "a map"),
        ("alert.labels.team == 'x'", "only `alert` has parts"),
        ("has(alert.rule)", "no function `has`"),
        ("duration('1h') > duration('2h')", "no function `duration`"),
        ("alert.pods.map(x, x) == []", "no function `map`"),
        ("alert.pods.filter(x, true) == []", "no function `filter`"),
        ("alert.pods.all(x, alert.pods.all(y, x == y))", "inside of another"),
        ("alert.pods.exists(alert, true)", "a new name"),
        ("alert.pods.exists(x)", "a new name"),
        ("alert.rule.matches(alert.title)", "written out"),
        ("alert.rule.matches('(')", "not a pattern"),
        ("alert.rule.matches('(?=x)')", "not a pattern"),
        ("alert.rule.matches('((a{1000}){1000}){1000}')", "not a pattern"),
        (f"alert.rule.matches('{'a' * 201}')", "200 characters"),
        ("(" * 60 + "true" + ")" * 60, "nested too deeply"),
        ("!" * 300 + "true", "nested too deeply"),
        (f"'{'x' * LONGEST}' == alert.rule", "longer than"),
        (" || ".join(["alert.pods.exists(x, x == 'a' || x == 'b')"] * 20), "too costly"),
    ],
)
def test_what_a_condition_may_not_be_is_told(text: str, why: str) -> None:
    with pytest.raises(ConditionError) as caught:
        CONDITIONS.compile(text)

    assert why in str(caught.value)


def test_a_flaw_has_its_line_and_column() -> None:
    with pytest.raises(ConditionError) as caught:
        CONDITIONS.compile("true &&\n  alert.nope == 'x'")

    assert (caught.value.line, caught.value.column) == (2, 3)


def test_the_deepest_condition_is_judged_within_python_s_own_limit() -> None:
    assert sys.getrecursionlimit() == 1000
    deepest = "(" * 12 + "alert.pods.exists(x, x == 'payments/api-7d9f')" + ")" * 12

    assert judged(deepest).holds
    assert judged(" && ".join(["true"] * 125)).holds


def test_a_costly_condition_looks_at_no_more_than_was_counted() -> None:
    """The cost that is counted before is for the longest lists: here each part is looked at on every element."""
    text = " || ".join(["alert.labels.exists(x, x == 'a')"] * 9)
    crowded = tuple((f"k{number}", "v" * 300) for number in range(64))

    outcome = judged(text, replace(ALERT, labels=crowded))

    assert outcome == Outcome(holds=False)
    assert COSTLIEST >= 9 * 64 * 3


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=60)
    | st.lists(
        st.sampled_from(["alert", ".", "rule", "(", ")", "matches", "'a'", "==", "&&", "!", "[", "]", "x", ",", "1",
                         "exists", "labels", "pods", "?", ":", "{", "}", "in", "size", "-", "\\", "r'\\x'", '"""'])
    ).map(" ".join)
)  # fmt: skip
def test_whatever_is_written_is_a_condition_or_one_error(text: str) -> None:
    try:
        CONDITIONS.compile(text)
    except ConditionError:
        return
    assert isinstance(judged(text).holds, bool)
