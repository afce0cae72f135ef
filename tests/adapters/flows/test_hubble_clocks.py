"""A node whose clock is ahead hides nothing of the last seconds, one that is behind is told, and none is accused for being idle."""

from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.flows.hubble.clocks import AHEAD, ahead, behind, beyond, by_ours, unjudged
from bot.adapters.flows.hubble.coverage import Around, Buffer, Edge
from bot.adapters.flows.hubble.receipt import Receipt
from bot.adapters.flows.hubble.source import Sight, _taken
from bot.domain.flows.asked import About, Subject
from bot.domain.flows.concerning import matcher
from bot.domain.flows.merging import merge
from bot.domain.flows.summing import summary
from bot.domain.flows.taken import Partial, Skewed, Taken
from bot.sandbox.flows.events import Wire, forwarded
from bot.sandbox.flows.relay import RelayDouble
from tests.adapters.flows.hubble_stage import (
    API,
    DNS,
    EVIL,
    NODES,
    NOON,
    ORDERS,
    question,
    relay_double,
    staged,
)
from tests.domain.flows.observed import at, flow

NODE, OTHER = (name.rpartition("/")[2] for name in NODES[:2])
NOW = question(until=NOON)
SAID = "the clock of aks-1 is 40 s ahead of ours: their times are taken back by that."


def saw(double: RelayDouble, wire: Wire, ago: float, node: str = NODES[0]) -> None:
    for event in forwarded(wire, NOON - timedelta(seconds=ago)):
        double.nodes[node].see(event)


async def told(double: RelayDouble, folder: Path, **changed: object) -> Taken:
    async with staged(double, folder) as hubble:
        return await hubble.ask(msgspec.structs.replace(NOW, **changed), 10)


async def test_the_newest_seconds_of_a_node_that_is_ahead_are_told_at_our_time(tmp_path: Path) -> None:
    double = relay_double()
    double.nodes[NODES[0]].ahead = 40
    for ago in (30, 3, 0):
        saw(double, Wire(API, EVIL, 443, 50_000 + ago), ago)
    taken = await told(double, tmp_path)

    assert {round((NOON - one.start).total_seconds()) for one in taken.flows} == {30, 3, 0}
    assert all(one.start < NOON for one in taken.flows)
    assert SAID in taken.blind
    assert taken.losses == ()
    assert taken.newest == NOON
    assert taken.window is not None
    assert taken.window.until == NOON


async def test_what_passed_before_the_time_in_question_is_not_within_it_for_a_clock_that_is_ahead(
    tmp_path: Path,
) -> None:
    double = relay_double()
    double.nodes[NODES[0]].ahead = 40
    saw(double, Wire(API, EVIL, 443), 20)
    saw(double, Wire(API, DNS, 53, 50_001, "UDP"), 0)
    taken = await told(double, tmp_path, since=NOON - timedelta(seconds=10))

    assert {one.destination_port for one in taken.flows if not one.reply} == {53}


async def test_what_comes_while_it_is_asked_is_no_sign_of_a_clock(tmp_path: Path) -> None:
    double = relay_double()
    saw(double, Wire(API, EVIL, 443), 5)
    saw(double, Wire(API, DNS, 53, 50_001, "UDP"), -2)
    taken = await told(double, tmp_path)

    assert {one.destination_port for one in taken.flows if not one.reply} == {443}
    assert not any("clock" in text for text in taken.blind)
    assert taken.losses == ()


async def test_a_clock_that_is_ahead_beyond_what_is_asked_is_a_loss(tmp_path: Path) -> None:
    double = relay_double()
    double.nodes[NODES[0]].ahead = 2 * AHEAD.total_seconds()
    saw(double, Wire(API, EVIL, 443), 5)
    taken = await told(double, tmp_path)

    assert taken.flows == ()
    assert taken.losses == (Skewed((NODE,), 1195),)
    assert not summary(merge([taken]), NOW).absence.sure  # type: ignore[union-attr]  # there is one where nothing was seen


