"""What each sender's body says, as recorded; and that nothing else ever comes of a body than alerts or one error."""

import copy
import json
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.adapters.alerts.parsing import PARSERS
from bot.adapters.alerts.wire import LARGEST, Intake, MisfitError
from bot.domain.alerts import Alert, Role, Severity, Status, SubjectKind
from bot.domain.hidden import hidden
from tests.adapters.alerts.recorded import BROKEN, VALID, body, kind, parsed

POD, ADDRESS = SubjectKind.POD, SubjectKind.ADDRESS


@pytest.mark.parametrize("name", VALID)
def test_a_recorded_body_says_who_what_and_when(name: str) -> None:
    alerts = parsed(name)

    assert alerts
    for alert in alerts:
        assert alert.kind == kind(name)
        assert alert.rule
        assert alert.title
        assert alert.severity is not Severity.UNKNOWN
        assert alert.started.year == 2026
        assert (alert.ended is not None) == (alert.status is Status.RESOLVED)
        assert alert.subjects
    assert msgspec.json.decode(msgspec.json.encode(alerts), type=tuple[Alert, ...]) == alerts


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in VALID
        if "metric" not in name and "audit" not in name and "grafana" not in name and "closed" not in name
    ],
)
def test_the_pod_of_every_recorded_body_is_found_with_its_namespace(name: str) -> None:
    pods = parsed(name)[0].of(POD)

    assert [(pod.namespace, pod.name) for pod in pods] == [("payments", "checkout-7d9f-x2x1")]


@pytest.mark.parametrize(
    "name", ["alertmanager.firing", "falco.outbound", "azure-monitor.log", "generic.firing"]
)
def test_an_address_knows_which_end_it_is(name: str) -> None:
    found = [each for each in parsed(name)[0].of(ADDRESS) if each.role is Role.DESTINATION]

    assert [each.name for each in found] == ["203.0.113.66"]


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_body_is_refused_with_the_path_that_is_wrong(name: str) -> None:
    paths = {
        "alertmanager.empty": "$.alerts",
        "alertmanager.label-is-a-list": "$.alerts[0].labels[...]",
        "alertmanager.old-version": "$.version",
        "alertmanager.time-is-a-number": "$.alerts[1].startsAt",
        "azure-monitor.dimension-is-a-number": "$.data.alertContext.condition.allOf[0].dimensions[1].value",
        "azure-monitor.other-schema": "$.schemaId",
        "defender.entities-no-json": "$.Entities",
        "defender.entity-is-a-number": "$.Entities[0]",
        "falco.fields-are-a-list": "$.output_fields",
        "generic.misspelt": "$.alerts[0]",
        "generic.no-zone": "$.alerts[0].started",
        "grafana.odd-status": "$.alerts[0].status",
        "sentinel.entity-is-text": "$.object.properties.relatedEntities[0].properties",
        "sentinel.neither": "$.object",
    }
    with pytest.raises(MisfitError) as caught:
        parsed(f"broken/{name}")

    assert caught.value.path == paths.get(name, "$")


def test_an_exported_label_is_meant_where_the_scrape_has_one_of_the_same_name() -> None:
    second = parsed("alertmanager.firing")[1]

    assert [(pod.namespace, pod.name) for pod in second.of(POD)] == [("payments", "checkout-7d9f-k4k4")]


def test_an_alert_keeps_its_name_when_it_is_resolved_and_is_told_once_more() -> None:
    firing, resolved = parsed("alertmanager.firing")[0], parsed("alertmanager.resolved")[0]

    assert firing.id == resolved.id
    assert firing.key != resolved.key


def test_references_between_entities_are_followed_once_and_never_in_a_circle() -> None:
    sent = json.loads(body("defender.miner"))
    sent["Entities"] = [
        {"$id": "1", "Type": "K8s-pod", "Name": "a", "Namespace": {"$ref": "2"}},
        {"$id": "2", "Type": "K8s-namespace", "Name": {"$ref": "1"}},
        {"$id": "3", "Type": "K8s-pod", "Name": "b", "Namespace": {"$ref": "3"}},
        {"$id": "4", "Type": "K8s-pod", "Name": "c", "Namespace": {"$ref": "nowhere"}},
    ]
    (alert,) = PARSERS["defender"](json.dumps(sent).encode(), Intake("defender"))

    assert [(pod.name, pod.namespace) for pod in alert.of(POD)] == [("a", ""), ("b", "b"), ("c", "")]


