"""Which alerts are one, as their senders write them: never two things of two clusters, always one that grew."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.adapters.alerts.parsing import PARSERS
from bot.adapters.alerts.wire import Intake
from bot.domain.alerts import Alert, Status
from bot.domain.alerts.grouping import group_key, joined, opened
from bot.domain.alerts.occurrence import heard
from bot.domain.alerts.posts import key_of
from tests.adapters.alerts.recorded import body

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
POD = {"kind": "pod", "name": "api-0", "namespace": "pay"}


def read(kind: str, sent: Mapping[str, Any]) -> tuple[Alert, ...]:
    return PARSERS[kind](json.dumps(sent).encode(), Intake(kind))


def generic(*items: Mapping[str, Any]) -> tuple[Alert, ...]:
    """Return what is told of alerts without a fingerprint that began at one time."""
    told = {"rule": "Trap", "started": "2026-11-21T01:50:00Z"}
    return read("generic", {"version": 1, "alerts": [{**told, **each} for each in items]})


def test_one_detection_in_two_clusters_is_two_alerts_and_the_end_of_one_is_not_the_other_s() -> None:
    (prod,) = generic({"cluster": "prod", "subjects": [POD]})
    (staging,) = generic({"cluster": "staging", "subjects": [POD]})
    (over,) = generic({"cluster": "prod", "subjects": [POD], "status": "resolved"})
    both = generic({"cluster": "prod", "subjects": [POD]}, {"cluster": "staging", "subjects": [POD]})
    known = {each.id: heard(each, None, NOW) for each in both}
    known[over.id] = heard(over, known[over.id], NOW)

    assert prod.id == over.id
    assert [each.id for each in both] == [prod.id, staging.id]
    assert group_key(prod) != group_key(staging)
    assert key_of([prod]) != key_of([staging])
    assert (known[prod.id].status, known[staging.id].status) == (Status.RESOLVED, Status.FIRING)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"labels": {"host": "a"}}, {"labels": {"host": "b"}}),
        ({"labels": {"a": "b", "c": "d"}}, {"labels": {"a": "b/c", "c": "d"}}),
        ({"subjects": [POD]}, {"subjects": [{**POD, "namespace": "", "name": "pay.api-0"}]}),
        ({"subjects": [POD]}, {"subjects": [{**POD, "kind": "service_account"}]}),
        ({"subjects": [POD]}, {"subjects": [POD, {**POD, "name": "api-1"}]}),
        ({"cluster": "a"}, {"cluster": "b"}),
    ],
)
def test_what_tells_two_alerts_apart_is_in_their_names(
    one: Mapping[str, Any], other: Mapping[str, Any]
) -> None:
    ((first,), (second,)) = generic(one), generic(other)

    assert first.id != second.id


def test_the_order_of_subjects_and_labels_is_none_of_its_name() -> None:
    more = {**POD, "name": "api-1"}
    ((first,), (second,)) = generic({"subjects": [POD, more]}), generic({"subjects": [more, POD]})

    assert first.id == second.id


def test_organisations_of_one_grafana_may_have_labels_alike() -> None:
    sent = json.loads(body("grafana.firing"))
    here, there = read("grafana", sent), read("grafana", {**sent, "orgId": sent["orgId"] + 1})

    assert not {each.id for each in here} & {each.id for each in there}


def test_an_event_that_has_no_name_is_told_apart_by_its_fields() -> None:
    sent = {key: value for key, value in json.loads(body("falco.shell")).items() if key != "uuid"}
    here, there = (
        read("falco", {**sent, "output_fields": {**sent["output_fields"], "k8s.cluster.name": name}})
        for name in ("prod", "staging")
    )

    assert here[0].id != there[0].id


@pytest.mark.parametrize("kind", ["alertmanager", "grafana"])
def test_what_a_notification_left_out_is_told_with_each_of_its_alerts(kind: str) -> None:
    sent = json.loads(body(f"{kind}.firing"))
    told = read(kind, {**sent, "truncatedAlerts": 17})

    assert {each.left_out for each in told} == {17}
    assert not any("left out" in text for each in told for text in each.unread)


def incident(status: str, modified: str, *pods: str) -> Alert:
    """Return what Sentinel tells of one incident."""
    alerts = [{"properties": {"additionalData": {"Entities": _entities(pod)}}} for pod in pods]
    told = {
        "title": "Shell in a pod",
        "severity": "High",
        "status": status,
        "alerts": alerts,
        "createdTimeUtc": "2026-11-21T01:50:00Z",
        "lastModifiedTimeUtc": modified,
    }
    (found,) = read("sentinel", {"object": {"name": "inc-1", "properties": told}})
    return found


def _entities(pod: str) -> list[dict[str, Any]]:
    return [
        {"$id": "1", "Type": "K8s-cluster", "Name": "prod"},
        {"$id": "2", "Type": "K8s-namespace", "Name": "pay", "Cluster": {"$ref": "1"}},
        {"$id": "3", "Type": "K8s-pod", "Name": pod, "Namespace": {"$ref": "2"}},
    ]


def test_an_incident_that_is_updated_closed_and_reopened_is_one_alert_that_says_so_each_time() -> None:
    new = incident("New", "2026-11-21T01:50:00Z", "api-0")
    grown = incident("Active", "2026-11-21T02:10:00Z", "api-0", "vault-0")
    closed = incident("Closed", "2026-11-21T02:20:00Z", "api-0", "vault-0")
    reopened = incident("Active", "2026-11-21T02:21:00Z", "api-0", "vault-0")
    known = heard(new, None, NOW)
    group = joined(opened(new, NOW), [(new, None)], NOW)
    stands = []
    for each in (grown, closed, grown, reopened):
        after = heard(each, known, NOW)
        group, known = joined(group, [(after.alert, known)], NOW), after
        pods = {one.subject.name for one in group.named if one.firing and one.subject.namespace}
        stands.append((group.firing, sorted(pods)))

    assert len({each.id for each in (new, grown, closed, reopened)}) == 1
    assert len({key_of([each]) for each in (new, grown, closed, reopened)}) == 4
    assert stands == [
        (1, ["api-0", "vault-0"]),
        (0, []),
        (0, []),
        (1, ["api-0", "vault-0"]),
    ], "an update that comes after the closing that came after it ends nothing"