async def test_a_busy_node_that_is_behind_is_told_and_nothing_of_its_silence_is_believed(
    tmp_path: Path,
) -> None:
    double = relay_double()
    double.nodes[NODES[0]].ahead = -40
    for ago in range(200, 0, -1):
        saw(double, Wire(API, EVIL, 443, 50_000 + ago), ago)
    taken = await told(double, tmp_path)

    assert taken.losses == (Skewed((NODE,), -41),)
    assert str(taken.losses[0]) == (
        "aks-1: busy, and the newest event is 41 s old. Its clock is behind ours, or it tells late"
    )
    assert max(one.start for one in taken.flows) == NOON - timedelta(seconds=41)
    assert summary(merge([taken]), NOW).incomplete == (("hubble", str(taken.losses[0])),)


async def test_another_node_that_is_behind_is_no_matter_of_a_pod_whose_door_was_seen(tmp_path: Path) -> None:
    double = relay_double()
    double.nodes[NODES[1]].ahead = -40
    for ago in range(200, 0, -1):
        saw(double, Wire(ORDERS, DNS, 53, 50_000 + ago), ago, NODES[1])
    saw(double, Wire(ORDERS, API, 8080), 5)
    taken = await told(double, tmp_path)
    whole = await told(double, tmp_path, subject=Subject(About.NAMESPACE, namespace="payments"))

    assert taken.losses == ()
    assert whole.losses == (Skewed((OTHER,), -41),)


@pytest.mark.parametrize(("held", "every", "quiet"), [(999, 0.1, 90), (2000, 5, 90), (2000, 0.1, 29)])
def test_an_idle_node_is_not_accused(held: int, every: float, quiet: float) -> None:
    newest = at(0) - timedelta(seconds=quiet)
    oldest = newest - timedelta(seconds=every * (held - 1))
    around = Around({"a": oldest}, {"a": newest}, (Buffer("a", held, 4095, oldest),))

    assert behind(around, at(0)) == {}


@pytest.mark.parametrize(
    ("oldest", "newest", "held", "unsaid"),
    [
        ({"a": at(0)}, {"a": at(9)}, 1000, ()),
        ({"a": at(0)}, None, 1000, ("a",)),
        (None, {"a": at(9)}, 1000, ("a",)),
        ({"a": at(0)}, {"b": at(9)}, 1000, ("a",)),
        ({"b": at(0)}, {"b": at(9)}, 999, ()),
    ],
)
def test_a_busy_node_that_did_not_say_when_it_saw_something_is_not_taken_for_one_on_time(
    oldest: Edge, newest: Edge, held: int, unsaid: tuple[str, ...]
) -> None:
    around = Around(oldest, newest, (Buffer("a", held, 4095, at(-3600)),))
    asked = question(until=at(10))
    taken = _taken(asked, Receipt("hubble", matcher(asked), 10), "", Sight(around, at(10), timedelta(0)))

    assert unjudged(around) == unsaid
    told = "the clock of a could not be told: it did not say when it saw its newest or oldest event"
    assert taken.losses == ((Partial(told),) if unsaid else ())


def test_a_question_about_the_past_is_asked_to_its_end_alone() -> None:
    assert beyond(at(0), at(30)) == AHEAD
    assert beyond(at(0), at(90)) == timedelta(0)


seconds = st.floats(-600, 600, allow_nan=False)


@given(st.lists(seconds, max_size=20), st.none() | seconds)
def test_by_our_clock_nothing_is_of_the_future_and_nothing_gets_lost(
    stamps: list[float], edge: float | None
) -> None:
    flows = [flow(stamp) for stamp in stamps]
    node = flows[0].observer.node if flows else "node-a"
    around = Around(None, {node: at(edge)} if edge is not None else None, None)
    now: datetime = at(0)
    early = ahead(around, flows, now)
    right = by_ours(flows, early, now)

    assert len(right) == len(flows)
    assert all(one.start - now <= timedelta(seconds=2) for one in right)
    assert all(one.end - one.start == timedelta(0) for one in right)
    assert bool(early) == any(stamp > 2 for stamp in (*stamps, *(() if edge is None else (edge,))))
