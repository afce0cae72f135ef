"""What is drawn of an answer: bounded whatever was seen, each peer where it stands, and what is left out is counted."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.flows.peers import Lot
from bot.domain.flows.picturing import MOST, Group, Sketch, group_of, of_seen, of_trace
from bot.domain.flows.taken import Taken
from tests.domain.flows import answered
from tests.domain.flows.observed import API, C2, DB, NODE, takens


@given(st.lists(takens(), max_size=3))
def test_whatever_was_seen_its_picture_fits_its_bounds(told: list[Taken]) -> None:
    sketch = of_seen(answered.seen(*told))

    assert msgspec.json.decode(msgspec.json.encode(sketch), type=Sketch) == sketch


def test_of_five_hundred_peers_the_busiest_are_drawn_and_the_others_counted() -> None:
    seen = answered.crowded(500)
    sketch = of_seen(seen)

    assert (len(sketch.spokes), sketch.more) == (MOST, 500 - MOST)
    assert f"{MOST} of 500 peers are drawn" in sketch.alt


def test_names_that_mean_harm_fit_as_well() -> None:
    sketch = of_seen(answered.hostile())

    assert msgspec.json.decode(msgspec.json.encode(sketch), type=Sketch) == sketch
    assert sketch.footer[-1] == "and 4 more doubts"


def test_peers_stand_with_their_like_the_farthest_first() -> None:
    spokes = of_seen(answered.beaconing()).spokes
    outbound = [spoke.group for spoke in spokes if not spoke.inbound]

    assert outbound == [Group.EXTERNAL, Group.EXTERNAL, Group.OTHER, Group.SAME, Group.NODE]
    assert [spoke.label for spoke in spokes if spoke.lot is Lot.DENIED] == ["payments/orders-db-0:5432"]
    assert [spoke.inbound for spoke in spokes] == sorted(spoke.inbound for spoke in spokes)


def test_where_an_end_stands() -> None:
    assert [group_of(end, "payments") for end in (API, DB, C2, NODE, answered.DNS)] == [
        Group.SAME,
        Group.SAME,
        Group.EXTERNAL,
        Group.NODE,
        Group.OTHER,
    ]


def test_what_cannot_be_known_is_said_in_the_picture() -> None:
    assert "cannot know" in of_seen(answered.unknown()).footer[0]


def test_a_trace_has_its_second_hop_behind_the_first() -> None:
    sketch = of_trace(answered.followed())

    assert {spoke.label: len(spoke.next) for spoke in sketch.spokes} == {
        "payments/orders-db-0": 3,
        "shop/web-5c7d": 6,
        "203.0.113.7": 0,
    }
    assert msgspec.json.decode(msgspec.json.encode(sketch), type=Sketch) == sketch
