"""L4: whoever writes a canary's word himself, or plays dead for one, is not believed."""

import json
from typing import Any

import msgspec
import pytest

from bot.domain.documents import Document
from bot.domain.isolation import LABEL
from bot.domain.ladder.rungs import Outcome
from bot.domain.queries import Answer, Found, Listing, Unavailable
from tests.domain.ladder.placing import (
    API,
    OWNER,
    PART,
    SIBLING,
    SPACE,
    aims,
    answered,
    beside,
    examined,
    judged,
    placed,
    pod,
    slices,
    within,
    words,
)

FORGED: dict[str, dict[str, Any]] = {
    "another pod of that name": {"uid": "of somebody else"},
    "one that is on its way out": {"metadata": {"deletionTimestamp": "2026-03-01T12:00:00Z"}},
    "another image": {"image": "reg/evil:1"},
    "another command": {"command": ["sh"]},
    "other arguments": {"args": ["--for", "1"]},
    "a variable that brings another program": {"env": [{"name": "PYTHONPATH", "value": "/evil"}]},
    "variables of somebody's": {"envFrom": [{"configMapRef": {"name": "evil"}}]},
    "a mount over the program": {"volumeMounts": [{"name": "evil", "mountPath": "/app/bot"}]},
    "a volume": {"spec": {"volumes": [{"name": "evil", "configMap": {"name": "evil"}}]}},
    "a hook that writes the message": {"lifecycle": {"postStart": {"exec": {"command": ["sh"]}}}},
    "its message somewhere else": {"terminationMessagePath": "/evil"},
    "a container that joined it": {"spec": {"ephemeralContainers": [{"name": "debugger"}]}},
    "a container before it": {"spec": {"initContainers": [{"name": "first"}]}},
    "the node's network": {"spec": {"hostNetwork": True}},
    "shared processes": {"spec": {"shareProcessNamespace": True}},
    "another image that was put back again": {"metadata": {"generation": 3}},
    "another runtime": {"spec": {"runtimeClassName": "loose"}},
    "another node": {"spec": {"nodeName": "node-2"}},
    "a second container": {"spec": {"containers": [{"name": "canary"}, {"name": "sidecar"}]}},
    "no container": {"spec": {"containers": [{"name": "other"}]}},
}


@pytest.mark.parametrize("other", FORGED.values(), ids=FORGED.keys())
@pytest.mark.parametrize("which", [0, 1], ids=["outside", "inside"])
def test_the_word_of_a_pod_that_is_not_as_written_counts_for_nothing(
    other: dict[str, Any], which: int
) -> None:
    outside, inside = placed()
    how: tuple[dict[str, Any], dict[str, Any]] = (other, {}) if which == 0 else ({}, other)
    how = (json.loads(json.dumps(how[0])), json.loads(json.dumps(how[1])))
    told = examined(answered(outside, beside(), **how[0]), answered(inside, within(), **how[1]))

    assert (told.outcome, told.final) == (Outcome.SILENT, True)
    assert "counts for nothing" in told.text


@pytest.mark.parametrize(
    "labels",
    [
        {LABEL: None},
        {LABEL: "fb-other-0"},
        {"app": "api"},
        {"firebreak.dev/canary": "outside"},
    ],
    ids=["cut taken off", "another cut", "a Service's", "another role"],
)
def test_a_canary_whose_labels_others_changed_counts_for_nothing(labels: dict[str, str | None]) -> None:
    outside, inside = placed()
    changed = {**inside.body.value["metadata"]["labels"], **labels}
    kept = {key: value for key, value in changed.items() if value is not None}
    told = examined(answered(outside, beside()), answered(inside, within(), metadata={"labels": kept}))

    assert told.outcome is Outcome.SILENT
    assert "its label" in told.text


def test_what_the_api_server_fills_in_by_itself_makes_it_no_other_pod() -> None:
    outside, inside = placed()
    labels = {**inside.body.value["metadata"]["labels"], "topology.kubernetes.io/zone": "westeurope-1"}
    filled: dict[str, Any] = {
        "imagePullPolicy": "IfNotPresent",
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "spec": {"dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler", "hostNetwork": False},
        "metadata": {"labels": labels, "ownerReferences": [OWNER], "finalizers": ["x.example/y"]},
    }
    told = examined(answered(outside, beside()), answered(inside, within(), **filled))

    assert told.outcome is Outcome.HOLDS


