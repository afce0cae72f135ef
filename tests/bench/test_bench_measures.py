"""The benchmark still measures: each figure of containment once, in a few rounds, whatever the goals say."""

import math
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.bench import containment
from tests.bench.figures import Figure, table

ROUNDS = 6  # one pod more than the flood guard lets through by default: the benchmark must be past it


@pytest.mark.slow
@pytest.mark.parametrize("measure", [containment.quarantine, containment.block])
async def test_a_figure_of_containment_is_measured_and_printed(
    tmp_path: Path, measure: Callable[[Path, int], Awaitable[list[Figure]]]
) -> None:
    figures = await measure(tmp_path, ROUNDS)

    assert figures
    for figure in figures:
        assert 0 < figure.value < math.inf
        assert 0 < figure.reference < math.inf
        assert figure.name in table(figures)
