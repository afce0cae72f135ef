"""Many alerts, one group: what is counted, what begins another, and that nothing is counted twice."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.domain.alerts import Alert, Severity, Status, SubjectKind
from bot.domain.alerts.grouping import CALM, MOST, SILENCE, Group, group_key, joined, opened
from bot.domain.alerts.occurrence import Known, heard, tells_more
from bot.domain.alerts.posts import key_of
from bot.domain.alerts.subjects import subject
from tests.adapters.alerts.made import START, alert, pod

NOW = START + timedelta(minutes=1)


def told(*alerts: Alert) -> Group:
    group, known = opened(alerts[0], NOW), dict[str, Known]()
    for each in alerts:
        before = known.get(each.id)
        after = known[each.id] = heard(each, before, NOW)
        if tells_more(before, after):
            group = joined(group, [(after.alert, before)], NOW)
    return group


def test_a_thousand_alerts_of_fifty_pods_are_one_group_with_counts() -> None:
    group = told(*(alert(number) for number in range(1000)))

    assert (group.total, group.firing, group.others) == (1000, 1000, 0)
    assert {named.alerts for named in group.named} == {20}
    assert len(group.named) == MOST
    assert len({group_key(alert(number)) for number in range(1000)}) == 1


def test_subjects_beyond_those_that_are_named_are_counted() -> None:
    group = told(*(alert(number, pod(number)) for number in range(MOST + 7)))

    assert (len(group.named), group.others) == (MOST, 7)


def test_what_is_over_makes_room_for_what_fires() -> None:
    def over(number: int) -> Alert:
        return alert(number, pod(number), status=Status.RESOLVED)

    alerts = [each for number in range(MOST) for each in (alert(number, pod(number)), over(number))]
    group = told(*alerts[:-1], alert(99, pod(99)))

    assert pod(99) in {named.subject for named in group.named}
    assert (len(group.named), group.others) == (MOST, 1), "what left is counted still"
    assert pod(0) not in {named.subject for named in group.named}, "the first that was over"
    assert pod(MOST - 1) in {named.subject for named in group.named}, "it fires"


def test_what_is_over_already_takes_nobodys_place() -> None:
    alerts = [alert(number, pod(number)) for number in range(MOST)]
    late = alert(99, pod(99), status=Status.RESOLVED)
    group = told(*alerts, late)

    assert (group.others, {named.over for named in group.named}) == (1, {0})


def test_groups_part_by_source_rule_cluster_and_namespace() -> None:
    first = alert()
    others = [
        replace(first, source="falco"),
        replace(first, rule="Miner"),
        replace(first, subjects=(replace(pod(), cluster="staging"),)),
        replace(first, subjects=(pod(namespace="shop"),)),
        replace(first, subjects=()),
    ]

    assert len({group_key(each) for each in (first, *others)}) == 6


def test_the_worst_severity_stands() -> None:
    group = told(
        replace(alert(1), severity=Severity.LOW), alert(2), replace(alert(3), severity=Severity.INFO)
    )

    assert group.severity is Severity.HIGH


def test_a_group_is_over_when_all_is_resolved_and_calm_or_when_nothing_was_heard_for_long() -> None:
    firing, done = told(alert()), told(alert(), alert(status=Status.RESOLVED))

    assert (done.firing, done.over(NOW + CALM - timedelta(seconds=1)), done.over(NOW + CALM)) == (
        0,
        False,
        True,
    )
    assert (firing.over(NOW + CALM), firing.over(NOW + SILENCE)) == (False, True)


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(Status)), min_size=1, max_size=30))
def test_whatever_is_sent_again_and_in_whatever_order_counts_are_those_of_the_set(
    sent: list[tuple[int, Status]],
) -> None:
    group = told(*(alert(number, status=status) for number, status in sent))
    again = told(*(alert(number, status=status) for number, status in (*sent, *reversed(sent))))

    assert (group.total, group.resolved) == (again.total, again.resolved)
    assert group.total == len({number for number, _ in sent})
    assert group.resolved == len({number for number, status in sent if status is Status.RESOLVED})


def test_a_post_is_known_again_in_another_order_and_is_another_once_resolved() -> None:
    one, two = alert(1), alert(2)

    assert key_of([one, two]) == key_of([two, one, one])
    assert key_of([one, two]) != key_of([one, alert(2, status=Status.RESOLVED)])


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (SubjectKind.POD, "UPPER"),
        (SubjectKind.POD, "a/b"),
        (SubjectKind.POD, "a\n"),
        (SubjectKind.NAMESPACE, "a.b"),
        (SubjectKind.NAMESPACE, "x" * 64),
        (SubjectKind.ADDRESS, "10.0.0.1/32"),
        (SubjectKind.ADDRESS, "010.0.0.1"),
        (SubjectKind.ADDRESS, "fe80::1%eth0"),
        (SubjectKind.FQDN, "localhost"),
        (SubjectKind.FQDN, "ex\u0430mple.com"),
        (SubjectKind.FQDN, "10.0.0.1"),
        (SubjectKind.CLUSTER, "-x"),
    ],
)
def test_what_cannot_be_a_name_is_refused_and_never_bent(kind: SubjectKind, name: str) -> None:
    with pytest.raises(ValueError, match=r"cannot be|is not an"):
        subject(kind, name)


def test_one_address_has_one_spelling() -> None:
    spelled = {subject(SubjectKind.ADDRESS, text).name for text in ("2001:DB8::1", "2001:db8:0::0:1")}

    assert spelled == {"2001:db8::1"}
    assert subject(SubjectKind.ADDRESS, "::ffff:10.0.0.1").name == "10.0.0.1"
