"""Which playbooks fit, in which order; and what an alert can and cannot fill into a step."""

from datetime import UTC, datetime

import pytest

from bot.actions import CATALOGUE
from bot.actions.block_address import BlockAddress
from bot.actions.quarantine_pod import QuarantinePod
from bot.actions.quarantine_workload import QuarantineWorkload
from bot.domain.alerts import Alert, Role, Severity, Status, Subject, SubjectKind
from bot.domain.playbooks import (
    ByHand,
    Filled,
    Impossible,
    Manual,
    Match,
    Outcome,
    Playbook,
    Ready,
    Step,
    Take,
    Taken,
    chosen,
    filled,
    playbook_hash,
    problems,
)

POD, ADDRESS = SubjectKind.POD, SubjectKind.ADDRESS
API = Subject(POD, "api-7d9f", "payments", "prod")
C2 = Subject(ADDRESS, "203.0.113.66", role=Role.DESTINATION)
BLOCK = Step(
    "block",
    "block-address",
    {"cluster": Taken(Take.CLUSTER), "addresses": Taken(Take.PEERS), "scope": "cluster"},
)
CUT = Step(
    "cut",
    "quarantine-pod",
    {"cluster": Taken(Take.CLUSTER), "namespace": Taken(Take.NAMESPACE), "pods": Taken(Take.PODS)},
)
CUT_ALL = Step(
    "cut all",
    "quarantine-workload",
    {
        "cluster": Taken(Take.CLUSTER),
        "namespace": Taken(Take.NAMESPACE),
        "deployments": Taken(Take.DEPLOYMENTS),
    },
)
TRACE = Step("trace", manual=ByHand(("/ir trace {namespace}/{name}",), POD))


def alert(*subjects: Subject, status: Status = Status.FIRING, unread: tuple[str, ...] = ()) -> Alert:
    return Alert(
        source="am",
        kind="alertmanager",
        rule="BeaconingPod",
        severity=Severity.HIGH,
        status=status,
        started=datetime(2026, 11, 21, 2, 11, tzinfo=UTC),
        fingerprint="1",
        title="beaconing",
        subjects=subjects,
        unread=unread,
    )


def playbook(name: str = "one", *steps: Step, order: int = 100, stop: bool = False) -> Playbook:
    return Playbook(1, name, "what it is for", Match("true"), steps or (TRACE,), order, stop)


def only(step: Step, given: Alert, cluster: str = "") -> Filled:
    (made,) = filled(playbook("one", step), given, CATALOGUE, cluster)
    return made


def always(_playbook: Playbook, _alert: Alert) -> Outcome:
    return Outcome(holds=True)


def names(*given: Playbook) -> list[str]:
    return [each.name for each in chosen(given, alert(API), always).fit]


def test_those_that_fit_come_by_their_order_and_then_by_name() -> None:
    assert names(playbook("b"), playbook("late", order=900), playbook("a"), playbook("first", order=1)) == [
        "first",
        "a",
        "b",
        "late",
    ]


def test_after_one_that_says_stop_no_other_is_looked_at_and_that_is_told() -> None:
    given = (playbook("a", stop=True, order=5), playbook("b"))

    found = chosen(given, alert(API), always)

    assert [each.name for each in found.fit] == ["a"]
    assert [(each.playbook.name, each.why) for each in found.passed] == [("b", "a fits, and says stop")]


def test_one_that_says_stop_and_does_not_fit_stops_nothing() -> None:
    given = (playbook("a", stop=True, order=5), playbook("b"))

    found = chosen(given, alert(API), lambda each, _: Outcome(each.name != "a"))

    assert [each.name for each in found.fit] == ["b"]


def test_a_condition_that_could_not_be_judged_does_not_hold_and_says_why() -> None:
    found = chosen([playbook()], alert(API), lambda *_: Outcome(holds=False, why="no such key"))

    assert [each.why for each in found.passed] == ["no such key"]


def test_nothing_is_suggested_for_what_is_over() -> None:
    found = chosen([playbook()], alert(API, status=Status.RESOLVED), always)

    assert found.fit == ()


@pytest.mark.parametrize(
    "match",
    [Match("true", formats=("falco",)), Match("true", severities=(Severity.CRITICAL, Severity.LOW))],
)
def test_a_format_or_severity_that_is_not_named_does_not_fit(match: Match) -> None:
    other = Playbook(1, "one", "what", match, (TRACE,))

    assert chosen([other], alert(API), always).fit == ()


def test_actions_are_typed_by_themselves_from_what_the_alert_names() -> None:
    made = filled(playbook("one", BLOCK, CUT, TRACE), alert(API, C2), CATALOGUE)

    assert made == (
        Ready(BLOCK, BlockAddress("prod", ("203.0.113.66",), "cluster")),
        Ready(CUT, QuarantinePod("prod", "payments", ("api-7d9f",))),
        Manual(TRACE, ("/ir trace payments/api-7d9f",)),
    )


def test_the_only_cluster_of_the_settings_is_meant_where_the_alert_names_none() -> None:
    pod = Subject(POD, "api-7d9f", "payments")

    assert isinstance(only(CUT, alert(pod)), Impossible)
    assert only(CUT, alert(pod), "prod") == Ready(CUT, QuarantinePod("prod", "payments", ("api-7d9f",)))


