"""Answers come in pieces of any size, and are the same answers."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.flows.loganalytics import splitting
from bot.adapters.flows.loganalytics.splitting import Splitter, UnreadableError

CELLS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.sampled_from(['"', "\\", "]],[{", '\\"}']),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


def answer(rows: list[Any], error: Any = None) -> dict[str, Any]:
    columns = [{"name": "a", "type": "string"}, {"name": "[]", "type": "dynamic"}]
    tables = [{"name": "PrimaryResult", "columns": columns, "rows": rows}]
    return {"tables": tables, **({"error": error} if error else {})}


def split(text: bytes, size: int) -> tuple[list[Any], dict[str, Any]]:
    splitter = Splitter()
    rows = [row for at in range(0, len(text), size) for row in splitter.feed(text[at : at + size])]
    return [json.loads(row) for row in rows], splitter.frame()


@given(
    st.lists(st.lists(CELLS, max_size=4), max_size=8),
    st.integers(1, 200),
    st.sampled_from([None, 1]),
    st.booleans(),
)
def test_rows_and_frame_are_what_was_sent_however_it_is_cut(
    rows: list[Any], size: int, indent: int | None, ascii_only: bool
) -> None:
    error = {"code": "PartialError", "details": [{"innererror": {"message": "x", "of": [[1], [2]]}}]}
    text = json.dumps(answer(rows, error), indent=indent, ensure_ascii=ascii_only).encode(
        "utf-8", "surrogatepass"
    )

    found, frame = split(text, size)

    assert found == rows
    assert frame == answer([], error)


@given(st.integers(1, 400))
def test_the_columns_are_known_as_soon_as_the_first_row_is(cut: int) -> None:
    text = json.dumps(answer([["x", 1]] * 20)).encode()
    splitter = Splitter()

    rows = splitter.feed(text[:cut])

    if rows:
        assert splitter.frame()["tables"][0]["columns"][0]["name"] == "a"


@given(st.binary(max_size=200), st.integers(1, 50))
def test_garbage_is_refused_or_has_no_rows_and_never_anything_else(text: bytes, size: int) -> None:
    splitter = Splitter()
    try:
        for at in range(0, len(text), size):
            splitter.feed(text[at : at + size])
        splitter.frame()
    except UnreadableError:
        pass


def fed(splitter: Splitter, piece: bytes, times: int) -> None:
    for _ in range(times):
        splitter.feed(piece)


def test_a_row_without_end_is_refused_before_it_fills_the_memory() -> None:
    splitter = Splitter()
    splitter.feed(b'{"tables":[{"columns":[],"rows":[["')

    with pytest.raises(UnreadableError, match="too long"):
        fed(splitter, b"x" * (splitting.LONGEST_ROW // 4), 10)


def test_a_frame_without_end_is_refused_too() -> None:
    splitter = Splitter()
    splitter.feed(b'{"tables":[{"columns":[')

    with pytest.raises(UnreadableError, match="too long"):
        fed(splitter, b'{"name":"x"},', 200_000)
