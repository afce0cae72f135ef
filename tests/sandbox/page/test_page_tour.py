"""The tour judges by the world and the log alone, and a browser is sent what changed and no more."""

import pytest
from markupsafe import Markup
from msgspec.structs import replace

from bot.sandbox.page.commands import filled_in
from bot.sandbox.page.given import Backstage, Line, Verified
from bot.sandbox.page.slots import Piece, Sent
from bot.sandbox.page.tour import Facts, Tour, steps
from bot.sandbox.page.watching import Watch
from bot.sandbox.page.world import seen
from tests.sandbox.page.page_under_test import Open

ASKED = Line(0, "", "command", "T0HOST:U0ALICE", request="FB-11111", action="contain")


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
    assert (tour.at, tour.done[3]) == (0, True)

    tour.observe(_facts(visited, looked, refused))
    assert (tour.at, tour.done[1]) == (0, True)

    tour.observe(_facts(visited, ASKED))
    tour.observe(_facts(visited))
    assert tour.at == 2


async def test_only_a_plan_of_the_pod_alone_is_what_most_would_do(visited: Open) -> None:
    tour = Tour(steps(visited.scene))
    incident = visited.scene.incident
    pod = f"{incident.cluster}/{incident.namespace}/{incident.pod}"
    told = Line(0, "", "command", "T0HOST:U0ALICE", outcome="plan", target=f"{pod}, prod/203.0.113.7")

    tour.observe(_facts(visited, told))
    assert not tour.done[2]

    tour.observe(_facts(visited, replace(told, target=pod)))
    assert tour.done[2]


async def test_a_request_is_no_step_before_its_card_can_be_seen(visited: Open) -> None:
    tour = Tour(steps(visited.scene))

    tour.observe(_facts(visited, ASKED, cards=()))
    assert not tour.done[0]

    tour.observe(_facts(visited, ASKED))
    assert tour.done[0]


async def test_the_refusal_of_somebody_else_is_not_the_intruders(visited: Open) -> None:
    tour = Tour(steps(visited.scene))

    tour.observe(_facts(visited, ASKED, Line(1, "", "refusal", "T0HOST:U0GUEST")))

    assert not tour.done[3]


async def test_a_world_that_was_never_touched_is_no_end(visited: Open) -> None:
    tour = Tour(steps(visited.scene))

    tour.observe(_facts(visited, ASKED, restored=True, verified_at=9))

    assert not tour.done[5]


async def test_a_log_that_was_verified_before_the_rollback_is_not_verified(visited: Open) -> None:
    tour = Tour(steps(visited.scene))
    tour.done[:5] = [True] * 5
    back = Line(5, "", "rollback", "T0HOST:U0BOB")

    tour.observe(_facts(visited, ASKED, back, restored=True, verified_at=4))
    assert [check.held for check in tour.found[5]] == [True, True, True, False]

    tour.observe(_facts(visited, ASKED, back, restored=True, verified_at=6))
    assert tour.at == 6


@pytest.mark.parametrize(
    ("cause", "line"),
    [
        ("", "/ir rollback FB-11111 because the tour is over"),
        ("g-0123456789abcdef", "/ir rollback alert g-0123456789abcdef"),
    ],
)
async def test_what_came_of_the_alert_is_undone_by_it_and_what_was_typed_by_its_own_id(
    visited: Open, cause: str, line: str
) -> None:
    behind = visited.behind
    watch = Watch(visited.scene, Backstage(behind.records, behind.verify, behind.complete, lambda: False))
    watch.lines = [replace(ASKED, cause=cause)]

    assert filled_in("{undo}", watch) == line


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
