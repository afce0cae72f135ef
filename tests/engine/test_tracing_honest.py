"""A trace asks several questions: what one of them left open is not covered by another."""

from bot.domain.flows.asked import About, Asked, Subject
from bot.domain.flows.chosen import Spared
from bot.domain.flows.hints import Around
from bot.domain.flows.merging import Answer, merge
from bot.domain.flows.resolving import Resolved
from bot.domain.flows.taken import Window
from bot.domain.letters import Tracing
from bot.domain.policy.protection import Protected
from bot.engine.flowing import Gathered
from bot.engine.tracing import Further, tree
from tests.domain.flows.observed import API, C2, DB, at, flow, taken

ASKED = Asked("prod", Subject(About.POD, "api-1", "payments", pods=("api-1",)), at(0), at(600))
NEXT = Asked("prod", Subject(About.POD, "orders-db-0", "payments", pods=("orders-db-0",)), at(0), at(600))
FIRST = flow(10, API, DB, (50000, 5432))
THEN = flow(20, DB, C2)
WHOLE, LATE = Window(at(0), at(600)), Window(at(500), at(600))


def incomplete(first: Answer, second: Answer) -> tuple[tuple[str, str], ...]:
    resolved = Resolved(ASKED.subject, None, (), (), Around())
    found = Gathered(ASKED, resolved, merge([first]), None, ("hubble",), (first,))
    told = tree(found, Further(((NEXT, (second,)),)), API, ("command:x", Spared(Protected(), None)))
    assert isinstance(told.letter, Tracing)
    return told.letter.traced.incomplete


def test_the_time_that_a_later_question_covers_is_not_covered_for_the_first() -> None:
    ((source, why),) = incomplete(taken(FIRST, window=LATE), taken(THEN, window=WHOLE))

    assert (source, why.startswith("it covers only 2026-03-01 12:08:20")) == ("hubble", True)


def test_what_a_later_question_did_not_cover_is_told_too() -> None:
    ((_, why),) = incomplete(taken(FIRST, window=WHOLE), taken(THEN, window=LATE))

    assert "it covers only" in why


def test_where_each_covers_all_of_it_nothing_is_open() -> None:
    assert incomplete(taken(FIRST, window=WHOLE), taken(THEN, window=WHOLE)) == ()
