"""Whatever is in an alert, Slack takes its card, and nothing in it becomes mark-up or a link that hides its host."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from slack_sdk.models.blocks import Block

from bot.adapters.slack.board import WHOLE, paint_board
from bot.adapters.slack.board.links import shown_as
from bot.adapters.slack.board.marks import BUTTONS, Mark
from bot.adapters.slack.card.kit import compact, unfolded
from bot.domain.alerts import Link
from bot.domain.hidden import hidden
from bot.domain.suggestions import Board, Suggested
from bot.engine.takings import Taken
from bot.sandbox.slack.blockkit import message_problems
from tests.adapters.slack import boarded as made
from tests.adapters.slack.staging import NOW
from tests.adapters.slack.strange import HOSTILE
from tests.adapters.slack.strange_boards import boards, takens
from tests.adapters.slack.test_slack_card_limits import OURS, PHASES, kinds, leaves, mrkdwn

slowly = settings(deadline=None, max_examples=40, phases=PHASES, suppress_health_check=list(HealthCheck))


def elements(value: Any, kind: str) -> Iterator[Mapping[str, Any]]:
    """Yield every element of a kind."""
    if isinstance(value, dict):
        if value.get("type") == kind:
            yield value
        for one in value.values():
            yield from elements(one, kind)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from elements(one, kind)


def held_to_the_rules(board: Board, taken: Mapping[str, Taken]) -> None:
    painted = paint_board(board, NOW, taken)
    blocks = list(painted.blocks)
    assert message_problems(blocks) == ()
    assert len(compact(blocks).encode()) <= WHOLE
    assert 0 < len(painted.text) <= 300
    assert "<" not in painted.text
    assert unfolded(blocks) == tuple(blocks)
    harmless(blocks)
    for block in blocks:
        parsed = Block.parse(block)
        assert parsed is not None
        assert parsed.to_dict() == block


def harmless(blocks: Sequence[Mapping[str, Any]]) -> None:
    """No mark-up but ours, nothing hidden, no link that hides its host, no button but ours."""
    for text in mrkdwn(blocks):
        assert not re.search(r"[<>]", OURS.sub("", text)), text
    assert not {"user", "usergroup", "broadcast", "channel", "emoji"} & set(kinds(blocks))
    for text in leaves(blocks):
        assert not any(hidden(c) for c in text.replace("\n", "").replace("\u200b", ""))
    for link in elements(blocks, "link"):
        host = urlsplit(link["url"]).hostname or "?"
        assert urlsplit(link["text"].rstrip("…")).hostname == host
        assert link["url"].startswith(("https://", "http://"))
    for button in elements(blocks, "button"):
        assert button["action_id"] in BUTTONS
        assert Mark.of(button["value"]) is not None


@slowly
@given(boards(), takens)
def test_any_board_gives_a_card_that_slack_takes(board: Board, taken: Mapping[str, Taken]) -> None:
    held_to_the_rules(board, taken)


@pytest.mark.slow
@pytest.mark.timeout(900)
@settings(deadline=None, max_examples=300, phases=PHASES, suppress_health_check=list(HealthCheck))
@given(boards(), takens)
def test_any_board_gives_a_card_that_slack_takes_for_long(board: Board, taken: Mapping[str, Taken]) -> None:
    held_to_the_rules(board, taken)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_every_field_of_an_alert_stays_text(text: str) -> None:
    alert = made.alert(title=text, summary=text, unread=(text,), links=(Link(text, text),), kind=text or "x")
    steps = (Suggested(text, commands=(text,)), made.blocking(title=text), Suggested(text, why=text))
    one = made.suggestion(*steps, title=text, about=text, playbook=text or "x")
    board = made.board(
        made.group(newest=alert, rule=text, source=text or "x"), suggestions=(one,), passed=(text,)
    )

    held_to_the_rules(board, {})


def test_seven_playbooks_of_ten_steps_fit_and_those_without_room_are_named() -> None:
    steps = tuple(made.cutting(title="T" * 300) for _ in range(10))
    seven = tuple(made.suggestion(*steps, id=f"s-{n:016x}", playbook=f"book-{n}") for n in range(7))
    board = made.board(suggestions=seven)

    held_to_the_rules(board, {})
    told = compact(paint_board(board, NOW).blocks)
    assert "more suggested by " in told
    assert "book-3, book-4, book-5, book-6" in told


def test_an_ordinary_board_is_not_shrunk() -> None:
    told = compact(paint_board(made.board(), NOW).blocks)

    assert len(told.encode()) < WHOLE * 0.75
    assert "212 bytes each time." in told


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://grafana.example/d/1", "https://grafana.example/d/1"),
        ("https://GRAFANA.example/d/1", "https://grafana.example/d/1"),
        ("http://10.0.0.7:9093/#/alerts", "http://10.0.0.7:9093/#/alerts"),
        ("https://[2001:db8::1]/", "https://[2001:db8::1]/"),
        ("https://good.example@evil.example/", ""),
        ("https:///evil.example", ""),
        ("https://evil%2eexample/", ""),
        ("https://good.example;.evil.example/", ""),
        ("ftp://good.example/", ""),
        ("javascript:alert(1)", ""),
        ("https://good.example/" + "x" * 1000, ""),
        ("https://" + "a" * 900, ""),
        ("https://" + "a." * 120 + "!", ""),
        ("https://good..example/", ""),
    ],
)
def test_a_link_is_shown_with_the_host_that_browsers_go_to_or_not_at_all(url: str, shown: str) -> None:
    assert shown_as(url) == shown
