"""What canaries of a self-test amount to, on which node it runs, and what a plan and the ladder make of it."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from bot.domain.canary import Answered, Failed, Heard, Report, Result, Waiting
from bot.domain.findings import Forecast, Refusal
from bot.domain.ladder.rungs import Outcome as Said
from bot.domain.ladder.rungs import Proof
from bot.domain.ladder.selftested import Tested
from bot.domain.ladder.verdicts import verdict
from bot.domain.plans import Commands, Part, Proving, Target
from bot.domain.queries import SelfTested, SelfTests, Unavailable
from bot.domain.selftests import (
    FRESH,
    Outcome,
    Seen,
    SelfTest,
    Told,
    callers,
    chosen,
    judged,
    listeners,
    news,
    told,
)
from bot.domain.selftests import policy as isolating
from bot.domain.views import NodeView

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
OPEN, CUT, REFUSED, ERROR = Answered.OPEN, Answered.CUT, Answered.REFUSED, Answered.ERROR


def result(name: str, last: Answered, opened: int = 3) -> Result:
    return Result(name, last, 10, 10 if last is OPEN else opened, 0, 4.0 if last is CUT else None)


def seen(
    control: Answered = OPEN, target: Answered = CUT, server: Answered = CUT, *, opened: int = 3
) -> Seen:
    outside = Report((result("control", control, opened), result("target", target, opened)), 10)
    return Seen(outside, Report((result("server", server, opened),), 10))


@pytest.mark.parametrize(
    ("given", "outcome", "words"),
    [
        (seen(), Outcome.PASSED, "what was open before the policy is cut after it"),
        (seen(server=OPEN), Outcome.FAILED, "still reaches others"),
        (seen(target=REFUSED), Outcome.FAILED, "can still be reached"),
        (seen(control=CUT, server=OPEN), Outcome.FAILED, "still reaches others"),
        (seen(control=CUT), Outcome.INCONCLUSIVE, "the control could not connect"),
        (seen(control=REFUSED), Outcome.INCONCLUSIVE, "the control could not connect"),
        (seen(opened=0), Outcome.INCONCLUSIVE, "not open before"),
        (seen(target=ERROR), Outcome.INCONCLUSIVE, "could not try"),
        (msgspec.structs.replace(seen(), kept=False), Outcome.INCONCLUSIVE, "ended too early"),
        (Seen(Failed("evicted"), seen().inside), Outcome.INCONCLUSIVE, "evicted"),
        (Seen(seen().outside, Waiting("no image")), Outcome.INCONCLUSIVE, "no image"),
        (Seen(Report((), 1), seen().inside), Outcome.INCONCLUSIVE, "did not tell"),
    ],
)
def test_only_what_was_open_and_is_cut_beside_an_open_control_passes(
    given: Seen, outcome: Outcome, words: str
) -> None:
    found, text = judged(given)

    assert found is outcome
    assert words in text


@pytest.mark.parametrize("heard", [Waiting(), Failed("x")])
def test_silence_of_either_never_passes(heard: Heard) -> None:
    for given in (Seen(heard, seen().inside), Seen(seen().outside, heard)):
        assert judged(given)[0] is Outcome.INCONCLUSIVE


# -- where ---------------------------------------------------------------------------------------------


def node(name: str, *, ready: bool = True, system: str = "linux") -> NodeView:
    body = {
        "kind": "Node",
        "metadata": {"name": name},
        "status": {
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
            "nodeInfo": {"operatingSystem": system},
        },
    }
    return msgspec.json.decode(msgspec.json.encode(body), type=NodeView)


def test_the_node_that_was_tested_longest_ago_is_next_and_one_that_never_was_before_all() -> None:
    nodes = [node("b"), node("a"), node("c"), node("d", ready=False), node("w", system="windows")]

    assert chosen(nodes, {}) == "a"
    assert chosen(nodes, {"a": NOW}) == "b"
    ages = {"a": NOW, "b": NOW - timedelta(hours=2), "c": NOW - timedelta(hours=1)}
    assert chosen(nodes, ages) == "b"


@pytest.mark.parametrize(
    ("wanted", "code"), [("nowhere", "no-such-node"), ("w", "unfit-node"), ("d", "unfit-node")]
)
def test_a_node_that_can_not_be_tested_is_refused(wanted: str, code: str) -> None:
    found = chosen([node("a"), node("d", ready=False), node("w", system="windows")], {}, wanted)

    assert isinstance(found, Refusal)
    assert found.code == code


# -- what is written -----------------------------------------------------------------------------------


def begun(**more: Any) -> SelfTest:
    given = {
        "id": "ST-7K3Q",
        "cluster": "prod",
        "namespace": "firebreak-test",
        "node": "node-1",
        "engine": "Calico",
        "title": "Calico 3.28.5",
        "image": "registry.test/firebreak:1",
        "by": "root",
        "owner": "o",
        "began": NOW,
        "due_at": NOW,
        **more,
    }
    return SelfTest(**given)


def test_whoever_is_called_outlives_whoever_calls_and_ends_by_itself_all_the_same() -> None:
    test = begun()
    called, calling = listeners(test, 30), callers(test, "10.0.0.1", "10.0.0.2", 30)
    ends = [int(create.body.value["spec"]["containers"][0]["args"][-3]) for create in (*called, *calling)]

    assert min(ends[:2]) > max(ends[2:]) + 60
    assert all(create.body.value["spec"]["activeDeadlineSeconds"] <= 300 for create in (*called, *calling))


def test_the_policy_selects_the_two_that_it_isolates_and_no_other() -> None:
    test = begun()
    selector = isolating(test).body.at("spec", "podSelector", "matchLabels")
    pods = [*listeners(test, 30), *callers(test, "10.0.0.1", "10.0.0.2", 30)]
    selected = [
        create.ref.name for create in pods if selector.items() <= create.body.at("metadata", "labels").items()
    ]

    assert selected == ["firebreak-canary-st-7k3q-target", "firebreak-canary-st-7k3q-inside"]


# -- what is made of it --------------------------------------------------------------------------------


def test_of_each_node_and_engine_the_newest_that_showed_something_is_told() -> None:
    over = {"due_at": None, "ended_at": NOW}
    tests = (
        begun(outcome=Outcome.INCONCLUSIVE, **over),
        begun(outcome=Outcome.PASSED, **over),
        begun(outcome=Outcome.FAILED, **over),
        begun(outcome=Outcome.FAILED, node="node-2", **{**over, "ended_at": NOW - FRESH}),
        begun(),
    )

    assert [(one.node, one.outcome, one.fresh) for one in told(tests, NOW)] == [
        ("node-1", Outcome.PASSED, True),
        ("node-2", Outcome.FAILED, False),
    ]


def part(*, tested: bool = True) -> Part:
    target = Target("pod", "prod", "payments", "api-1", "uid")
    proving = Proving("Calico", "fb-1-0", tested=tested)
    return Part(target, "lane", (), (), Commands((), ()), proving=proving)


def examined(answer: object) -> Proof:
    asking: Generator[Any, Any, Proof] = Tested().examine(part())
    assert next(asking) == (SelfTests("prod"),)
    with pytest.raises(StopIteration) as stop:
        asking.send((answer,))
    proof: Proof = stop.value.value
    return proof


def one(outcome: Outcome = Outcome.PASSED, engine: str = "Calico", *, fresh: bool = True) -> Told:
    return Told("node-1", engine, outcome, "it was so", NOW, fresh)


@pytest.mark.parametrize(
    ("answer", "outcome", "words"),
    [
        (SelfTested((one(),)), Said.HOLDS, "passed under Calico within 24 h"),
        (SelfTested((one(fresh=False), one())), Said.HOLDS, "passed under Calico"),
        (SelfTested((one(fresh=False),)), Said.SILENT, "older than a day"),
        (SelfTested((one(engine="Cilium"),)), Said.SILENT, "no self-test"),
        (SelfTested((one(), one(Outcome.FAILED))), Said.SILENT, "failed on node node-1"),
        (SelfTested(), Said.SILENT, "firebreak check --self-test"),
        (Unavailable("x"), Said.SILENT, "could not be read"),
    ],
)
def test_the_rung_holds_only_by_a_fresh_pass_under_the_pods_own_engine(
    answer: object, outcome: Said, words: str
) -> None:
    proof = examined(answer)

    assert (proof.rung, proof.outcome) == ("L5", outcome)
    assert words in proof.text


def test_it_is_a_rung_only_where_the_cluster_is_tested_and_contains_nothing_by_itself() -> None:
    assert Tested().suits(part())
    assert not Tested().suits(part(tested=False))
    held = [Proof(rung, Said.HOLDS, "") for rung in ("L1", "L5")]
    assert verdict(Forecast.FULL, held) == "INCONCLUSIVE"


# -- what is told aloud --------------------------------------------------------------------------------


def after(hours: float, outcome: Outcome, node: str = "node-1") -> SelfTest:
    return begun(id=f"ST-{hours}", outcome=outcome, node=node, began=NOW + timedelta(hours=hours), text="why")


@pytest.mark.parametrize(
    ("earlier", "heard"),
    [
        ((), "FAILED"),
        ((after(6, Outcome.PASSED),), "FAILED"),
        ((after(6, Outcome.INCONCLUSIVE), after(1, Outcome.FAILED)), ""),
        ((after(6, Outcome.FAILED), after(1, Outcome.PASSED)), ""),
        ((after(6, Outcome.FAILED, "node-2"),), "FAILED"),
        (tuple(after(hours, Outcome.FAILED) for hours in (18, 12, 6, -7)), ""),
        (tuple(after(hours, Outcome.FAILED) for hours in (12, 6, 0, -1)), "FAILED"),
    ],
    ids=["first", "anew", "known", "known since", "elsewhere", "known for a day", "another day"],
)
def test_one_that_fails_again_and_again_is_told_once_a_day(earlier: tuple[SelfTest, ...], heard: str) -> None:
    said = news(after(23, Outcome.FAILED), (after(23, Outcome.FAILED), *earlier))

    assert ("FAILED on node node-1 (Calico 3.28.5): why." in said, bool(said)) == (bool(heard), bool(heard))


def test_that_it_passes_again_is_told_and_that_it_still_passes_is_not() -> None:
    passed = after(9, Outcome.PASSED)

    assert "prod passed again on node node-1" in news(passed, (after(6, Outcome.FAILED),))
    assert news(passed, (after(6, Outcome.PASSED), after(3, Outcome.FAILED))) == ""
    assert news(after(9, Outcome.INCONCLUSIVE), (after(6, Outcome.FAILED),)) == ""
