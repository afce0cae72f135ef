"""When a playbook acts without a person: off, and each single thing that is amiss or not known means no."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.actions import CATALOGUE
from bot.domain.alerts import Alert, Severity, Status, Subject, SubjectKind
from bot.domain.findings import BlastRadius, Forecast, Refusal, Unseen
from bot.domain.plans import PlannedStep
from bot.domain.playbooks import (
    Auto,
    Call,
    Lately,
    Match,
    Meanwhile,
    Occasion,
    Playbook,
    Step,
    Take,
    Taken,
    may_act,
    may_begin,
    may_go_on,
    may_try,
    problems,
)
from bot.domain.policy import Duration, Requirements, Unattended
from bot.domain.policy.guards import Permit
from bot.domain.policy.protection import Protected
from bot.domain.suggestions import Cause
from tests.domain.values import OWN_PART, PLAN, TARGET

NOW = datetime(2026, 11, 21, 2, 12, tzinfo=UTC)
HASH = "ab" * 32
CUT = Step(
    "cut",
    "quarantine-pod",
    {"cluster": Taken(Take.CLUSTER), "namespace": Taken(Take.NAMESPACE), "pods": Taken(Take.PODS)},
)
ONE = Playbook(3, "miner", "what", Match("true"), (CUT,), auto=Auto(("falco",), per_hour=2))
FIRING = Alert(
    source="falco",
    kind="falco",
    rule="miner",
    severity=Severity.HIGH,
    status=Status.FIRING,
    started=NOW - timedelta(minutes=1),
    fingerprint="1",
    title="miner",
    subjects=(
        Subject(SubjectKind.POD, TARGET.name, TARGET.namespace),
        Subject(SubjectKind.ADDRESS, "203.0.113.7"),
        Subject(SubjectKind.ADDRESS, "168.63.129.16"),
    ),
)
POLICY = Unattended(
    playbooks={"miner": HASH},
    actions=("quarantine-pod", "block-address"),
    clusters=("*",),
    namespaces=("*",),
    reviewers=("security",),
    per_hour=3,
)
OLD = replace(TARGET, created=NOW - timedelta(hours=1))
OWN = replace(OWN_PART, target=OLD)
SINGLE = replace(PLAN, parts=(OWN,), unseen=(), blast_radius=BlastRadius(last_ready_replica=False))
NEEDS = Requirements((), 1, (), (), 3600, 3600, 7200, None)
CALL = Call(ONE, HASH, POLICY, FIRING, "falco", NOW)
FINE = Occasion(CALL, SINGLE, NEEDS, Protected(), Lately(acted=1, together=2, reviewers=2))
STILL = Meanwhile(NOW, NOW + timedelta(minutes=10), firing=True, muted=False, dismissed=False, undone=False)
CAUSE = Cause("g-1", "s-1", 0, "miner", 3, HASH, auto=True)


def at(**target: object) -> Occasion:
    part = replace(OWN_PART, target=replace(OLD, **target))
    return replace(FINE, plan=replace(SINGLE, parts=(part,)))


def called(**changed: object) -> Occasion:
    return replace(FINE, call=replace(CALL, **changed))


def elsewhere(cluster: str) -> tuple[Subject, ...]:
    return tuple(replace(each, cluster=cluster) for each in FIRING.subjects)


def alert(**changed: object) -> Occasion:
    return called(alert=replace(FIRING, **changed))


def lately(**changed: object) -> Occasion:
    return replace(FINE, lately=replace(FINE.lately, **changed))


def planned(**changed: object) -> Occasion:
    return replace(FINE, plan=replace(SINGLE, **changed))


def allowed(**changed: object) -> Occasion:
    return called(unattended=replace(POLICY, **changed))


def test_when_nothing_is_amiss_it_may_act_and_says_by_which_playbook() -> None:
    assert may_act(FINE) == Permit("playbook miner, version 3, acts by itself")


ADDRESS = {"kind": "Address", "namespace": "", "name": "168.63.129.16"}
STEP = PlannedStep("quarantine-pod", "cluster", "", "", 1)
AMISS: list[tuple[str, Callable[[], Occasion]]] = [
    ("auto-off", lambda: called(playbook=replace(ONE, auto=None))),
    ("auto-off", lambda: called(unattended=None)),
    ("auto-off", lambda: allowed(playbooks={"other": HASH})),
    ("auto-changed", lambda: allowed(playbooks={"miner": "cd" * 32})),
    ("auto-changed", lambda: called(sha256="")),
    ("auto-changed", lambda: called(sha256="", unattended=replace(POLICY, playbooks={"miner": ""}))),
    ("auto-resolved", lambda: alert(status=Status.RESOLVED)),
    ("auto-stale", lambda: alert(started=NOW - timedelta(minutes=10, seconds=1))),
    ("auto-stale", lambda: alert(started=NOW + timedelta(minutes=2))),
    ("auto-source", lambda: called(source="")),
    ("auto-source", lambda: called(source="grafana")),
    ("auto-source", lambda: called(source="grafana", alert=replace(FIRING, source="grafana"))),
    ("auto-muted", lambda: called(muted=True)),
    ("auto-dismissed", lambda: called(dismissed=True)),
    ("auto-one", lambda: planned(parts=())),
    ("auto-one", lambda: planned(parts=(OWN, OWN))),
    ("auto-one", lambda: planned(also=(TARGET,))),
    ("auto-one", lambda: planned(action="quarantine-workload")),
    ("auto-one", lambda: planned(action="contain", steps=(STEP,))),
    ("auto-one", lambda: planned(steps=(STEP,))),
    ("auto-one", lambda: at(kind="Deployment")),
    ("auto-not-here", lambda: allowed(actions=("block-address",))),
    ("auto-not-here", lambda: allowed(clusters=("staging",))),
    ("auto-not-here", lambda: allowed(namespaces=("web",))),
    ("auto-not-named", lambda: at(name="another")),
    ("auto-not-named", lambda: at(namespace="another")),
    ("auto-not-named", lambda: alert(subjects=())),
    ("auto-not-named", lambda: alert(subjects=elsewhere("staging"))),
    ("auto-not-named", lambda: alert(subjects=elsewhere("prod|staging"))),
    ("auto-not-named", lambda: at(kind="Address", namespace="", name="203.0.113.9")),
    ("auto-replaced", lambda: at(created=None)),
    ("auto-replaced", lambda: at(created=NOW + timedelta(seconds=1))),
    ("auto-estate", lambda: planned(scope="estate")),
    ("auto-irreversible", lambda: planned(reversible=False)),
    ("auto-forecast", lambda: planned(forecast=Forecast.NOT_ENFORCED)),
    ("auto-unseen", lambda: planned(unseen=(Unseen("q", "why"),))),
    ("target-protected", lambda: at(**ADDRESS)),
    ("target-protected", lambda: replace(FINE, protected=Protected(labels=({"app": "*"},)))),
    ("auto-asks-more", lambda: replace(FINE, needs=replace(NEEDS, because=("a flood",)))),
    ("auto-asks-more", lambda: planned(blast_radius=BlastRadius(last_ready_replica=True))),
    ("auto-asks-more", lambda: planned(blast_radius=BlastRadius(last_ready_replica=None))),
    ("auto-nobody", lambda: lately(reviewers=1)),
    ("auto-already", lambda: lately(repeated=True)),
    ("auto-undone", lambda: lately(undone=True)),
    ("auto-rate", lambda: lately(acted=2)),
    ("auto-rate", lambda: lately(acted=-1)),
    ("auto-rate", lambda: lately(together=3)),
    ("auto-rate", lambda: lately(together=-1)),
]


@pytest.mark.parametrize(("code", "amiss"), AMISS)
def test_each_thing_that_is_amiss_means_no(code: str, amiss: Callable[[], Occasion]) -> None:
    decision = may_act(amiss())

    assert isinstance(decision, Refusal)
    assert decision.code == code
    assert decision.remedy


@given(
    st.integers(-3, 12),
    st.integers(-3, 25),
    st.integers(0, 4),
    st.timedeltas(timedelta(hours=-3), timedelta(hours=3)),
    st.lists(st.booleans(), min_size=4, max_size=4),
)
def test_it_never_acts_beyond_both_rates_late_unwatched_or_against_a_person(
    acted: int, together: int, reviewers: int, age: timedelta, marks: list[bool]
) -> None:
    muted, dismissed, repeated, undone = marks
    call = replace(CALL, alert=replace(FIRING, started=NOW - age), muted=muted, dismissed=dismissed)
    told = Lately(acted, together, reviewers, repeated=repeated, undone=undone)
    allowed_to = isinstance(may_act(replace(FINE, call=call, lately=told)), Permit)

    sound = 0 <= acted < 2 and 0 <= together < 3 and reviewers >= 2
    assert allowed_to == (sound and not any(marks) and timedelta(minutes=-1) <= age <= timedelta(minutes=10))


NOT_WORTH_A_PLAN = {
    "auto-off",
    "auto-changed",
    "auto-resolved",
    "auto-stale",
    "auto-source",
    "auto-muted",
    "auto-dismissed",
}


@pytest.mark.parametrize(("code", "amiss"), AMISS)
def test_what_is_not_worth_a_plan_is_not_done_with_one(code: str, amiss: Callable[[], Occasion]) -> None:
    occasion = amiss()
    early = may_begin(occasion.call)

    assert isinstance(early, Refusal) == (code in NOT_WORTH_A_PLAN)
    if code in NOT_WORTH_A_PLAN:
        assert may_act(occasion) == early


@pytest.mark.parametrize(
    "policy",
    [
        None,
        replace(POLICY, playbooks={"miner": "cd" * 32}),
        replace(POLICY, playbooks={"other": HASH}),
        replace(POLICY, actions=("block-address",)),
        replace(POLICY, clusters=("staging",)),
        replace(POLICY, namespaces=("web",)),
    ],
)
def test_what_was_decided_is_not_begun_once_the_policy_no_longer_lets_it(policy: Unattended | None) -> None:
    assert may_go_on(POLICY, CAUSE, SINGLE, STILL) is None
    refusal = may_go_on(policy, CAUSE, SINGLE, STILL)
    assert refusal is not None
    assert refusal.code == "auto-off"


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("auto-stale", {"now": NOW + timedelta(minutes=10, seconds=1)}),
        ("auto-resolved", {"firing": False}),
        ("auto-muted", {"muted": True}),
        ("auto-dismissed", {"dismissed": True}),
        ("auto-undone", {"undone": True}),
    ],
)
def test_what_was_decided_is_not_begun_late_nor_against_what_the_alert_or_a_person_said_since(
    code: str, changed: dict[str, object]
) -> None:
    refusal = may_go_on(POLICY, CAUSE, SINGLE, replace(STILL, **changed))
    assert refusal is not None
    assert refusal.code == code


@pytest.mark.parametrize("changed", [{"acted": 2}, {"together": 3}, {"undone": True}, {"repeated": True}])
def test_what_is_spent_or_undone_is_not_worth_a_plan(changed: dict[str, object]) -> None:
    assert isinstance(may_try(CALL, FINE.lately), Permit)
    told = replace(FINE.lately, **changed)
    assert may_try(CALL, told) == may_act(replace(FINE, lately=told))


def test_a_pod_that_was_made_within_a_minute_of_the_alert_is_the_one_that_was_alerted() -> None:
    assert isinstance(may_act(at(created=NOW)), Permit)


def test_a_policy_for_acting_by_itself_is_bounded_whatever_it_says() -> None:
    with pytest.raises(ValueError, match="written out one by one"):
        replace(POLICY, actions=("*",))
    with pytest.raises(ValueError, match="written out one by one"):
        replace(POLICY, actions=("quarantine-workload",))
    with pytest.raises(ValueError, match="at most"):
        replace(POLICY, lease_maximum=Duration(3601))
    with pytest.raises(ValueError, match="at most"):
        replace(POLICY, review_after=Duration(3601))
    assert not replace(POLICY, namespaces=("pay*",)).covers("block-address", "prod", "")
    assert replace(POLICY, namespaces=("pay*",)).covers("quarantine-pod", "prod", "payments")


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ((Step("x", "quarantine-workload", {}),), "only block-address or quarantine-pod"),
        ((Step("x", "block-address", {"scope": "estate"}),), "never beyond one cluster"),
        ((Step("x"),), "no action that it could take"),
    ],
)
def test_what_could_never_act_by_itself_is_told_when_the_file_is_read(
    steps: tuple[Step, ...], why: str
) -> None:
    found = problems(replace(ONE, steps=steps), CATALOGUE, ())

    assert any(why in each.text for each in found)
    assert not any(why in each.text for each in problems(replace(ONE, steps=steps, auto=None), CATALOGUE, ()))
