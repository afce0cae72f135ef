"""Since when an answer reaches back: of one pod by its node, of several pods by all nodes."""

from datetime import datetime
from itertools import chain

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.flows.hubble.coverage import Around, Buffer, covered, overrun
from bot.domain.flows.asked import About, Asked, Subject
from bot.domain.flows.flow import Flow, Observer
from bot.domain.flows.taken import Overrun, Window
from tests.domain.flows.observed import API, C2, at, flow

ONE = Subject(About.POD, "api-1", "payments", pods=("api-1",))
AT_HOME = flow(60, API, C2, observer=Observer("hubble", "node-a", "from-endpoint"))
LONG_AGO, JUST_NOW = at(-3600), at(300)
AROUND = Around(
    {"node-a": LONG_AGO, "node-b": JUST_NOW},
    {"node-a": at(600), "node-b": at(600)},
    (Buffer("node-a", 5, 4095, LONG_AGO), Buffer("node-b", 4095, 4095, LONG_AGO)),
)


@pytest.mark.parametrize(
    ("pods", "since"),
    [((), at(0)), (("api-1",), at(0)), (("api-1", "api-7"), JUST_NOW), (("api-7",), JUST_NOW)],
)
def test_a_full_buffer_of_a_node_matters_where_the_pods_are_several(
    pods: tuple[str, ...], since: object
) -> None:
    asked = Asked("prod", msgspec.structs.replace(ONE, pods=pods), at(0), at(600))

    window = covered(asked, [AT_HOME], AROUND, asked.until)

    assert window == Window(since, at(600))  # type: ignore[arg-type]  # a moment
    told = overrun(asked, window, AROUND)
    assert bool(told) == (since == JUST_NOW)
    assert all(isinstance(loss, Overrun) and "node-b" in loss.where for loss in told)


FULL, QUIET = Buffer("node-a", 4095, 4095, LONG_AGO), Buffer("node-b", 17, 4095, LONG_AGO)
PARTIAL = {
    "nobody said its oldest": Around(None, None, (FULL, QUIET)),
    "the full one did not say its oldest": Around({"node-b": LONG_AGO}, None, (FULL, QUIET)),
    "the full one is known by its newest alone": Around({"node-b": at(-3000)}, {"node-a": at(599)}, None),
    "the full one is known as connected alone": Around(
        {"node-b": at(-3000)}, None, None, frozenset({"node-a", "node-b"})
    ),
}


@pytest.mark.parametrize("flows", [(), (AT_HOME,)], ids=["nothing", "at home"])
@pytest.mark.parametrize("around", PARTIAL.values(), ids=PARTIAL)
def test_no_node_vouches_for_one_that_did_not_say_since_when_it_keeps(
    around: Around, flows: tuple[Flow, ...]
) -> None:
    asked = Asked("prod", ONE, at(0), at(600))

    window = covered(asked, flows, around, asked.until)

    assert window is None
    full = any(each.full for each in around.buffers or ())
    assert overrun(asked, window, around) == ((Overrun("ring buffer of node-a"),) if full else ())


def test_a_node_that_told_nothing_beside_its_flows_covers_nothing() -> None:
    other = Asked("prod", msgspec.structs.replace(ONE, pods=("api-1", "api-2")), at(0), at(600))

    assert covered(other, [AT_HOME], Around({"node-b": LONG_AGO}, None, (QUIET,)), other.until) is None


def test_a_quiet_node_that_never_saw_an_event_covers_what_it_ran_for() -> None:
    asked = Asked("prod", ONE, at(0), at(600))
    quiet = (Buffer("node-a", 0, 4095, LONG_AGO), QUIET)
    around = Around({"node-b": at(10)}, {"node-b": at(20)}, quiet, frozenset({"node-a", "node-b"}))

    assert covered(asked, (), around, asked.until) == Window(at(0), at(600))


NAMES = st.sampled_from(["node-a", "node-b", "node-c"])
MOMENTS = st.integers(-3600, 600).map(at)
EDGES = st.none() | st.dictionaries(NAMES, MOMENTS)
BUFFERS = st.builds(Buffer, NAMES, st.integers(0, 3), st.just(3), MOMENTS)
AROUNDS = st.builds(
    Around,
    EDGES,
    EDGES,
    st.none() | st.lists(BUFFERS, unique_by=lambda one: one.node).map(tuple),
    st.frozensets(NAMES),
)


def _reaches(around: Around, node: str) -> datetime | None:
    """Return since when a node forgot nothing, told in another way than the code does."""
    for each in around.buffers or ():
        if each.node == node and each.held < each.room:
            return each.began
    return (around.oldest or {}).get(node)


@given(AROUNDS, st.booleans())
def test_what_is_claimed_every_node_that_matters_has_said(around: Around, home: bool) -> None:
    asked = Asked("prod", ONE, at(0), at(600))

    window = covered(asked, (AT_HOME,) if home else (), around, asked.until)

    named = chain(around.oldest or (), around.newest or (), around.present)
    every = {*named, *(each.node for each in around.buffers or ())}
    reach = [_reaches(around, node) for node in ({"node-a"} if home else every)]
    whole = [since for since in reach if since is not None]
    if window is None:
        assert not reach or len(whole) < len(reach) or max(whole) >= at(600)
    else:
        assert len(whole) == len(reach)
        assert window == Window(max(at(0), *whole), at(600))
    if window is None and any(each.full for each in around.buffers or ()):
        assert overrun(asked, window, around)
