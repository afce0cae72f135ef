"""What was seen of an address before the subject had it is nobody's to see who may see the subject alone."""

from datetime import timedelta

import msgspec
import pytest

from bot.domain.flows.asked import About, Asked, Subject
from bot.domain.flows.flow import Being, Endpoint, Flow
from bot.domain.flows.holding import held
from bot.domain.flows.identities import NEAR, Known
from bot.domain.flows.merging import merge
from bot.domain.flows.summing import summary
from bot.domain.flows.taken import Silent, Taken
from bot.domain.flows.telling import Seen, Swept, Traced, places
from bot.domain.flows.tracing import Trace
from tests.domain.flows.observed import API, BARE_DB, C2, at, flow, taken

BARE = Endpoint("10.0.0.1")
SUBJECT = Subject(About.POD, "api-1", "payments", pods=("api-1",), addresses=("10.0.0.1",))
DAY = Asked("prod", SUBJECT, at(-86_400), at(600))
BORN = Known("10.0.0.1", Endpoint(being=Being.POD, namespace="payments", pod="api-1"), at(0))


def kept(*flows: Flow, asked: Asked = DAY) -> tuple[tuple[Flow, ...], int]:
    (answer, silent), left = held([taken(*flows), Silent("vnet", "no answer")], asked, [BORN])
    assert isinstance(answer, Taken)
    assert isinstance(silent, Silent)
    return answer.flows, left


def test_a_row_of_the_address_from_before_the_pod_was_there_is_left_out_and_counted() -> None:
    before, since = flow(-NEAR.total_seconds() - 1, BARE, C2), flow(5, BARE, C2)
    assert kept(before, since) == ((since,), 1)
    near = flow(-NEAR.total_seconds(), BARE, C2)
    assert kept(near) == ((near,), 0), "clocks differ"


def test_a_row_that_names_the_pod_is_told_by_its_name_whenever_it_was() -> None:
    named = flow(-5000, API, C2)
    assert kept(named) == ((named,), 0)
    assert kept(flow(-5000, BARE_DB, BARE))[1] == 1, "the side that was connected to is looked at too"


def test_what_nobody_knows_the_beginning_of_stays() -> None:
    old = flow(-5000, BARE, C2)
    assert held([taken(old)], DAY, []) == ((taken(old),), 0)
    subject = msgspec.structs.replace(SUBJECT, about=About.ADDRESS, name="10.0.0.1")
    assert kept(old, asked=msgspec.structs.replace(DAY, subject=subject)) == ((old,), 0)


def test_a_pod_on_its_nodes_network_is_never_said_to_have_no_flows() -> None:
    asked = Asked("prod", SUBJECT, at(0), at(60))
    assert summary(merge([taken()]), asked).sentence.startswith("no flows")
    hosted = msgspec.structs.replace(asked, subject=msgspec.structs.replace(SUBJECT, hosted=True))
    found = summary(merge([taken()]), hosted)
    assert found.sentence.startswith("cannot know: hubble: what is on the network of a node")
    aimed = msgspec.structs.replace(asked, subject=Subject(About.ADDRESS, "203.0.113.7"), peer=hosted.subject)
    assert summary(merge([taken()]), aimed).sentence.startswith("cannot know")


@pytest.mark.parametrize("behind", [(), ("10.240.0.4",)])
def test_an_answer_names_every_place_whose_flows_it_shows(behind: tuple[str, ...]) -> None:
    asked = Asked("prod", msgspec.structs.replace(SUBJECT, behind=behind), at(0), at(0) + timedelta(hours=1))
    seen = Seen(asked, summary(merge([taken()]), asked), (), ())
    shared = (("prod", ""),) if behind else ()
    assert places(seen) == (("prod", "payments"), *shared)
    traced = Traced(asked, Trace(API, ()), (), followed=("orders", "payments"))
    assert places(traced) == (("prod", "payments"), *shared, ("prod", "orders"))
    assert places(Swept("203.0.113.7", at(0), at(60), (seen,))) == (("prod", ""),)
    named = msgspec.structs.replace(asked, subject=Subject(About.NAME, "evil.example.com"))
    assert places(msgspec.structs.replace(seen, asked=named)) == (("prod", ""),)