def test_a_source_for_one_cluster_is_not_believed_about_another() -> None:
    (alert, _) = parsed("alertmanager.firing", cluster="staging")

    assert {each.cluster for each in alert.subjects} == {"staging|prod"}
    assert [each.name for each in alert.of(SubjectKind.CLUSTER)] == ["prod"]
    (told,) = alert.unread
    assert told.startswith("it says cluster 'prod'; its source is configured for 'staging'")


def test_what_cannot_be_a_name_is_told_and_is_no_subject() -> None:
    sent = json.loads(body("alertmanager.firing"))
    sent["alerts"][0]["labels"] |= {"pod": "x; rm -rf /", "destination_ip": "203.0.113.66.evil.example"}
    alert = PARSERS["alertmanager"](json.dumps(sent).encode(), Intake("alertmanager"))[0]

    assert alert.of(POD) == alert.of(ADDRESS) == ()
    assert len(alert.unread) == 2


@pytest.mark.parametrize("name", ["alertmanager", "falco", "sentinel", "generic"])
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff\xfe",
        b'{"a":' * 5000,
        b"[" * 100_000,
        b" " * (LARGEST + 1),
        b'{"version":"4","alerts":[[]]}',
    ],
    ids=["empty", "null", "list", "open", "no-utf8", "deep-objects", "deep-lists", "large", "list-in-list"],
)
def test_nonsense_is_one_kind_of_error(name: str, raw: bytes) -> None:
    with pytest.raises(MisfitError):
        PARSERS[name](raw, Intake(name))


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=40),
    st.sampled_from(
        [
            "<!channel>",
            "*_~`",
            "=cmd()",
            "'; DROP",
            "\u202egnp",
            "{{7*7}}",
            "$ref",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59-14:00",
        ]
    ),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3),
)


@given(name=st.sampled_from(VALID), draw=st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_recorded_body_with_anything_in_any_place_gives_alerts_or_that_error(
    name: str, draw: st.DataObject
) -> None:
    sent = json.loads(body(name))
    for _ in range(draw.draw(st.integers(1, 4))):
        _spoil(sent, draw)
    for alert in _alerts(name, json.dumps(sent).encode()):
        _harmless(alert)


def _alerts(name: str, raw: bytes) -> tuple[Alert, ...]:
    try:
        return PARSERS[kind(name)](raw, Intake(kind(name)))
    except MisfitError:
        return ()


def _spoil(sent: Any, draw: st.DataObject) -> None:
    """Put something else at one place of it, or take it out."""
    places = list(_places(sent))
    if not places:
        return
    holder, key = draw.draw(st.sampled_from(places))
    if isinstance(holder, dict) and draw.draw(st.booleans()):
        holder.pop(key)
    elif draw.draw(st.booleans()) and isinstance(holder[key], str):
        holder[key] = draw.draw(st.text(max_size=2000))
    else:
        holder[key] = copy.deepcopy(draw.draw(ODD))


def _places(value: Any) -> Any:
    if isinstance(value, dict | list):
        keys = value if isinstance(value, dict) else range(len(value))
        for key in keys:
            yield value, key
            yield from _places(value[key])


def _harmless(alert: Alert) -> None:
    texts = [
        *(alert.rule, alert.title, alert.summary, alert.fingerprint, alert.group, *alert.unread),
        *(text for pair in alert.labels for text in pair),
        *(text for link in alert.links for text in (link.title, link.url)),
        *(text for each in alert.subjects for text in (each.name, each.namespace, each.cluster, each.owner)),
    ]

    assert not any(hidden(character) for text in texts for character in text)
    assert max(map(len, texts)) <= 2000
    assert len(msgspec.json.encode(alert)) < 200_000


def test_what_is_said_of_a_misfit_is_legible_and_on_one_line_whatever_its_members_are_called() -> None:
    sent = json.loads(body("generic.firing"))
    sent["alerts"][0]["\u202eeman\n\x00"] = 1
    with pytest.raises(MisfitError) as caught:
        PARSERS["generic"](json.dumps(sent).encode(), Intake("generic"))

    assert caught.value.why == r"Object contains unknown field `\u202eeman \u0000`"
    assert not any(map(hidden, str(caught.value)))
