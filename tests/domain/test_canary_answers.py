"""The message with which a canary ends: read strictly, whoever wrote it."""

import json
from typing import Any

import pytest

from bot.domain.canary import COMMAND, Aim, Canary, Role, pod, report


def message(**last: str) -> str:
    results = [
        {"name": name, "last": how, "tries": 8, "opened": 8, "refused": 0, "first_cut": None}
        for name, how in last.items()
    ]
    return json.dumps({"v": 1, "results": results, "seconds": 8.0})


@pytest.mark.parametrize(
    "said",
    [
        "",
        "{}",
        "[" * 100_000,
        message(control="open")[:-1],
        message(control="open").replace('"v": 1', '"v": 2'),
        message(control="ajar"),
        message(**{"<!channel>": "open"}),
        message(control="open").replace('"tries": 8', '"tries": -1'),
        message(control="open").replace('"seconds": 8.0', '"seconds": 1e99'),
        message(**{f"a{n}": "open" for n in range(17)}),
        message(control="open")[:-1] + ', "more": 1}',
        json.dumps({"v": 1, "results": json.loads(message(control="open"))["results"] * 2, "seconds": 1.0}),
    ],
    ids=str,
)
def test_a_message_that_is_not_just_so_is_no_answer(said: str) -> None:
    state = {"terminated": {"exitCode": 0, "message": said}}
    body = {"status": {"phase": "Succeeded", "containerStatuses": [{"name": "canary", "state": state}]}}

    assert type(report(json.dumps(body))).__name__ == "Failed"


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        ({}, "Waiting", "not started"),
        ({"phase": "Running"}, "Waiting", ""),
        (
            {"phase": "Failed", "reason": "DeadlineExceeded", "message": "too late"},
            "Failed",
            "DeadlineExceeded",
        ),
        ({"phase": "Failed", "reason": "OutOfcpu"}, "Failed", "OutOfcpu"),
        ({"phase": "Succeeded"}, "Failed", "without a word"),
        (7, "Failed", "understood"),
    ],
)
def test_a_pod_that_has_not_answered_waits_or_has_failed(status: Any, kind: str, words: str) -> None:
    told = report(json.dumps({"status": status}))

    assert type(told).__name__ == kind
    assert words in getattr(told, "why", "")


def test_the_word_of_a_container_that_was_started_again_is_somebody_elses() -> None:
    def told(restarts: int) -> str:
        state = {"terminated": {"exitCode": 0, "message": message(control="open")}}
        box = {"name": "canary", "state": state, "restartCount": restarts}
        body = {"status": {"phase": "Succeeded", "containerStatuses": [box]}}
        return type(report(json.dumps(body))).__name__

    assert [told(0), told(1)] == ["Report", "Failed"]


def test_an_image_that_cannot_be_pulled_is_waited_for_and_one_without_a_name_is_not() -> None:
    def waiting(reason: str) -> str:
        state = {"waiting": {"reason": reason, "message": "x" * 5000}}
        body = {"status": {"phase": "Pending", "containerStatuses": [{"name": "canary", "state": state}]}}
        told = report(json.dumps(body))
        assert len(getattr(told, "why", "")) < 200
        return type(told).__name__

    assert [waiting("ImagePullBackOff"), waiting("InvalidImageName")] == ["Waiting", "Failed"]


def test_the_program_is_that_of_the_contract() -> None:
    assert COMMAND == ("python", "-m", "bot.canary")


@pytest.mark.parametrize(
    ("name", "address", "port"),
    [
        ("x y", "10.0.0.1", 80),
        ("", "10.0.0.1", 80),
        ("x", "api", 80),
        ("x", "10.0.0.1", 0),
        ("x", "10.0.0.1", 65536),
    ],
)
def test_an_aim_is_a_name_an_address_and_a_port(name: str, address: str, port: int) -> None:
    with pytest.raises(ValueError, match=r"no name|no port|not appear to be"):
        Aim(name, address, port)


def test_no_canary_outlives_its_longest() -> None:
    made = Canary("prod", "web", "firebreak-canary-x", "n", "fb:1", "FB-1", Role.OUTSIDE, seconds=240)

    assert pod(made).body.at("spec", "activeDeadlineSeconds") == 300
    with pytest.raises(ValueError, match="1 to 240 s"):
        Canary("prod", "web", "firebreak-canary-x", "n", "fb:1", "FB-1", Role.OUTSIDE, seconds=241)