def test_a_pod_that_cannot_be_understood_is_not_ours() -> None:
    outside, inside = placed()
    odd = Found(outside.ref, Document.of({"metadata": {"uid": 7}, "spec": {"containers": {}}}), "1")

    assert examined(odd, answered(inside, within())).outcome is Outcome.SILENT


# -- witnesses in other hands ------------------------------------------------------------------------------


def test_siblings_alone_are_no_witnesses_whatever_they_let_through() -> None:
    outside, inside = placed()
    cut_off = beside(control_dns="cut", control_api="refused")
    told = examined(answered(outside, cut_off), answered(inside, within()))

    assert (told.outcome, told.final) == (Outcome.SILENT, True)
    assert "siblings alone are no witnesses" in told.text


@pytest.mark.parametrize("open_one", ["control_dns", "control_api"])
def test_one_witness_in_other_hands_is_enough(open_one: str) -> None:
    outside, inside = placed()
    said = {"control_dns": "cut", "control_api": "cut"} | {open_one: "open"}
    told = examined(answered(outside, beside(**said)), answered(inside, within()))

    assert told.outcome is Outcome.HOLDS


@pytest.mark.parametrize("how", ["open", "refused"])
def test_a_witness_that_is_reached_from_within_is_a_hole_though_the_sibling_plays_dead(how: str) -> None:
    outside, inside = placed()
    told = examined(answered(outside, beside()), answered(inside, within(dns=how)))

    assert told.outcome is Outcome.OPEN
    assert [hole.about for hole in told.holes] == [f"{SPACE}/api-1 egress packets"]
    assert "the cluster's DNS at 10.244.0.53:53" in told.text


@pytest.mark.parametrize(
    "others",
    [
        (Listing(()), slices(endpoints=[])),
        (Listing((pod("coredns-1", "10.244.0.53", ready=False),)), slices(ports=[])),
    ],
)
def test_witnesses_that_are_not_there_any_more_show_nothing(others: tuple[Answer, ...]) -> None:
    assert judged("open", "cut", "cut", others=others).outcome is Outcome.SILENT


def test_witnesses_that_cannot_be_read_now_are_asked_for_again() -> None:
    told = judged("open", "cut", "cut", others=(Unavailable("busy"), slices()))

    assert (told.outcome, told.final) == (Outcome.SILENT, False)
    assert "busy" in told.text


@pytest.mark.parametrize(
    "others",
    [
        (Unavailable("no"), Unavailable("no")),
        (Listing(()), slices(ports=[{"port": 6443, "protocol": "UDP"}])),
        (Listing((pod("dns", "10.0.0.9", hostNetwork=True),)), slices(ports=[{"port": 0}])),
        (Listing((pod("dns", "2001:db8::1"),)), slices(endpoints=[{"addresses": ["127.0.0.1", "api"]}])),
        (Listing((pod("dns", ports=[]),)), slices(endpoints=None)),
    ],
)
def test_without_a_witness_in_other_hands_nothing_is_placed(others: tuple[Answer, ...]) -> None:
    said = aims(API, SIBLING, others=others)

    assert isinstance(said, str)
    assert "no witnesses" in said


def test_what_the_cut_leaves_open_on_purpose_and_its_own_node_are_no_witnesses() -> None:
    def told(*allow: str, node: str = "") -> list[str]:
        probes = tuple(msgspec.structs.replace(one, allow=allow) for one in PART.probes)
        target = msgspec.structs.replace(API, status=msgspec.structs.replace(API.status, host_ip=node))
        found = aims(target, SIBLING, part=msgspec.structs.replace(PART, probes=probes))
        assert not isinstance(found, str), found
        return [word.partition("=")[0] for word in words(found[1])[1:6:2] if "=" in word]

    assert told("dns") == ["sibling", "api"]
    assert told("10.0.0.0/24") == ["sibling", "dns"]
    assert told(node="10.0.0.1") == ["sibling", "dns"]
