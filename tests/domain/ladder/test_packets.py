"""L4: what two canaries aim at, what they say, and what their silence means."""

import json

import pytest

from bot.domain.isolation import LABEL
from bot.domain.ladder.aiming import aimed
from bot.domain.ladder.rungs import Outcome
from bot.domain.queries import Absent, Listing, Unavailable
from bot.domain.refs import POD, KubeRef
from bot.domain.views import PodView
from tests.domain.ladder.placing import (
    API,
    OTHERS,
    OWNER,
    PART,
    SIBLING,
    SPACE,
    TARGET,
    aims,
    answered,
    beside,
    ended,
    examined,
    judged,
    message,
    placed,
    pod,
    within,
    words,
)

# -- what they aim at --------------------------------------------------------------------------------------


def test_the_one_beside_the_cut_tries_a_sibling_and_the_pod_and_the_one_within_it_the_sibling() -> None:
    outside, inside = placed()

    assert words(outside)[1:8:2] == [
        "control=10.244.0.8:8080",
        "control-dns=10.244.0.53:53",
        "control-api=10.0.0.1:6443",
        "target=10.244.0.7:8080",
    ]
    assert words(inside)[1:6:2] == ["sibling=10.244.0.8:8080", "dns=10.244.0.53:53", "api=10.0.0.1:6443"]
    assert inside.body.at("metadata", "labels", LABEL) == "fb-7k3q-0"
    assert outside.body.at("metadata", "labels", LABEL) is None


@pytest.mark.parametrize(
    ("pods", "why"),
    [
        ((API,), "no sibling is Ready"),
        ((SIBLING,), "the pod is gone"),
        ((API, pod("api-2", ready=False)), "no sibling is Ready"),
        ((API, pod("api-2", hostNetwork=True)), "no sibling is Ready"),
        ((API, pod("api-2", labels={LABEL: "fb-other-0"})), "no sibling is Ready"),
        ((API, pod("api-2", labels={"firebreak.dev/canary": "outside"})), "no sibling is Ready"),
        ((API, pod("api-2", owners=[{**OWNER, "uid": "another"}])), "no sibling is Ready"),
        ((API, pod("api-2", owners=[])), "no sibling is Ready"),
        ((API, pod("api-2", "2001:db8::1")), "no sibling is Ready"),
        ((API, pod("api-2", "10.0.0.1:22;id")), "no sibling is Ready"),
        ((API, pod("api-2", ports=[])), "declares a TCP port"),
        ((API, pod("api-2", ports=[{"containerPort": 53, "protocol": "UDP"}])), "declares a TCP port"),
        ((API, pod("api-2", ports=[{"containerPort": 99999}])), "declares a TCP port"),
        ((pod("api-1", "", uid="target"), SIBLING), "no address yet"),
        ((pod("api-1", uid="target", owners=[]), SIBLING), "no controller owns the pod"),
    ],
)
def test_without_a_sibling_that_can_answer_there_is_nothing_to_aim_at(
    pods: tuple[PodView, ...], why: str
) -> None:
    said = aims(*pods)

    assert isinstance(said, str)
    assert why in said


def test_siblings_that_cannot_be_read_are_none() -> None:
    said: str = ended(aimed(PART), (Unavailable("no right to list pods"), *OTHERS))

    assert "no right to list pods" in said


# -- what they say -----------------------------------------------------------------------------------------


def test_both_cut_while_the_control_is_open_holds() -> None:
    told = judged("open", "cut", "cut")

    assert (told.outcome, told.holes) == (Outcome.HOLDS, ())
    assert "10.244.0.8:8080" in told.text


@pytest.mark.parametrize(
    ("target", "sibling", "about"),
    [
        ("open", "cut", ["ingress"]),
        ("refused", "cut", ["ingress"]),
        ("cut", "open", ["egress"]),
        ("cut", "refused", ["egress"]),
        ("open", "open", ["egress", "ingress"]),
    ],
)
def test_whatever_gets_through_is_a_hole_and_so_is_what_is_refused(
    target: str, sibling: str, about: list[str]
) -> None:
    told = judged("open", target, sibling)

    assert told.outcome is Outcome.OPEN
    assert [hole.about for hole in told.holes] == [
        f"{SPACE}/api-1 {direction} packets" for direction in about
    ]


@pytest.mark.parametrize("control", ["cut", "refused", "error"])
@pytest.mark.parametrize("others", ["cut", "open"])
def test_a_control_that_is_not_open_shows_nothing(control: str, others: str) -> None:
    told = judged(control, others, others)

    assert (told.outcome, told.final) == (Outcome.SILENT, True)
    assert "shows nothing" in told.text


@pytest.mark.parametrize(("target", "sibling"), [("error", "cut"), ("cut", "error")])
def test_what_could_not_be_tried_is_not_cut(target: str, sibling: str) -> None:
    assert judged("open", target, sibling).outcome is Outcome.SILENT


def test_what_was_open_at_first_and_is_cut_at_last_says_after_how_long() -> None:
    outside, inside = placed()
    late = {"name": "sibling", "last": "cut", "tries": 8, "opened": 3, "refused": 0, "first_cut": 3.0}
    said = json.loads(within())
    second = answered(inside, json.dumps({**said, "results": [late, *said["results"][1:]]}))
    told = examined(answered(outside, beside()), second)

    assert told.outcome is Outcome.HOLDS
    assert "cut after 3 s" in told.text


def test_a_control_that_is_cut_itself_by_then_shows_nothing() -> None:
    taken = pod("api-2", labels={LABEL: "fb-other-0"})

    assert judged("open", "cut", "cut", there=Listing((API, taken))).outcome is Outcome.SILENT
    assert judged("open", "cut", "cut", there=Unavailable("no")).outcome is Outcome.SILENT


# -- who has not told --------------------------------------------------------------------------------------


def test_one_that_has_not_answered_is_waited_for_and_one_that_failed_is_not() -> None:
    outside, inside = placed()
    said = answered(outside, beside())
    gone = Absent(KubeRef(TARGET.cluster, POD, SPACE, "x"))

    assert [examined(said, other).final for other in (gone, Unavailable("no"), answered(inside, "", 1))] == [
        True,
        False,
        True,
    ]


def test_an_aim_that_was_not_told_of_makes_it_silent() -> None:
    outside, inside = placed()
    told = examined(answered(outside, message(control="open")), answered(inside, message(sibling="cut")))

    assert told.outcome is Outcome.SILENT
