"""What a card about alerts says: the most important first, and nothing as more certain than it is."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from bot.adapters.slack.board import paint_board
from bot.domain.alerts import Severity
from bot.domain.alerts.grouping import Named
from bot.domain.documents import Document
from bot.domain.states import PartState
from bot.domain.suggestions import Board, Former, Resolved, Standing
from bot.engine.takings import Taken
from tests.adapters.slack import boarded as made
from tests.adapters.slack.staging import NOW

FB = "FB-7K3Q"


def told(board: Board, taken: Taken | None = None) -> str:
    return "\n".join(rows(list(paint_board(board, NOW, {FB: taken} if taken else {}).blocks)))


def rows(value: Any) -> Iterator[str]:
    """Yield each paragraph as it is read."""
    if isinstance(value, dict) and value.get("type") in {"rich_text_section", "rich_text_preformatted"}:
        yield "".join(
            str(one.get("text") or one.get("fallback") or one.get("url")) for one in value["elements"]
        )
    elif isinstance(value, dict) and isinstance(value.get("text"), str):
        yield value["text"].replace("\u200b", "")
    elif isinstance(value, dict | list | tuple):
        for one in value.values() if isinstance(value, dict) else value:
            yield from rows(one)


def first(board: Board) -> str:
    return str(paint_board(board, NOW).blocks[0]["text"]["text"])


def labels(board: Board, taken: Taken | None = None) -> list[str]:
    blocks = paint_board(board, NOW, {FB: taken} if taken else {}).blocks
    rows = [block["elements"] for block in blocks if block["type"] == "actions"]
    return [str(button["text"]["text"]) for row in rows for button in row]


def test_the_first_line_says_what_fires_how_bad_where_since_when_and_how_many() -> None:
    assert (
        first(made.board())
        == "🔥 BeaconingPod · critical · prod/payments · 1 alert since 02:11 UTC, pod checkout-7d9f-x2x1"
    )
    assert (
        first(made.storm())
        == "🔥 BeaconingPod · critical · prod/payments · 983 of 1000 alerts firing since 02:11 UTC, 49 pods or more"
    )


def test_a_first_line_that_is_too_long_keeps_severity_place_and_count() -> None:
    board = made.board(made.group(rule="R" * 200, severity=Severity.HIGH))

    assert len(first(board)) <= 150
    assert " · high · prod/payments · 1 alert since 02:11 UTC" in first(board)


def test_an_alert_of_another_day_says_its_date() -> None:
    before = made.alert(started=NOW - timedelta(days=1))

    assert "since 2026-03-03 02:14 UTC" in first(made.board(made.group(newest=before)))


def test_the_sender_is_named_and_what_it_says_is_never_told_as_a_fact() -> None:
    words = told(made.board())

    assert "FIRING, says Alertmanager am-prod (who it is was checked, what it says was not)" in words
    assert "It says: Since 01:40 UTC" in words


def test_what_is_not_there_keeps_its_place_among_many_that_are() -> None:
    words = told(made.storm())

    assert "48 found, 1 NOT THERE, 1 not known" in words
    assert "❌ pod payments/checkout-7d9f-002f · NOT THERE: there is no such pod" in words
    assert f"… and at least 45 more: /ir alerts {made.GROUP}" in words


def test_until_somebody_has_looked_nothing_is_said_to_be_there() -> None:
    words = told(made.board(resolved=(), looked_at=None, suggestions=()))

    assert "nobody has looked yet whether it is there" in words
    assert "being looked up" in words
    assert "✅" not in words


def test_each_step_says_what_stays_open_who_else_is_hit_and_how_it_is_undone() -> None:
    words = told(made.board())

    assert "2. Block 203.0.113.66 for cluster prod at the firewall ir-fw" in words
    assert "🚪 STAYS OPEN: traffic that does not pass the firewall" in words
    assert "Also hit: 1 entry denied · Undone by its rollback: 1 entry withdrawn" in words
    assert "🔒 NOTHING KNOWN STAYS OPEN" in words
    assert "/ir flows payments/checkout-7d9f-x2x1 last 1h" in words
    assert "planned anew when you press" in words


def test_only_steps_with_a_plan_have_a_button_and_it_names_the_step() -> None:
    assert labels(made.board()) == ["Prepare 2: block…", "Prepare 3: quarantine…", "Dismiss…"]
    assert labels(made.storm()) == ["Prepare 2: block…", "Dismiss…"]


def test_a_step_that_is_under_way_is_not_offered_twice_and_one_that_ended_is() -> None:
    board = made.board(suggestions=(made.suggestion(made.cutting(request_id=FB)),))

    assert labels(board, Taken(PartState.APPLIED)) == ["Dismiss…"]
    assert labels(board, Taken(PartState.DENIED)) == ["Prepare 1: quarantine…", "Dismiss…"]
    assert "Asked as FB-7K3Q: 📌 APPLIED" in told(board, Taken(PartState.APPLIED))
    assert "another than the one suggested" in told(board, Taken(PartState.APPLIED, otherwise=True))


def test_what_was_asked_for_about_something_else_stands_apart_and_holds_nothing_back() -> None:
    before = Former("quarantine-pod", Document.of({"pods": ["other"]}), FB)
    one = made.suggestion(made.cutting(), former=(before,))
    board = made.board(suggestions=(one,))
    words = told(board, Taken(PartState.APPLIED))

    assert labels(board, Taken(PartState.APPLIED)) == ["Prepare 1: quarantine…", "Dismiss…"]
    assert words.index("Undone") < words.index("Before, when it suggested something else:")
    assert words.index("something else:") < words.index("Asked as FB-7K3Q: 📌 APPLIED")
    over = made.board(made.group(resolved=1), suggestions=(one,))
    assert "Asked as FB-7K3Q" in told(over, Taken(PartState.APPLIED))


def test_what_was_not_looked_at_is_told_with_how_many_that_are() -> None:
    words = told(made.board(left=30))

    assert "not looked at: at least 30 more, which older alerts name; nothing is suggested for them" in words
    assert "not looked at" not in told(made.board())


def test_an_alert_that_is_over_offers_nothing_and_says_what_stays() -> None:
    board = made.board(
        made.group(resolved=1), suggestions=(made.suggestion(made.blocking(), made.cutting(request_id=FB)),)
    )

    assert first(board).startswith("✅ ")
    assert labels(board) == []
    assert "What was done stays until it is rolled back." in told(board, Taken(PartState.APPLIED))
    assert "Asked as FB-7K3Q" in told(board, Taken(PartState.APPLIED))


def test_a_dismissed_suggestion_says_who_and_why_and_offers_nothing() -> None:
    one = made.suggestion(dismissed_by=made.ALICE, dismissed_at=NOW, reason="a *health* check")
    words = told(made.board(suggestions=(one,)))

    assert "Dismissed" in words
    assert "<@U0ALICE>" in words
    assert "health" in words
    assert labels(made.board(suggestions=(one,))) == []


def test_a_muted_rule_says_until_when_and_that_everything_is_counted() -> None:
    words = told(made.board(muted=made.muted()))

    assert first(made.board(muted=made.muted())).startswith("🔕 ")
    assert "What comes is counted and recorded all the same." in words
    assert "(this rule of `am-prod`)" in words


def test_without_a_playbook_that_fits_it_is_said_why() -> None:
    words = told(made.board(suggestions=(), passed=("beaconing: its condition does not hold",)))

    assert "Nothing is suggested: no playbook fits" in words
    assert "beaconing: its condition does not hold" in words


def test_a_rule_that_cannot_be_typed_is_muted_by_its_group() -> None:
    assert "/ir mute BeaconingPod for 2h" in told(made.board())
    assert f"/ir mute {made.GROUP} for 2h" in told(made.board(made.group(rule="High CPU <prod>")))
    for rule in ("g-fedcba9876543210", "G-fedcba9876543210"):
        assert f"/ir mute {made.GROUP} for 2h" in told(made.board(made.group(rule=rule))), (
            "it looks like an id"
        )


def test_the_same_board_paints_the_same_and_another_count_does_not() -> None:
    board = made.board()
    more = replace(board, group=replace(board.group, total=2))

    assert paint_board(board, NOW) == paint_board(board, NOW)
    assert paint_board(more, NOW).blocks[0]["block_id"] != paint_board(board, NOW).blocks[0]["block_id"]


def test_what_is_shown_of_many_subjects_is_what_matters() -> None:
    strange = Resolved(made.BEACON, Standing.UNKNOWN, "the cluster did not answer")
    found = tuple(Resolved(made.pod(f"p{n}"), Standing.FOUND, "Ready") for n in range(9))
    named = tuple(Named(one.subject, 1) for one in (*found, strange))
    words = told(made.board(made.group(*named), resolved=(*found, strange)))

    assert words.count("✅ pod") == 4
    assert "❔ address 203.0.113.66" in words
    assert "… and 5 more" in words


def test_what_a_request_has_and_does_not_hold_has_a_sign_of_its_own() -> None:
    loose = Resolved(made.pod(), Standing.FOUND, f"{FB} is being rolled back; Ready", loose=FB)
    assert f"🔓 pod payments/checkout-7d9f-x2x1 · {FB} is being rolled back" in told(
        made.board(resolved=(loose,))
    )


def test_what_could_not_be_read_is_told_in_a_few_lines_and_how_many_more_there_are() -> None:
    odd = tuple(f"odd {number}" for number in range(20))
    words = told(made.board(made.group(unread=odd, unread_more=7)))

    assert "not looked up: odd 1" in words
    assert f"… and 25 more that were not looked up: /ir alerts {made.GROUP}" in words


def test_what_its_sender_left_out_stands_on_the_card_even_when_all_that_was_told_is_over() -> None:
    line = "its sender left 17 more alerts out of a post (max_alerts): they are on no card"

    assert line in told(made.board(made.group(left_out=17)))
    assert line in told(made.board(made.group(left_out=17, resolved=1)))
    assert line in told(made.board(made.group(left_out=17, named=())))
