"""The page's strips and its map follow what the relay's nodes saw, and nothing else."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.bootstrap.entropy import utc_now
from bot.sandbox.flows.events import End, Wire, forwarded
from bot.sandbox.flows.traffic import EVERY, Traffic
from bot.sandbox.kubernetes.resources import NETWORK_POLICIES
from bot.sandbox.page.map import drawn
from bot.sandbox.page.strips import HIGH, WIDTH, Strip, strips
from bot.sandbox.page.talks import ROUNDS, Hearing
from bot.sandbox.page.world import Seen, seen
from bot.sandbox.scene import Scene, scene
from tests.sandbox.page.page_under_test import opened


@pytest.fixture
async def staged(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(tmp_path, relay=True) as found:
        yield found


def traffic(staged: Scene) -> Traffic:
    assert staged.traffic is not None
    return staged.traffic


def now(staged: Scene) -> Seen:
    return seen(staged, Hearing(staged.traffic).talks())


def beacon(staged: Scene) -> Strip:
    return strips(now(staged))[0]


def newest(staged: Scene) -> datetime:
    found: datetime = max(node.ring[-1].time.ToDatetime() for node in traffic(staged).relay.nodes.values())
    return found


def forbid_all_egress(staged: Scene) -> None:
    store, space = staged.cluster.registry.store, staged.incident.namespace
    store.drop(NETWORK_POLICIES, store.find(NETWORK_POLICIES, space, "allow-egress") or {})
    staged.cluster.add_policy(space, "cut", {"podSelector": {}, "policyTypes": ["Egress"]})


def talking(staged: Scene) -> bool:
    here = staged.incident
    lines = drawn(now(staged)).lines
    return any("talking" in one.kind for one in lines if one.link.target.address == here.beacon)


async def test_each_connection_counts_once_in_its_round(staged: Scene) -> None:
    strip = beacon(staged)

    assert (strip.label, strip.name) == ("beacon:443", f"beacon {staged.incident.beacon}:443")
    assert strip.talk.passed == (1,) * ROUNDS
    assert strip.talk.words.startswith("15 passed, the newest passed, last at ")
    assert {one.label.partition("…")[0] for one in strips(now(staged))} == {"beacon:443", "coredns", "api"}


async def test_before_and_after_stand_side_by_side_and_the_map_follows(staged: Scene) -> None:
    assert talking(staged)

    forbid_all_egress(staged)
    assert talking(staged), "what policies say is no flow: nobody tried since"
    traffic(staged).talk(traffic(staged).lines, newest(staged) + EVERY)
    assert beacon(staged).talk.now == "dropped", "at once, though it passed just before"
    traffic(staged).talk(traffic(staged).lines, newest(staged) + EVERY)

    talk = beacon(staged).talk
    assert talk.passed == (1,) * (ROUNDS - 2) + (0, 0)
    assert talk.dropped == (0,) * (ROUNDS - 2) + (1, 1)
    assert talk.now == "dropped"
    assert "dropped, the newest was dropped" in talk.words
    assert not talking(staged)


async def test_what_is_older_than_the_strip_is_left_out(staged: Scene) -> None:
    here = staged.incident
    suspect = End(here.pod_address, here.namespace, here.pod)
    node = next(iter(traffic(staged).relay.nodes.values()))
    for event in forwarded(Wire(suspect, End(here.beacon), 443), newest(staged) + timedelta(hours=1)):
        node.see(event)

    found = strips(now(staged))

    assert [(one.label, sum(one.talk.passed)) for one in found] == [("beacon:443", 1)]
    (column,) = found[0].columns
    assert column.x < WIDTH
    assert 0 < column.height <= HIGH


async def test_it_is_counted_anew_only_when_a_node_has_seen_more(staged: Scene) -> None:
    hearing = Hearing(staged.traffic)

    assert hearing.talks() is hearing.talks()
    before = hearing.talks()
    traffic(staged).talk(traffic(staged).lines, utc_now())
    assert hearing.talks() != before


async def test_the_page_says_in_words_what_a_strip_shows(tmp_path: Path) -> None:
    async with opened(tmp_path, relay=True) as visited:
        shown = await visited.shown("flows")
        drawing = await visited.shown("map")

    assert 'role="img" aria-label="15 passed, the newest passed, last at ' in shown
    assert f"to beacon {visited.scene.incident.beacon}:443" in shown
    assert "<b>passes</b>" in shown
    assert "talking" in drawing


async def test_without_a_relay_there_are_no_strips(tmp_path: Path) -> None:
    async with opened(tmp_path) as visited:
        assert "<svg" not in await visited.shown("flows")
        assert "talking" in await visited.shown("map"), "what policies let through"
