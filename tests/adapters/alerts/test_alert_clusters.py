"""In which cluster a thing is: as it is said of it, and in none where that is not said, or is said in two ways."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actions import CATALOGUE
from bot.adapters.alerts.naming import Naming
from bot.adapters.alerts.parsing import PARSERS
from bot.adapters.alerts.wire import Intake
from bot.domain.alerts import Alert, Subject, SubjectKind
from bot.domain.alerts.grouping import group_key
from bot.domain.alerts.subjects import doubt
from bot.domain.playbooks import Filled, Impossible, Manual, Playbook, Ready, filled
from bot.domain.playbooks.playbook import ByHand, Match, Step, Take, Taken
from bot.domain.queries import Query
from bot.domain.suggestions import Resolved, Standing
from bot.domain.suggestions.resolving import resolving
from tests.adapters.alerts.recorded import body

POD, ADDRESS = SubjectKind.POD, SubjectKind.ADDRESS
BOTH = ("prod", "staging")
STARTED = "2026-11-21T01:50:00Z"


def step(title: str, action: str, *takes: Take, **fixed: str) -> Step:
    """Return a step that takes these of the alert."""
    return Step(title, action, {**{each.value: Taken(each) for each in takes}, **fixed})


PLAYBOOK = Playbook(
    1,
    "any",
    "any",
    Match("true"),
    (
        step("Cut", "quarantine-pod", Take.CLUSTER, Take.NAMESPACE, Take.PODS),
        step("Block", "block-address", Take.CLUSTER, Take.ADDRESSES, scope="cluster"),
        step("Block in prod", "block-address", Take.ADDRESSES, cluster="prod", scope="cluster"),
        Step("Look", manual=ByHand(("kubectl --context {cluster} -n {namespace} get pod {name}",), POD)),
        Step("See", manual=ByHand(("kubectl -n {namespace} get pod {name}",), POD)),
        Step("All", manual=ByHand(("kubectl --context {cluster} get nodes",))),
        Step("Sweep", manual=ByHand(("/ir sweep {name} last 1h",), SubjectKind.ADDRESS)),
    ),
)


def read(kind: str, sent: Any, intake: Intake) -> Alert:
    """Return the one alert of a body."""
    (alert,) = PARSERS[kind](json.dumps(sent).encode(), intake)
    return alert


def prometheus(source: str = "", called: Any = None, **labels: str) -> Alert:
    """Return an alert of Alertmanager's, of a source that is for a cluster."""
    told = {
        "alertname": "CryptoMiner",
        "namespace": "pay",
        "pod": "api-0",
        "dst_ip": "203.0.113.66",
        **labels,
    }
    sent = {"version": "4", "alerts": [{"status": "firing", "startsAt": STARTED, "labels": told}]}
    return read("alertmanager", sent, Intake("am", source, called or {}))


def entities(cluster: str, pod: str, *more: Mapping[str, Any], known: bool = True) -> list[Mapping[str, Any]]:
    """Return a pod as Defender names it: by its namespace, and that by its cluster."""
    listed: list[Mapping[str, Any]] = [
        {"$id": "1", "Type": "K8s-cluster", "Name": cluster},
        {"$id": "2", "Type": "K8s-namespace", "Name": "pay", "Cluster": {"$ref": "1"}},
        {"$id": "3", "Type": "K8s-pod", "Name": pod, "Namespace": {"$ref": "2"}},
    ]
    return [*listed[0 if known else 1 :], *more]


def incident(
    *alerts: Sequence[Mapping[str, Any]], cluster: str = "", related: Sequence[Mapping[str, Any]] = ()
) -> Alert:
    """Return a Sentinel incident of several alerts."""
    told = {
        "title": "Shell",
        "severity": "High",
        "status": "New",
        "createdTimeUtc": STARTED,
        "alerts": [{"properties": {"additionalData": {"Entities": list(each)}}} for each in alerts],
        "relatedEntities": list(related),
    }
    sent = {"object": {"name": "inc-1", "properties": told}}
    return read("sentinel", sent, Intake("sentinel", cluster))


def placed(alert: Alert, kind: SubjectKind = POD) -> list[tuple[str, str]]:
    """Return where its things are."""
    return sorted((each.cluster, each.name) for each in alert.of(kind))


def steps(alert: Alert, only: str = "") -> dict[str, Filled]:
    """Return what the playbook makes of an alert, by title; ``only`` is the one cluster of the settings."""
    return {each.step.title: each for each in filled(PLAYBOOK, alert, CATALOGUE, only)}


def things(alert: Alert) -> list[Subject]:
    """Return what it names but clusters that are there under their own names."""
    return [each for each in alert.subjects if each.kind is not SubjectKind.CLUSTER or each.cluster]


