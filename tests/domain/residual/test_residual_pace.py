"""Nothing of the evaluator holds a loop for long, counted in calls and not in time."""

import sys
from types import FrameType
from typing import Any

import pytest

from bot.domain.residual import Pod, stepwise
from bot.domain.residual.pace import Steps
from tests.domain.residual.build import Body, named, node, pod, policy, world

MOST_CALLS = 20_000
"""Between two yields: some milliseconds of CPython, at a third of a microsecond for a call."""
PODS, POLICIES, SPACES = 3_000, 600, 10


def longest(steps: Steps[object]) -> tuple[int, int]:
    """Return the most calls, of Python and of C, between two yields, and how many steps there were."""
    count = most = taken = 0

    def seen(_: FrameType, event: str, __: Any) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    while True:
        count = 0
        sys.setprofile(seen)
        try:
            next(steps)
        except StopIteration:
            return max(most, count), taken
        finally:
            sys.setprofile(None)
        most, taken = max(most, count), taken + 1


def space(at: int) -> str:
    return f"ns-{at % SPACES}"


def spread() -> tuple[list[Body], list[Body]]:
    """Many classes in each namespace, and many rules that tell them apart."""
    pods = [
        pod(f"p{n}", {"app": f"a{n % 40}"}, space(n), ips=[f"10.{n // 250}.0.{n % 250}"]) for n in range(PODS)
    ]
    rule = {"from": [{"namespaceSelector": {}}], "ports": [{"port": 80}]}
    policies = [
        policy(
            f"n{n}",
            space(n),
            podSelector={"matchLabels": {"app": f"a{n % 40}"}},
            policyTypes=["Ingress", "Egress"],
            ingress=[rule, {**rule, "ports": [{"port": 1000 + n}]}],
            egress=[{"to": rule["from"]}, {"to": [{"ipBlock": {"cidr": f"203.0.{n % 256}.0/24"}}]}],
        )
        for n in range(POLICIES)
    ]
    return pods, policies


def crowded() -> tuple[list[Body], list[Body]]:
    """Everything in one namespace, and every policy selects the pod that is asked about."""
    pods = [pod(f"p{n}", {f"k{n % 300}": "v"}, space(0)) for n in range(PODS)]
    policies = [
        policy(
            f"n{n}",
            space(0),
            policyTypes=["Ingress", "Egress"],
            ingress=[
                {"from": [{"podSelector": {"matchLabels": {f"k{n % 300}": "v"}}}], "ports": [{"port": 1 + n}]}
            ],
            egress=[
                {
                    "to": [{"ipBlock": {"cidr": f"203.{n % 200}.{n // 200}.0/24"}}],
                    "ports": [{"port": 9000 - n}],
                }
            ],
        )
        for n in range(POLICIES)
    ]
    return pods, policies


@pytest.mark.parametrize("made", [spread, crowded], ids=["many-namespaces", "one-namespace"])
def test_between_two_yields_there_are_few_calls(made: Any) -> None:
    pods, policies = made()
    there = world(pods, policies, [node("node-0", "10.250.0.1")])
    asked: list[Pod] = [named(there, "p0", space(0))]

    most, taken = longest(stepwise(asked[0], there))

    assert most < MOST_CALLS
    assert taken > 20
