"""Flows as they are kept: of bounded size, the newest first, and able to be read again."""

import hashlib

import msgspec

from bot.domain.flows.asked import About, Asked, Subject
from bot.domain.flows.taken import Silent, Taken, Truncated
from bot.domain.queries import Answer, Discover, Flowing, Flows, Query, Unavailable
from bot.engine.seeing import Replaying, Seeing, Unseeing, question
from bot.engine.snapshots import _decoded, _encoded
from tests.domain.flows.observed import at, flow, taken

ASKED = Asked("prod", Subject(About.POD, "api-1", "payments"), at(0), at(600))
QUERY = Flows("prod", "payments", "api-1", 900)


def test_what_is_kept_is_read_again_as_it_was() -> None:
    told = Flowing(ASKED, (taken(flow(1), flow(2)), Silent("firewall", "gone")))
    body, cut = _encoded(told, 1 << 20)

    assert (cut, _decoded(body, hashlib.sha256(body).hexdigest())) == ("", told)
    assert _decoded(body, "0" * 64) is None
    assert _decoded(b"[", hashlib.sha256(b"[").hexdigest()) is None


def test_beyond_its_size_only_the_newest_are_kept_and_it_says_so() -> None:
    told = Flowing(ASKED, (taken(*(flow(n, ports=(n, 443)) for n in range(1, 4000))),))
    body, cut = _encoded(told, 200_000)
    kept = msgspec.json.decode(body, type=Flowing).told[0]

    assert len(body) <= 200_000
    assert isinstance(kept, Taken)
    assert cut == f"only the newest {len(kept.flows)} flows of each source are kept"
    assert kept.losses == (Truncated(len(kept.flows)),)
    assert kept.flows[-1].start == at(3999)


class World:
    """A world that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Query] = []

    async def answer(self, query: Query) -> Answer:
        """Answer nothing."""
        self.asked.append(query)
        return Unavailable("nobody")


async def test_a_plan_that_is_held_against_another_asks_for_no_flows() -> None:
    world = World()
    answer = await Unseeing(world).answer(QUERY)

    assert isinstance(answer, Flowing)
    assert (answer.told, world.asked) == ((), [])
    await Unseeing(world).answer(Discover("prod"))
    assert world.asked == [Discover("prod")]


async def test_a_replayed_plan_asks_for_the_longer_time_of_all_sources() -> None:
    world = World()
    query = msgspec.structs.replace(QUERY, live=True, behind=("10.1.0.4",))
    await Replaying(world, 86400, shared=True).answer(query)

    (asked,) = world.asked
    assert isinstance(asked, Flows)
    assert (asked.seconds, asked.live, asked.behind) == (86400, False, ("10.1.0.4",))


async def test_a_replay_for_who_may_not_see_all_asks_by_no_nodes_address() -> None:
    world = World()
    query = msgspec.structs.replace(QUERY, addresses=("10.0.0.1",), behind=("10.1.0.4",))
    await Replaying(world, 86400, shared=False).answer(query)

    (asked,) = world.asked
    assert isinstance(asked, Flows)
    assert (asked.addresses, asked.behind) == (("10.0.0.1",), ())


async def test_with_nobody_to_ask_the_answer_is_empty_and_no_failure() -> None:
    answer = await Seeing(World(), (), lambda: at(900)).answer(QUERY)

    assert answer == Flowing(question(QUERY, at(900)), ())


def test_an_address_and_a_network_are_asked_about_as_such() -> None:
    one = question(msgspec.structs.replace(QUERY, address="203.0.113.7"), at(900)).subject
    many = question(msgspec.structs.replace(QUERY, address="203.0.113.0/24"), at(900)).subject

    assert (one.about, one.name) == (About.ADDRESS, "203.0.113.7")
    assert (many.about, many.name) == (About.NETWORK, "203.0.113.0/24")