def looked_up(alert: Alert, *clusters: str) -> tuple[tuple[Resolved, ...], list[Query]]:
    """Return what is said of its subjects where nothing is asked; and what would have been asked."""
    asking = resolving(things(alert), clusters)
    try:
        return (), list(next(asking))
    except StopIteration as stop:
        return stop.value, []


def nobodys(alert: Alert, *words: str) -> None:
    """Nothing is looked for, filled in or told by hand about anything of it, and it is said why."""
    for clusters in ((), ("prod",), ("staging",), BOTH):
        resolved, asked = looked_up(alert, *clusters)
        assert not asked
        assert [one.subject for one in resolved] == things(alert)
        for one in resolved:
            assert one.standing is Standing.UNKNOWN
            assert all(word in one.text for word in words), one.text
    for only in ("", *BOTH):
        for title, each in steps(alert, only).items():
            assert isinstance(each, Impossible), (title, each)
    assert any(all(word in told for word in words) for told in alert.unread), alert.unread


def test_what_a_source_of_one_cluster_says_of_another_is_of_neither() -> None:
    alert = prometheus("prod", cluster="staging")

    assert not {each.cluster for each in alert.subjects} & {"", *BOTH}
    nobodys(alert, "prod", "staging")
    assert group_key(alert) != group_key(prometheus("prod", cluster="prod"))


def test_the_same_holds_where_the_alert_names_nothing_but_the_cluster() -> None:
    sent = {"version": 1, "alerts": [{"rule": "Any", "started": STARTED, "cluster": "staging"}]}
    alert = read("generic", sent, Intake("siem", "prod"))

    every = steps(alert, "prod")
    assert all(isinstance(each, Impossible) for each in every.values()), every
    assert isinstance(steps(read("generic", sent, Intake("siem")))["All"], Manual)


def test_a_source_that_is_for_it_is_believed_and_fills_what_the_alert_does_not_say() -> None:
    for alert in (prometheus("prod", cluster="prod"), prometheus("prod"), prometheus(cluster="prod")):
        assert {each.cluster for each in alert.subjects if each.kind is POD} == {"prod"}
        assert alert.unread == ()
        every = steps(alert)
        assert not [each for each in every.values() if isinstance(each, Impossible)]
        look = every["Look"]
        assert isinstance(look, Manual)
        assert look.commands == ("kubectl --context prod -n pay get pod api-0",)


def test_the_settings_can_say_that_two_names_mean_one_cluster() -> None:
    called = {"prod-eu/1": "prod", "aks-prod": "prod"}
    for name in ("prod-eu/1", "PROD-EU/1", "AKS-Prod"):
        for own in ("", "prod"):
            alert = prometheus(own, called, cluster=name)
            assert placed(alert) == [("prod", "api-0")]
            assert alert.unread == ()
    nobodys(prometheus("staging", called, cluster="aks-prod"), "staging", "prod")


@pytest.mark.parametrize("own", ["", "prod"])
def test_a_cluster_that_cannot_be_one_is_not_taken_for_the_only_one_that_there_is(own: str) -> None:
    alert = prometheus(own, cluster="arn:aws:eks/prod")

    nobodys(alert)
    assert "arn:aws:eks/prod" in alert.unread[0]


@pytest.mark.parametrize("own", ["", "prod"])
@pytest.mark.parametrize(
    "labels",
    [
        {"cluster": "prod", "exported_cluster": "staging"},
        {"cluster": "staging", "exported_cluster": "prod"},
        {"cluster": "prod", "Cluster": "staging"},
    ],
)
def test_labels_that_name_two_clusters_name_none(own: str, labels: dict[str, str]) -> None:
    nobodys(prometheus(own, **labels), "prod", "staging")


def test_two_alerts_of_an_incident_keep_each_their_own_cluster() -> None:
    alert = incident(entities("prod", "api-0"), entities("staging", "web-0"))

    assert placed(alert) == [("prod", "api-0"), ("staging", "web-0")]
    assert alert.unread == ()
    every = steps(alert)
    look = every["Look"]
    assert isinstance(look, Manual)
    assert set(look.commands) == {
        "kubectl --context prod -n pay get pod api-0",
        "kubectl --context staging -n pay get pod web-0",
    }
    assert not [each for each in every.values() if isinstance(each, Ready)]


def test_one_name_in_two_clusters_is_two_pods() -> None:
    alert = incident(entities("prod", "api-0"), entities("staging", "api-0"))

    assert placed(alert) == [("prod", "api-0"), ("staging", "api-0")]


def test_a_source_of_one_cluster_is_believed_about_what_is_said_to_be_in_it_alone() -> None:
    alert = incident(entities("prod", "api-0"), entities("staging", "web-0"), cluster="prod")

    (_, api), (where, web) = sorted(placed(alert), key=lambda one: one[1])
    assert (api, web) == ("api-0", "web-0")
    assert ("prod", "api-0") in placed(alert)
    assert doubt(where)
    assert not [each for each in steps(alert).values() if not isinstance(each, Impossible)]


