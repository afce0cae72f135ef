"""A filled form asks what the same words ask when they are typed, and no field can speak for another."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actions import CATALOGUE
from bot.actions.block_address import BlockAddress
from bot.actions.quarantine_pod import QuarantinePod
from bot.adapters.slack.commands import Propose
from bot.adapters.slack.form import ids
from bot.adapters.slack.form.judging import carried
from bot.adapters.slack.form.spelling import LONGEST_LINE, Spelt, Values, spelt, values_of
from bot.adapters.slack.grammar import Known
from bot.adapters.slack.text import incoming
from bot.adapters.slack.writing import written
from bot.domain.policy.durations import told

TWO = Known(("prod", "staging"))
POD = {"slot.pods": ("prod/payments/api-7d9f",)}

labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
quarantines = st.builds(
    QuarantinePod,
    st.just("prod"),
    labels,
    st.lists(labels, min_size=1, max_size=20, unique=True).map(tuple),
)
blocks = st.builds(
    lambda hosts, scope: BlockAddress("prod", tuple(f"203.0.113.{h}" for h in hosts), scope),
    st.lists(st.integers(0, 255), min_size=1, max_size=20, unique=True),
    st.sampled_from(("cluster", "estate")),
)
reasons = st.text(max_size=120).map(incoming)
requests = st.builds(Propose, st.one_of(quarantines, blocks), st.none() | st.integers(1, 90 * 86400), reasons)
hostile = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(
            (
                "for",
                "4h",
                "because",
                "scope",
                "estate",
                "cluster",
                "prod",
                "solo",
                "break-glass",
                ",",
                '"',
                "'",
                "payments/api",
                "\n",
                "<!channel>",
                "&amp;amp;",
                "-",
                "\u202e",
                "name",
            )
        ),
        max_size=8,
    ).map(" ".join),
)


def word_of(asked: Propose) -> str:
    return CATALOGUE[asked.action.name].word


def asked(word: str, values: Values) -> Propose:
    found = spelt(word, values, TWO)
    assert isinstance(found, Spelt), found
    return found.asked


def wrong(word: str, values: Values) -> dict[str, str]:
    found = spelt(word, values, TWO)
    assert isinstance(found, dict), found
    return found


@given(requests)
def test_a_form_filled_with_a_request_asks_for_that_request(request: Propose) -> None:
    lease = "" if request.lease is None else told(request.lease)
    found = spelt(word_of(request), values_of(request, lease), TWO)

    assert isinstance(found, Spelt), found
    assert found.asked == request
    assert carried(found.line, TWO) == request
    assert carried(written(request), TWO) == request


@given(
    st.dictionaries(st.sampled_from(("slot.pods", "slot.pods.typed", ids.LEASE)), hostile),
    st.text(max_size=80),
)
def test_whatever_stands_in_a_field_stays_in_it(fields: dict[str, str], reason: str) -> None:
    values: dict[str, tuple[str, ...]] = {name: (text,) for name, text in fields.items()}
    found = spelt("quarantine", {**values, ids.REASON: (reason,)}, TWO)

    if isinstance(found, dict):
        assert set(found) <= {"slot.pods", "slot.pods.typed", ids.LEASE, ids.REASON, ids.ACTION}
        assert all(text.strip() for text in found.values())
        return
    assert found.asked.reason == incoming(reason)
    assert (found.asked.lease is None) == (not incoming(fields.get(ids.LEASE, "")))
    assert (found.asked.preview, found.asked.mode) == (False, Propose(found.asked.action).mode)


@given(hostile, hostile, hostile, hostile)
def test_no_form_is_beyond_an_answer(addresses: str, cluster: str, scope: str, lease: str) -> None:
    values = {
        "slot.addresses": (addresses,),
        "slot.cluster": (cluster,),
        "slot.scope": (scope,),
        "lease": (lease,),
    }

    assert isinstance(spelt("block", values, TWO), Spelt | dict)


@pytest.mark.parametrize(
    ("word", "values", "block", "words"),
    [
        ("quarantine", {}, "slot.pods", "Choose or type"),
        ("quarantine", {"slot.pods": ("-",)}, "slot.pods", "Choose or type"),
        ("quarantine", {**POD, "lease": ("4 hours",)}, "lease", "Did you mean: 4h"),
        ("quarantine", {**POD, "lease": ("4h because x",)}, "lease", "'because' does not belong"),
        ("quarantine", {**POD, "lease": ("solo",)}, "lease", "does not belong"),
        ("quarantine", {**POD, "lease": ("91d",)}, "lease", "more than 90d"),
        ("quarantine", {**POD, "lease": ('"4h',)}, "lease", "without quotes"),
        ("quarantine", {"slot.pods.typed": ("payments/api",)}, "slot.pods.typed", "Which cluster"),
        ("quarantine", {"slot.pods.typed": ("api",)}, "slot.pods.typed", "no namespace"),
        ("quarantine", {"slot.pods.typed": ("prdo/payments/api",)}, "slot.pods.typed", "no cluster 'prdo'"),
        ("quarantine", {"slot.pods.typed": ("prod/payments/API",)}, "slot.pods.typed", "not a pod's name"),
        ("quarantine", {**POD, "slot.pods.typed": ("prod/other/x",)}, "slot.pods.typed", "one namespace"),
        ("quarantine", {**POD, "slot.pods.typed": ("staging/payments/x",)}, "slot.pods.typed", "cluster"),
        ("quarantine", {**POD, "reason": ("x" * LONGEST_LINE,)}, "reason", "characters"),
        ("quarantine", {**POD, "action": ("block",)}, "action", "not those of this action yet"),
        ("destroy", POD, "action", "not those of this action"),
        ("block", {"slot.addresses": ("203.0.113.7",)}, "slot.addresses", "Which cluster"),
        (
            "block",
            {"slot.addresses": ("203.0.113.300",), "slot.cluster": ("prod",)},
            "slot.addresses",
            "203.0.113.300",
        ),
        (
            "block",
            {"slot.addresses": ("203.0.113.7",), "slot.cluster": ("prdo",)},
            "slot.cluster",
            "no cluster",
        ),
        (
            "block",
            {"slot.addresses": ("203.0.113.7",), "slot.cluster.typed": ("a b",)},
            "slot.cluster.typed",
            "one",
        ),
        (
            "block",
            {"slot.addresses": ("203.0.113.7",), "slot.scope": ("world",)},
            "slot.scope",
            "cluster, estate",
        ),
        ("block", {"slot.addresses": ("203.0.113.7 scope estate",)}, "slot.addresses", "does not belong"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(word: str, values: Values, block: str, words: str) -> None:
    found = wrong(word, values)

    assert list(found) == [block]
    assert words in found[block]


def test_what_was_chosen_and_what_was_typed_are_one_request() -> None:
    values = {
        "slot.pods": ("prod/payments/a", "prod/payments/b"),
        "slot.pods.typed": ("payments/c\npayments/d, e",),
    }

    action = asked("quarantine", values).action

    assert action == QuarantinePod("prod", "payments", ("a", "b", "c", "d", "e"))


def test_an_option_that_only_says_something_is_no_choice() -> None:
    values: dict[str, Any] = {
        "slot.addresses": ("203.0.113.7",),
        "slot.cluster": ("-",),
        "slot.cluster.typed": ("prod",),
    }

    assert asked("block", values).action.at_cluster == "prod"


@pytest.mark.parametrize(
    "line", ["", "list", "approve FB-7K3Q 0123456789ab", "quarantine", "quarantine a\u202eb/c", "x"]
)
def test_a_line_that_no_view_of_ours_carries_is_nothing(line: str) -> None:
    assert carried(line, TWO) is None
