"""What was shown of a Deployment's pods stays shown of these, and of no pod that came later."""

from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.findings import Verdict
from bot.domain.ladder.lasting import CAME_LATER, NOTHING_TRIED, lasting
from bot.domain.ladder.rungs import Outcome, Proof
from bot.domain.ladder.weighing import weighed
from bot.domain.ladder.witnessed import IDLE, SOME_IDLE
from bot.domain.plans import Part
from bot.domain.refs import POD, KubeRef
from bot.domain.requests import PartRow
from tests.actions.staged import Staged, owned, pod
from tests.actions.test_quarantine_workload import HASHED
from tests.domain.flows.observed import at
from tests.domain.ladder.test_workload_rungs import NAMES, contained, dropped, witnessed
from tests.domain.values import OWN_PART

L1 = Proof("L1", Outcome.HOLDS, "nothing allowed")
LOST = Proof("L3", Outcome.SILENT, "hubble cannot tell: some nodes did not answer")


def comes(world: Staged, name: str, uid: str = "") -> None:
    body = pod(name, labels=HASHED, ownerReferences=owned("ReplicaSet", "api-5c9d"))
    body["metadata"]["uid"] = uid or f"uid-{name}"
    world.put(body)


def goes(world: Staged, name: str) -> None:
    del world.objects[KubeRef("prod", POD, "payments", name)]


def looked(row: PartRow, told: Proof, seconds: int) -> PartRow:
    """Return the row after a look, as the engine weighs it."""
    proof = lasting(row, told)
    return weighed(row, (L1,) if proof is None else (L1, proof), at(seconds))


def proven() -> tuple[Staged, Part, PartRow]:
    world, part = contained()
    first = witnessed(world, part, *(dropped(name, part) for name in NAMES))
    row = looked(PartRow("FB-1.0", "FB-1", 0, part), first, 0)
    assert row.verdict is Verdict.CONTAINED
    return world, part, row


def flows_of(row: PartRow) -> tuple[str, str]:
    return next((e.outcome, e.text) for e in row.evidence if e.rung == "L3")


@pytest.mark.parametrize("tried", [(), ("api-1",), NAMES])
def test_pods_that_try_nothing_again_take_nothing_away(tried: tuple[str, ...]) -> None:
    world, part, row = proven()

    assert looked(row, witnessed(world, part, *(dropped(name, part) for name in tried)), 300) == row
    goes(world, "api-3")
    assert looked(row, witnessed(world, part, *(dropped(name, part) for name in tried[:1])), 300) == row


@pytest.mark.parametrize("tried", [(), ("api-1",), NAMES])
def test_a_pod_that_came_later_and_tried_nothing_takes_away_that_it_is_contained(
    tried: tuple[str, ...],
) -> None:
    world, part, row = proven()
    comes(world, "api-4")
    told = witnessed(world, part, *(dropped(name, part) for name in tried))
    later = looked(row, told, 300)

    assert told.text in NOTHING_TRIED
    assert (later.verdict, flows_of(later)) == (Verdict.INCONCLUSIVE, (Outcome.SILENT, CAME_LATER))
    assert looked(later, told, 600) == later  # it is said once


def test_all_pods_replaced_by_others_are_not_those_of_whom_it_was_shown() -> None:
    world, part, row = proven()
    for name, new in zip(NAMES, ("api-4", "api-5", "api-6"), strict=True):
        goes(world, name)
        comes(world, new)

    assert looked(row, witnessed(world, part), 300).verdict is Verdict.INCONCLUSIVE


def test_a_pod_of_the_same_name_is_another_pod() -> None:
    world, part, row = proven()
    goes(world, "api-2")
    comes(world, "api-2", "uid-of-another")

    assert flows_of(looked(row, witnessed(world, part), 300)) == (Outcome.SILENT, CAME_LATER)


def test_it_holds_again_once_the_new_one_was_cut_too_or_is_gone() -> None:
    world, part, row = proven()
    comes(world, "api-4")
    fallen = looked(row, witnessed(world, part), 300)
    back = looked(fallen, witnessed(world, part, dropped("api-4", part)), 600)
    assert (back.verdict, flows_of(back)[0]) == (Verdict.CONTAINED, Outcome.HOLDS)
    assert "each of its 4 pods" in flows_of(back)[1]
    assert looked(back, witnessed(world, part), 900) == back

    goes(world, "api-4")
    assert looked(fallen, witnessed(world, part), 600).verdict is Verdict.CONTAINED


def test_one_that_came_later_and_was_cut_at_once_is_remembered() -> None:
    world, part, row = proven()
    comes(world, "api-4")
    joined = looked(row, witnessed(world, part, dropped("api-4", part)), 300)

    assert joined.verdict is Verdict.CONTAINED
    assert looked(joined, witnessed(world, part), 600) == joined


def test_what_was_shown_before_flows_were_lost_counts_no_more() -> None:
    world, part, row = proven()
    lost = looked(row, LOST, 300)
    assert lost.verdict is Verdict.INCONCLUSIVE

    again = looked(lost, witnessed(world, part, dropped("api-1", part)), 600)
    assert (again.verdict, flows_of(again)) == (Verdict.INCONCLUSIVE, (Outcome.SILENT, SOME_IDLE))


sets = st.frozensets(st.sampled_from("abcde"))


@given(st.lists(st.tuples(sets.filter(bool), sets, st.booleans()), min_size=1))
def test_it_never_holds_with_a_pod_of_which_nothing_was_shown(
    looks: Iterable[tuple[frozenset[str], frozenset[str], bool]],
) -> None:
    row, ever = PartRow("FB-1.0", "FB-1", 0, OWN_PART), set[str]()
    for number, (there, tried, loses) in enumerate(looks):
        cut = there & tried
        idle = Proof("L3", Outcome.SILENT, SOME_IDLE if cut else IDLE, whom=there, shown=cut)
        held = Proof("L3", Outcome.HOLDS, f"{number} attempts", whom=there, shown=cut)
        told = LOST if loses else held if cut == there else idle
        ever = set() if loses else ever | cut
        row = looked(row, told, number)
        text = flows_of(row)
        if text[0] == Outcome.HOLDS:
            assert there <= ever
        if cut == there and not loses:
            assert text[0] == Outcome.HOLDS
        assert len(msgspec.json.encode(row.evidence)) < 2000
