"""Half a million rows in one answer take no more memory than a tenth of them, nor the loop, and what was left out is said."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE

import msgspec
import pytest

from bot.adapters.flows.loganalytics.workspace import LONGEST_ANSWER, ROWS_AT_ONCE
from bot.domain.flows.taken import Truncated
from tests.adapters.flows.weighing import FULL, LIMIT, Weighed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
FEW, MANY = 50_000, 500_000
NOISE = 8.0
"""MB by which two runs of one program differ."""


async def weighed(what: str, number: int) -> Weighed:
    """Run the program that asks, and return what it says."""
    args = (sys.executable, "-m", "tests.adapters.flows.weighing", what, str(number))
    program = await asyncio.create_subprocess_exec(*args, stdout=PIPE, stderr=DEVNULL)
    told, _ = await program.communicate()
    assert program.returncode == 0
    return msgspec.json.decode(told, type=Weighed)


def same_weight(few: Weighed, many: Weighed) -> bool:
    return many.grown < few.grown * 1.5 + NOISE


@pytest.mark.parametrize(("what", "together"), [("relay", 1), ("table", ROWS_AT_ONCE)])
async def test_the_newest_of_half_a_million_are_kept_and_the_rest_is_said(what: str, together: int) -> None:
    few, many = await weighed(what, FEW), await weighed(what, MANY)

    assert few.flows == many.flows == LIMIT
    assert str(Truncated(LIMIT)) in few.said
    assert str(Truncated(LIMIT)) in many.said
    assert same_weight(few, many), (few, many)
    assert 0 < many.together <= together


async def test_an_answer_that_the_service_ends_as_full_is_read_to_its_end_and_is_a_part() -> None:
    few, many = await weighed("full", FEW), await weighed("full", MANY)

    assert (few.flows, many.flows) == (FEW, MANY)
    assert few.said == many.said == (FULL,)
    assert same_weight(few, many), (few, many)
    assert 0 < many.together <= ROWS_AT_ONCE


async def test_an_answer_of_many_wide_rows_is_left_at_its_size_and_is_a_part() -> None:
    few, many = await weighed("wide", FEW), await weighed("wide", MANY)

    assert FEW < many.flows < MANY
    assert many.said == (f"it is larger than {LONGEST_ANSWER // 1024 // 1024} MB",)
    assert same_weight(few, many), (few, many)
    assert 0 < many.together <= ROWS_AT_ONCE