def test_what_is_of_the_incident_as_a_whole_is_in_one_cluster_only_where_there_is_one() -> None:
    ip = {"kind": "Ip", "properties": {"address": "203.0.113.66"}}
    one = incident(entities("prod", "api-0"), related=[ip])
    assert placed(one, ADDRESS) == [("prod", "203.0.113.66")]
    two = incident(entities("prod", "api-0"), entities("staging", "web-0"), related=[ip])
    assert all(doubt(where) for where, _ in placed(two, ADDRESS))
    untold = incident(entities("prod", "api-0"), entities("", "web-0", known=False), related=[ip])
    assert all(doubt(where) for where, _ in placed(untold, ADDRESS))
    assert [bool(doubt(where)) for where, name in placed(untold) if name == "web-0"] == [True]
    assert ("prod", "api-0") in placed(untold)


def test_a_reference_to_a_cluster_that_is_not_there_names_none_of_those_that_are() -> None:
    other = {"$id": "9", "Type": "K8s-cluster", "Name": "staging"}
    alert = incident(entities("prod", "api-0", other, known=False))

    assert all(doubt(where) for where, _ in placed(alert))
    assert placed(incident(entities("prod", "api-0", known=False))) == [("", "api-0")]


def test_addresses_beside_two_clusters_are_of_neither() -> None:
    more = ({"$id": "9", "Type": "K8s-cluster", "Name": "staging"}, {"Type": "ip", "Address": "203.0.113.66"})
    alert = incident(entities("prod", "api-0", *more))

    assert placed(alert) == [("prod", "api-0")]
    assert all(doubt(where) for where, _ in placed(alert, SubjectKind.ADDRESS))
    block = steps(alert)["Block in prod"]
    assert isinstance(block, Impossible)
    assert "staging" in block.why


def azure(source: str, *targets: str, **labels: str) -> Alert:
    """Return an alert of Azure Monitor over managed clusters."""
    sent = json.loads(body("azure-monitor.prometheus"))
    arm = sent["data"]["essentials"]["alertTargetIDs"][0].rpartition("/")[0]
    sent["data"]["essentials"]["alertTargetIDs"] = [f"{arm}/{each}" for each in targets]
    told = sent["data"]["alertContext"]["labels"]
    del told["cluster"]
    told |= labels
    return read("azure-monitor", sent, Intake("azure-monitor", source))


def test_a_label_says_which_of_the_resources_of_an_azure_alert_is_meant_and_none_overwrites_it() -> None:
    assert {where for where, _ in placed(azure("", "prod", "staging", cluster="staging"))} == {"staging"}
    assert {where for where, _ in placed(azure("", "Prod"))} == {"prod"}
    for own in ("", "prod"):
        nobodys(azure(own, "prod", "staging"), "prod", "staging")
    nobodys(azure("", "staging", cluster="prod"), "prod", "staging")


CLUSTERS = ("prod", "staging", "dev")
SAID = st.sampled_from(["", "-", "unknown", *CLUSTERS, "Prod", "a b"])


@given(
    own=st.sampled_from(["", *CLUSTERS]),
    whole=st.lists(SAID, max_size=3),
    things=st.lists(st.one_of(st.none(), st.lists(SAID, max_size=2)), min_size=1, max_size=6),
    draw=st.data(),
)
def test_nothing_is_ever_placed_in_a_cluster_that_was_not_said_for_it_alone(
    own: str, whole: list[str], things: list[list[str] | None], draw: st.DataObject
) -> None:
    told: list[tuple[str, Any]] = [("whole", each) for each in whole]
    told += [("thing", (number, said)) for number, said in enumerate(things)]
    naming = Naming(own)
    for what, each in draw.draw(st.permutations(told)):
        if what == "whole":
            naming.of_cluster(each)
        else:
            number, said = each
            naming.add(POD, f"p-{number}", "pay", said=None if said is None else frozenset(said))
    meant = {
        each
        for each in (*whole, *(name for said in things for name in said or ()))
        if each not in {"", "-", "unknown"}
    }

    for pod in (each for each in naming.subjects if each.kind is POD):
        said = things[int(pod.name.removeprefix("p-"))]
        for_it = {each for each in said or () if each not in {"", "-", "unknown"}} or meant
        if not for_it:
            assert pod.cluster == own
        elif pod.cluster in CLUSTERS:
            assert for_it == {pod.cluster}
            assert own in {"", pod.cluster}
        else:
            assert pod.cluster
            assert doubt(pod.cluster)
            assert naming.unread
    assert Naming(own).subjects == ()
