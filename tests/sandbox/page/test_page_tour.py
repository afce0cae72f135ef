"""The tour judges by the world and the log alone, and a browser is sent what changed and no more."""

from markupsafe import Markup

from bot.sandbox.page.given import Line, Verified
from bot.sandbox.page.slots import Piece, Sent
from bot.sandbox.page.tour import Facts, Tour, steps
from bot.sandbox.page.world import seen
from tests.sandbox.page.page_under_test import Open

ASKED = Line(0, "", "command", "T0HOST:U0ALICE", request="FB-11111", action="quarantine-pod")


def _facts(
    visited: Open,
    *lines: Line,
    restored: bool = False,
    verified_at: int = -1,
    cards: tuple[str, ...] = ("FB-11111",),
) -> Facts:
    found = Verified(sound=True, words="") if verified_at >= 0 else None
    return Facts(lines, seen(visited.scene), restored, cards, found, verified_at)


async def test_a_step_is_done_however_it_was_done_and_stays_done(visited: Open) -> None:
    tour = Tour(steps(visited.scene))
    looked = Line(0, "", "command", "T0HOST:U0ALICE", outcome="flows")
    refused = Line(1, "", "refusal", "T0OTHER:U0STRANGER")

    tour.observe(_facts(visited, refused))
    assert (tour.at, tour.done[2]) == (0, True)

    tour.observe(_facts(visited, ASKED, refused))
    assert (tour.at, tour.done[1]) == (0, True)

    tour.observe(_facts(visited, looked))
    tour.observe(_facts(visited))
    assert tour.at == 3


async def test_a_request_is_no_step_before_its_card_can_be_seen(visited: Open) -> None:
    tour = Tour(steps(visited.scene))

    tour.observe(_facts(visited, ASKED, cards=()))
    assert not tour.done[1]

    tour.observe(_facts(visited, ASKED))
    assert tour.done[1]


async def test_the_refusal_of_somebody_else_is_not_the_intruders(visited: Open) -> None:
    tour = Tour(steps(visited.scene))

    tour.observe(_facts(visited, ASKED, Line(1, "", "refusal", "T0HOST:U0GUEST")))

    assert not tour.done[2]


async def test_a_world_that_was_never_touched_is_no_end(visited: Open) -> None:
    tour = Tour(steps(visited.scene))

    tour.observe(_facts(visited, ASKED, restored=True, verified_at=9))

    assert not tour.done[6]


async def test_a_log_that_was_verified_before_the_rollback_is_not_verified(visited: Open) -> None:
    tour = Tour(steps(visited.scene))
    tour.done[:6] = [True] * 6
    back = Line(5, "", "rollback", "T0HOST:U0ALICE")

    tour.observe(_facts(visited, ASKED, back, restored=True, verified_at=4))
    assert [check.held for check in tour.found[6]] == [True, True, True, False]

    tour.observe(_facts(visited, ASKED, back, restored=True, verified_at=6))
    assert tour.at == 7


def test_a_browser_is_sent_only_what_changed() -> None:
    sent = Sent()
    one, two = Piece("a", Markup("<p>1</p>")), Piece("b", Markup("<p>2</p>"))

    assert [piece["html"] for piece in sent.changes({"feed": (one,)})["feed"]] == ["<p>1</p>"]
    assert sent.changes({"feed": (one,)}) == {}
    assert sent.changes({"feed": (one, two)})["feed"] == [
        {"key": "a"},
        {"key": "b", "html": "<p>2</p>", "said": ""},
    ]
    assert sent.changes({"feed": (two,)})["feed"] == [{"key": "b"}]
    assert sent.changes({"feed": ()}) == {"feed": []}
