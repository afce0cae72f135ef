"""An agent's command line, read as its own parser reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.engines.evidence import flags


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--a=1", "--b", "2", "--c"), (("a", "1"), ("b", "2"), ("c", "true"))),
        (("cilium-agent", "-x=y=z", "--", "tail"), (("x", "y=z"),)),
        (("--a=1", "--a=2"), (("a", "2"),)),
    ],
)
def test_flags_are_read_as_programs_read_them(
    words: tuple[str, ...], expected: tuple[tuple[str, str], ...]
) -> None:
    assert flags(words) == expected


@given(st.lists(st.text(max_size=12), max_size=12))
def test_no_command_line_is_too_strange_to_be_read(words: list[str]) -> None:
    assert all(key and not key.startswith("-") for key, _ in flags(words))
