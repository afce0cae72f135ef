"""Refusals are written, so many a minute for each person; the others are counted, and no count is lost."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.refusals import MOST, RefusalCap, Tally
from bot.sandbox.scene import ALICE, CHANNEL, DAN
from tests.hostile.gate import Gate

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
WINDOW = timedelta(seconds=60)
attempts = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(("x", "y")), st.integers(0, 40), st.booleans()),
    max_size=120,
)
mosts = st.integers(1, 5)


def _played(
    most: int, told: list[tuple[str, str, int, bool]]
) -> tuple[list[tuple[str, datetime, bool]], list[Tally]]:
    """Play attempts, each so many seconds after the one before; now and then the clock looks for what is ripe."""
    cap, now = RefusalCap(most, WINDOW), BEGIN
    taken: list[tuple[str, datetime, bool]] = []
    summed: list[Tally] = []
    for who, code, wait, looks in told:
        now += timedelta(seconds=wait)
        if looks:
            summed += cap.ended(now)
        taken.append((who, now, cap.take(who, code, now).write))
    return taken, [*summed, *cap.ended()]


@given(mosts, attempts)
def test_every_refusal_is_written_or_summed_up_exactly_once(
    most: int, told: list[tuple[str, str, int, bool]]
) -> None:
    taken, summed = _played(most, told)

    counted: Counter[object] = Counter()
    for tally in summed:
        counted[tally.who] += tally.suppressed
    assert counted == +Counter(who for who, _, write in taken if not write)
    assert all(tally.suppressed for tally in summed)


@given(mosts, attempts)
def test_no_person_gets_more_written_than_the_cap_in_any_window(
    most: int, told: list[tuple[str, str, int, bool]]
) -> None:
    taken, _ = _played(most, told)

    for who, at, _ in taken:
        within = [w for other, when, w in taken if other == who and at <= when < at + WINDOW and w]
        assert len(within) <= 2 * most  # windows begin with a refusal: two may lie in any minute
    assert all(write for who, at, write in taken if sum(o == who for o, _, _ in taken) <= most)


@given(mosts, attempts)
def test_one_persons_refusals_never_use_up_anothers(
    most: int, told: list[tuple[str, str, int, bool]]
) -> None:
    taken, _ = _played(most, told)
    now, alone = BEGIN, []
    cap = RefusalCap(most, WINDOW)
    for who, code, wait, _ in told:
        now += timedelta(seconds=wait)
        if who == "a":
            alone.append(cap.take(who, code, now).write)

    assert [write for who, _, write in taken if who == "a"] == alone


@given(mosts, attempts)
def test_a_refusal_whose_transaction_failed_was_never_counted(
    most: int, told: list[tuple[str, str, int, bool]]
) -> None:
    cap, now, stood = RefusalCap(most, timedelta(days=1)), BEGIN, Counter[bool]()
    for who, code, wait, fails in told:
        now += timedelta(seconds=wait)
        place = cap.take(who, code, now)
        if fails:
            cap.undo(place)
        else:
            stood[place.write] += 1

    assert sum(tally.suppressed for tally in cap.ended()) == stood[False]


def test_a_sum_that_could_not_be_written_is_handed_over_again() -> None:
    cap = RefusalCap(1, WINDOW)
    cap.take("a", "x", BEGIN)
    cap.take("a", "x", BEGIN)
    (tally,) = cap.ended(BEGIN + WINDOW)
    assert cap.ended() == ()

    cap.again(tally)

    assert cap.ended(BEGIN + WINDOW) == (tally,)


def test_what_is_still_going_on_is_not_summed_up_before_its_window_ends() -> None:
    cap = RefusalCap(1, WINDOW)
    cap.take("a", "x", BEGIN)
    cap.take("a", "x", BEGIN)

    assert cap.ended(BEGIN + WINDOW - timedelta(microseconds=1)) == ()
    assert [tally.suppressed for tally in cap.ended(BEGIN + WINDOW)] == [1]


@pytest.mark.asyncio(loop_scope="module")
async def test_beyond_the_cap_everybody_is_told_and_one_record_sums_it_up(gate: Gate) -> None:
    beyond = 12
    answers = await asyncio.gather(*(gate.slash(DAN, "list") for _ in range(MOST + beyond)))
    for answer in answers:
        assert (await gate.told(answer)).startswith("Refused: ")
    assert await gate.refusals() == ["not-a-member"] * MOST
    await gate.refused(
        await gate.workspace.click(ALICE, CHANNEL, "1.000001", "ir_root", forged=True), "forged-click"
    )

    gate.bot.clock.turn(minutes=2)
    await gate.bot.until(lambda: _summed(gate))

    (record,) = await _summed(gate)
    assert record["actor"]["id"] == f"T0HOST:{DAN}"
    assert record["details"]["refusals"] == beyond
    assert record["details"]["codes"] == {"not-a-member": beyond}
    assert len(await gate.refusals()) == MOST + 1


@pytest.mark.asyncio(loop_scope="module")
async def test_what_was_counted_is_summed_up_when_the_program_ends(gate: Gate) -> None:
    answers = await asyncio.gather(*(gate.slash(DAN, "list") for _ in range(MOST + 3)))
    for answer in answers:
        await gate.told(answer)

    await gate.bot.restart()

    events = [record["event"] for record in await gate.records()]
    assert events.index("suppressed") < events.index("stop")
    assert [r["details"]["refusals"] for r in await _summed(gate)] == [3]


async def _summed(gate: Gate) -> list[dict[str, Any]]:
    return await gate.records("suppressed")