@pytest.mark.parametrize(
    ("step", "subjects", "why"),
    [
        (CUT, (), "no pod"),
        (CUT, (Subject(POD, "api", cluster="prod"),), "which namespace"),
        (CUT, (API, Subject(POD, "api-7d9f", "orders", "prod")), "more than one namespace"),
        (CUT, (API, Subject(POD, "api-2", "payments", "stage")), "more than one cluster"),
        (CUT, (API, Subject(SubjectKind.CLUSTER, "stage")), "more than one cluster"),
        (CUT, (API, Subject(POD, "api-2", "", "prod")), "more than one namespace"),
        (BLOCK, (API,), "no address"),
        (BLOCK, (API, Subject(ADDRESS, "10.0.0.1", role=Role.SOURCE)), "no address among its peers"),
        (BLOCK, (API, Subject(ADDRESS, "2001:db8::7")), "IPv6"),
        (CUT_ALL, (API, Subject(SubjectKind.WORKLOAD, "api", "payments", "prod", owner="StatefulSet")), "Deployment"),
        (TRACE, (C2,), "no pod"),
        (TRACE, (Subject(POD, "api"),), "which namespace"),
    ],
)  # fmt: skip
def test_what_an_alert_does_not_say_in_one_way_is_told_and_never_guessed(
    step: Step, subjects: tuple[Subject, ...], why: str
) -> None:
    made = only(step, alert(*subjects))

    assert isinstance(made, Impossible)
    assert why in made.why


@pytest.mark.parametrize(
    "name",
    ["api;rm", "API", "a" * 254, "../kube-system", "api\npayments", "-x", "api..x", "", "*", "api payments"],
)
def test_a_name_that_is_none_makes_a_step_impossible_even_where_intake_let_it_through(name: str) -> None:
    made = only(CUT, alert(Subject(POD, name, "payments", "prod")))

    assert isinstance(made, Impossible)


def test_what_could_not_be_read_is_named_where_a_thing_is_missing() -> None:
    made = only(CUT, alert(unread=("'no name' cannot be the name of a pod",)))

    assert isinstance(made, Impossible)
    assert "'no name' cannot be" in made.why


def test_a_deployment_is_one() -> None:
    deployments = [
        Subject(SubjectKind.WORKLOAD, name, "payments", "prod", owner="Deployment") for name in ("api", "web")
    ]

    assert isinstance(only(CUT_ALL, alert(*deployments)), Impossible)
    assert only(CUT_ALL, alert(deployments[0])) == Ready(
        CUT_ALL, QuarantineWorkload("prod", "payments", ("api",))
    )


def test_manual_commands_are_told_of_each_and_no_more_than_fifty() -> None:
    pods = [Subject(POD, f"api-{number}", "payments") for number in range(60)]

    made = only(TRACE, alert(*pods))

    assert isinstance(made, Manual)
    assert (len(made.commands), made.more) == (50, 10)


@pytest.mark.parametrize(
    ("step", "why"),
    [
        (Step("x"), "one of the two"),
        (Step("x", "block-address", manual=ByHand(("x",))), "one of the two"),
        (Step("x", "block-addres"), "did you mean `block-address`"),
        (Step("x", "block-address", {"cluster": "prod", "adresses": Taken(Take.PEERS)}), "did you mean `addresses`"),
        (Step("x", "block-address", {"addresses": Taken(Take.PEERS)}), "needs `cluster`"),
        (Step("x", "quarantine-pod", {**CUT.parameters, "namespace": "payments"}), "is taken from the alert too"),
        (Step("x", "quarantine-pod", {**CUT.parameters, "cluster": "prod"}), "is taken from the alert too"),
        (Step("x", "quarantine-pod", {**CUT.parameters, "allow": Taken(Take.ADDRESSES)}), "never taken from an alert"),
        (Step("x", "quarantine-pod", {**CUT.parameters, "pods": Taken(Take.ADDRESSES)}), "not taken from addresses"),
        (Step("x", "block-address", {**BLOCK.parameters, "scope": Taken(Take.CLUSTER)}), "never taken from an alert"),
        (Step("x", "block-address", {**BLOCK.parameters, "scope": "world"}), "Invalid enum value 'world'"),
        (Step("x", "block-address", {**BLOCK.parameters, "cluster": ["prod"]}), "Expected `str`"),
        (Step("x", manual=ByHand(("{name}",))), "`each` says of what"),
        (Step("x", manual=ByHand(("{pod}",), POD)), "nothing is filled in for `{pod}`"),
        (Step("x", manual=ByHand(("{name.__class__}",), POD)), "no plain name"),
        (Step("x", manual=ByHand(("{name!r}",), POD)), "no plain name"),
        (Step("x", manual=ByHand(("{",), POD)), "a brace is left open"),
        (Step("x", manual=ByHand(("x",)), parameters={"a": "b"}), "has none"),
    ],
)  # fmt: skip
def test_a_step_that_could_never_be_done_is_a_problem(step: Step, why: str) -> None:
    found = problems(playbook("one", step), CATALOGUE, ("falco",))

    assert any(why in each.text for each in found), found


def test_a_format_that_does_not_exist_is_a_problem() -> None:
    odd = Playbook(1, "one", "what", Match("true", formats=("falcon",)), (TRACE,))

    (found,) = problems(odd, CATALOGUE, ("falco", "grafana"))

    assert "did you mean `falco`" in found.text
    assert found.path == ("match", "formats", 0)


def test_the_hash_is_of_what_a_playbook_says() -> None:
    assert playbook_hash(playbook("one", CUT)) == playbook_hash(playbook("one", CUT))
    assert playbook_hash(playbook("one", CUT)) != playbook_hash(playbook("one", CUT, stop=True))
