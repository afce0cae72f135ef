"""The benchmark of flows still measures, with few of them, whatever the goal says."""

import math
from pathlib import Path

import pytest

from tests.bench import endless, flows, pictures


@pytest.mark.slow
async def test_the_figure_of_flows_is_measured(tmp_path: Path) -> None:
    (figure,) = await flows.receive(tmp_path, 500)

    assert 0 < figure.reference < math.inf
    assert 0 < figure.value < math.inf


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_the_figures_of_a_stream_that_never_ends_are_measured(tmp_path: Path) -> None:
    held, ack = await endless.hold(tmp_path, turns=1)

    for figure in (held, ack):
        assert 0 < figure.reference < math.inf
        assert 0 < figure.value < math.inf


@pytest.mark.slow
async def test_the_figure_of_pictures_is_measured(tmp_path: Path) -> None:
    (figure,) = await pictures.draw(tmp_path, 20)

    assert 0 < figure.reference < math.inf
    assert 0 < figure.value < math.inf
