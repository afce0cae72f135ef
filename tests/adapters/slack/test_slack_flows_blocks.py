"""Whatever is seen, Slack takes the answer, and nothing in it becomes mark-up."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from slack_sdk.models.blocks import Block

from bot.adapters.slack.card.kit import unfolded
from bot.adapters.slack.flows import tables
from bot.adapters.slack.flows.aims import Answer, aim_at, aims
from bot.adapters.slack.flows.marks import Mark, value_of
from bot.adapters.slack.flows.painting import blocks_of
from bot.domain.directions import Direction
from bot.domain.explain import Toward, Wish
from bot.domain.flows.telling import Seen
from bot.domain.hidden import hidden
from bot.sandbox.slack.blockkit import message_problems
from tests.domain.flows import answered
from tests.domain.flows.observed import EVIL

ANSWERS: tuple[Callable[[], Answer], ...] = (
    answered.beaconing,
    answered.alone,
    answered.crowded,
    answered.nothing,
    answered.unknown,
    answered.refused,
    answered.hostile,
    answered.followed,
    answered.swept,
)
every = pytest.mark.parametrize("make", ANSWERS, ids=lambda make: make.__name__)


def leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for one in value.values() if isinstance(value, dict) else value:
            yield from leaves(one)


@every
def test_slack_takes_the_answer_and_the_plainer_one(make: Callable[[], Answer]) -> None:
    blocks = blocks_of("what matters " * 300, make(), 7)

    assert message_problems(blocks) == ()
    plainer = list(unfolded(blocks))
    assert message_problems(plainer) == ()
    assert {block["type"] for block in plainer} <= {"rich_text", "actions"}
    assert len(blocks) <= 50
    assert len(json.dumps(blocks)) < 60_000


@pytest.mark.parametrize("clusters", [12, 60, 300])
def test_a_sweep_of_very_many_clusters_fits_and_says_first_who_talked(clusters: int) -> None:
    replace = msgspec.structs.replace
    swept = answered.swept()
    met, silent = swept.found
    found = tuple(
        replace(one, asked=replace(one.asked, cluster=f"c{n}"))
        for n in range(clusters)
        for one in (met if n == clusters - 1 else silent,)
    )
    blocks = blocks_of("what matters", replace(swept, found=found), 7)

    assert message_problems(blocks) == ()
    assert message_problems(list(unfolded(blocks))) == ()
    assert len(json.dumps(blocks)) < 60_000
    words = "\n".join(leaves(blocks))
    assert f"c{clusters - 1}" in words
    assert ("/ir flows 203.0.113.7 cluster NAME" in words) is (clusters > 12)


@every
def test_the_kit_of_slack_reads_every_block_that_it_knows(make: Callable[[], Answer]) -> None:
    for block in blocks_of("what matters", make(), 7):
        if block["type"] != "data_visualization":  # the newest kind, which the kit does not know yet
            parsed = Block.parse(block)
            assert parsed is not None
            parsed.validate_json()


@every
def test_nothing_in_it_is_mark_up_or_hidden(make: Callable[[], Answer]) -> None:
    blocks = blocks_of("; ".join(EVIL), make(), 7)

    assert '"mrkdwn"' not in json.dumps(blocks)
    assert not [text for text in leaves(blocks) if any(hidden(c) and c != "\n" for c in text)]


def test_of_five_hundred_peers_twelve_are_shown_and_the_others_counted() -> None:
    seen = answered.crowded(500)
    (table,) = tables.peers(seen)

    assert len(table["rows"]) == 1 + tables.ROWS
    assert f"{500 - tables.ROWS} more: see the file" in "\n".join(leaves(blocks_of("x", seen, 7)))


def test_a_chart_has_no_more_points_than_slack_draws_and_loses_none() -> None:
    seen = answered.beaconing()
    (block,) = tables.chart(seen)
    series = block["chart"]["series"]

    assert all(len(one["data"]) <= 20 for one in series)
    assert block["chart"]["axis_config"]["categories"] == [point["label"] for point in series[0]["data"]]
    told = {one["name"]: sum(point["value"] for point in one["data"]) for one in series}
    assert told == {
        "passed": sum(moment.passed for moment in seen.moments),
        "denied": sum(moment.denied for moment in seen.moments),
    }


def test_what_happened_when_is_said_in_words_as_well_and_not_where_it_is_not_known() -> None:
    assert "most from 12:" in tables.over_time(answered.beaconing())
    assert tables.over_time(answered.nothing()) == ""
    assert tables.chart(answered.nothing()) == []


def test_a_preview_has_no_buttons() -> None:
    blocks = blocks_of("x", answered.beaconing(), 0)

    assert "actions" not in {block["type"] for block in blocks}


# -- what the buttons mean ------------------------------------------------------------------------------------


def test_what_is_advised_stands_first_and_each_place_means_one_thing() -> None:
    seen = answered.beaconing()
    found = aims(seen)

    assert found[0].addresses == ("203.0.113.7",)
    assert found[0].wish == Wish(
        "prod",
        "payments",
        "api-1",
        Toward(Direction.EGRESS, address="203.0.113.7", port=443),
    )
    assert found[-1].pods == ("api-1",)
    assert len({aim.place for aim in found}) == len(found)
    assert [aim_at(seen, aim.place) for aim in found] == list(found)
    assert aim_at(seen, "p199") is None


def test_what_was_reached_is_one_set_without_what_is_never_contained() -> None:
    (aim,) = aims(answered.followed())

    assert aim.title == "9 pods in 2 namespaces and 1 address"
    assert aim.chosen is not None
    assert [(space, len(names)) for space, names in aim.chosen.pods] == [("payments", 2), ("shop", 7)]
    assert aim.chosen.addresses == ("203.0.113.7",)
    assert [why for _, why in aim.chosen.left] == [
        "it is never blocked: a payment partner",
        "kube-system is the cluster's own",
    ]


def test_an_address_inside_is_never_offered_to_be_blocked_at_the_firewall() -> None:
    seen = answered.crowded()

    assert all(not address.startswith("10.") for aim in aims(seen) for address in aim.addresses)


def test_a_value_counts_for_its_answer_place_and_number_alone() -> None:
    mark = Mark.of(value_of(7, "p0", "command:1"))

    assert mark is not None
    assert mark.answers("command:1")
    assert not mark.answers("command:2")
    assert not mark.answers("")
    for wrong in (msgspec.structs.replace(mark, place="p1"), msgspec.structs.replace(mark, note=8)):
        assert not wrong.answers("command:1")
    assert "command:1" not in value_of(7, "p0", "command:1")


@pytest.mark.parametrize(
    "value", ["", "7", "7:p0", "0:p0:" + "0" * 32, "7:p0:" + "g" * 32, "7:P0:" + "0" * 32]
)
def test_what_no_answer_carries_is_no_mark(value: str) -> None:
    assert Mark.of(value) is None


def test_the_answer_survives_its_way_through_the_rows() -> None:
    for make in ANSWERS:
        answer = make()
        assert msgspec.json.decode(msgspec.json.encode(answer), type=type(answer)) == answer
    assert isinstance(answered.alone(), Seen)
