"""Every value comes back from JSON as it went in: a later agent answers questions and applies changes for us."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.changes import Change
from bot.domain.documents import Document
from bot.domain.findings import Refusal
from bot.domain.lanes import Contribution, Lane
from bot.domain.plans import Part, Plan
from bot.domain.queries import Answer, Query, told
from tests.domain import values

KINDS: tuple[tuple[Any, tuple[Any, ...]], ...] = (
    (Plan, (values.PLAN,)),
    (Part, values.PLAN.parts),
    (Change, values.CHANGES),
    (Query, values.QUERIES),
    (Answer, values.ANSWERS),
    (Lane, (values.LANE,)),
    (Contribution, (values.CONTRIBUTION,)),
    (Refusal, (Refusal("code", "text", "remedy"),)),
)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        pytest.param(kind, value, id=f"{type(value).__name__}-{n}")
        for n, (kind, value) in enumerate((kind, value) for kind, every in KINDS for value in every)
    ],
)
def test_a_value_comes_back_from_json_as_it_went_in(kind: Any, value: Any) -> None:
    text = msgspec.json.encode(value)

    assert msgspec.json.decode(text, type=kind) == value
    assert msgspec.json.encode(msgspec.json.decode(text, type=kind)) == text


@pytest.mark.parametrize(
    ("kind", "every"), [(Change, values.CHANGES), (Query, values.QUERIES), (Answer, values.ANSWERS)]
)
def test_one_value_of_each_kind_is_tried(kind: Any, every: tuple[Any, ...]) -> None:
    assert set(kind.__args__) == {type(value) for value in every}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(codec="utf-8")),
    lambda some: (
        st.lists(some, max_size=3) | st.dictionaries(st.text(st.characters(codec="utf-8")), some, max_size=3)
    ),
    max_leaves=8,
)


@given(JSON)
def test_a_document_gives_back_its_value_and_equal_values_are_equal_documents(value: Any) -> None:
    document = Document.of(value)

    assert document.value == value
    assert Document.of(document.value) == document


@pytest.mark.parametrize("value", [float("nan"), 2**60])
def test_what_canonical_json_cannot_say_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="not canonical JSON"):
        Document.of(value)


def test_every_question_can_be_told_in_a_few_words() -> None:
    assert all(0 < len(told(query)) < 120 for query in values.QUERIES)
