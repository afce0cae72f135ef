"""Of several requests about one thing: which is told, and whether a step can still be made for it."""

import msgspec
import pytest

from bot.domain.alerts import SubjectKind
from bot.domain.alerts.subjects import subject
from bot.domain.findings import Verdict
from bot.domain.requests import PartRow
from bot.domain.states import ACTIVE, PartState
from bot.domain.suggestions import Resolved, Standing
from bot.domain.suggestions.shaping import free
from bot.engine.holding import Marks, had
from tests.adapters.alerts.made import alert
from tests.domain.test_effects import row

POD = subject(SubjectKind.POD, "api-1", "payments", cluster="prod")
OTHER = subject(SubjectKind.POD, "api-2", "payments", cluster="prod")
ADDRESS = subject(SubjectKind.ADDRESS, "203.0.113.7")
FOUND = Resolved(POD, Standing.FOUND, "on node-1, of Deployment api")
OUTSIDE = Resolved(ADDRESS, Standing.FOUND, "outside of all clusters")
THERE = frozenset({"uid-1"})
MARKED = Marks(THERE, {"uid-1": "FB-1"})
BARE = Marks(THERE)
BEGUN = sorted({*ACTIVE, PartState.EXECUTING})


def left(*resolved: Resolved) -> tuple[str, ...]:
    """Return who is left of an alert about the pod, another pod, and an address."""
    about = free(alert(0, POD, OTHER, ADDRESS), resolved)
    return tuple(each.name for each in about.subjects)


def second(state: PartState, verdict: Verdict | None) -> PartRow:
    """Return a part of another request about the same pod."""
    return msgspec.structs.replace(row(state, verdict), id="FB-2.0", request_id="FB-2")


@pytest.mark.parametrize("state", BEGUN)
@pytest.mark.parametrize("verdict", [None, *Verdict])
def test_a_pod_that_got_loose_stays_in_the_step_for_all(state: PartState, verdict: Verdict | None) -> None:
    got = had(FOUND, [row(state, verdict)], BARE)
    coming = state in {PartState.EXECUTING, PartState.ACCEPTED}

    assert (got.held, got.loose) == (("FB-1", "") if coming else ("", "FB-1"))
    assert "cut off" not in got.text
    assert ("api-1" in left(got)) is not coming


@pytest.mark.parametrize("state", BEGUN)
@pytest.mark.parametrize("verdict", [None, *Verdict])
def test_what_no_plan_can_be_made_for_now_holds_up_no_step_and_is_told(
    state: PartState, verdict: Verdict | None
) -> None:
    got = had(FOUND, [row(state, verdict)], MARKED)

    assert (got.held or got.loose, got.taken) == ("FB-1", True)
    assert ("cut off" in got.text) is (state is PartState.APPLIED and verdict is Verdict.CONTAINED)
    assert left(got) == ("api-2", "203.0.113.7")
    assert got.text.endswith(f"; {FOUND.text}"), "what is known of the request comes first"


@pytest.mark.parametrize("state", BEGUN)
@pytest.mark.parametrize("verdict", [None, *Verdict])
def test_an_address_is_left_out_only_while_its_block_stands_or_comes(
    state: PartState, verdict: Verdict | None
) -> None:
    got = had(OUTSIDE, [row(state, verdict, address=True)], Marks())
    stands = state is PartState.APPLIED and verdict is not Verdict.NOT_ENFORCED

    holds = stands or state in {PartState.EXECUTING, PartState.ACCEPTED}
    assert (got.held, got.loose, got.taken) == ("FB-1" if holds else "", "" if holds else "FB-1", False)
    assert ("blocked" in got.text) is (stands and verdict is Verdict.CONTAINED)
    assert ("203.0.113.7" in left(got)) is not holds


def test_of_several_requests_the_one_that_holds_it_is_told() -> None:
    marks = Marks(THERE, {"uid-1": "FB-2"})
    got = had(FOUND, [row(PartState.TAMPERED), second(PartState.APPLIED, Verdict.CONTAINED)], marks)
    assert (got.held, got.loose) == ("FB-2", "")
    assert got.text.startswith("cut off already by FB-2; ")

    forged = had(FOUND, [row(), second(PartState.TAMPERED, None)], marks)
    assert (forged.held, forged.loose) == ("", "FB-1"), (
        "the mark on it is not that of the one that was proved"
    )


def test_a_pod_that_took_the_place_of_another_is_nobodys() -> None:
    assert had(FOUND, [row()], Marks()) == FOUND
