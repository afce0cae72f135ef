"""What stands between a plan and its going past the quorum, and the answer that rolls back an incident by one click."""

import itertools
from typing import Any

import msgspec
import pytest

from bot.adapters.slack.answers import Inbound
from bot.adapters.slack.card.buttons import confirming
from bot.adapters.slack.card.painted import Page, value_of
from bot.adapters.slack.form import ids, judging
from bot.adapters.slack.form.confirming import break_modal
from bot.adapters.slack.form.confirming import carried as value
from bot.adapters.slack.form.windows import planned
from bot.adapters.slack.grammar import Known
from bot.adapters.slack.letters import SWEEP, letter
from bot.domain.letters import Sweep, encoded, in_whisper
from bot.domain.requests import Mode
from bot.domain.states import PartState
from bot.engine.undoing import inventory
from bot.engine.ways import Way
from bot.sandbox.slack.answers import texts
from tests.adapters.slack.staging import LONG_NAME, plan_of, pod_part, shown
from tests.adapters.slack.test_slack_form_views import check

KNOWN = Known(("prod",))
LINE = "quarantine prod/payments/api-7d9f for 30m because it beacons"
EVERY = (Way(Mode.SOLO, 1800), Way(Mode.BREAK_GLASS, 86_400))
ORIGIN = "command:1.2.abc"


def sent(name: str, line: str = LINE, reason: str = "", **filled: str) -> Inbound:
    fields = tuple((block, (text,)) for block, text in filled.items())
    return Inbound("form", "U0ALICE", name=name, value=line, reason=reason, filled=fields)


@pytest.mark.parametrize("offered", [EVERY, EVERY[:1], EVERY[1:]])
def test_a_quorum_is_chosen_before_anybody_chooses(offered: tuple[Way, ...]) -> None:
    view = planned(shown().request, LINE, offered)
    check(view)

    (radio,) = [b["element"] for b in view["blocks"] if b.get("block_id") == ids.WAY]
    assert radio["initial_option"]["value"] == "quorum"
    assert [each["value"] for each in radio["options"]] == ["quorum", *(way.mode for way in offered)]
    assert view["submit"]["text"] == "Go on"


def test_only_the_choice_says_by_whose_word_whatever_the_line_says() -> None:
    ways = {"quorum": Mode.QUORUM, "solo": Mode.SOLO, "break-glass": Mode.BREAK_GLASS}
    for line, (word, mode) in itertools.product((LINE, LINE.replace(" for", " solo for")), ways.items()):
        found = judging.chosen(sent(ids.PLAN, line, way=word), KNOWN)
        assert found is not None
        assert found.mode is mode
    silent = judging.chosen(sent(ids.PLAN, LINE.replace(" for", " solo for")), KNOWN)
    assert silent is not None
    assert silent.mode is Mode.QUORUM


@pytest.mark.parametrize("way", ["", "SOLO", "solo ", "Mode.SOLO", "quorum,solo"])
def test_a_way_that_there_is_not_asks_for_nothing(way: str) -> None:
    assert judging.chosen(sent(ids.PLAN, way=way), KNOWN) is None
    assert judging.turned(sent(ids.PLAN, way=way), KNOWN) is None


def test_break_glass_alone_turns_the_page_and_keeps_the_line_and_the_reason() -> None:
    assert judging.turned(sent(ids.PLAN, way="solo"), KNOWN) is None
    assert judging.turned(sent(ids.PLAN, "status", way="break-glass"), KNOWN) is None
    view = judging.turned(sent(ids.PLAN, way="break-glass"), KNOWN)
    assert view is not None
    check(view)
    assert view["private_metadata"] == LINE
    assert "it beacons" in str(view["blocks"])

    found = judging.chosen(sent(ids.GLASS, reason="data leaves\nright now"), KNOWN)
    assert found is not None
    assert (found.mode, found.reason, found.lease) == (Mode.BREAK_GLASS, "data leaves right now", 1800)


@pytest.mark.parametrize("reason", ["", "now", "a . . . . . . b", "\u200b" * 40, " \n" * 40])
def test_a_reason_of_nothing_is_said_at_its_field(reason: str) -> None:
    assert list(judging.errors_of(sent(ids.GLASS, reason=reason), KNOWN)) == [ids.REASON]


@pytest.mark.parametrize("name", ["api-7d9f", LONG_NAME])
def test_the_name_that_breaks_the_glass_is_shown_and_never_filled_in(name: str) -> None:
    one = shown(plan=plan_of(pod_part(name, 1)))
    view = break_modal(one.request)
    check(view)

    assert name in str(view["blocks"])
    assert "initial_value" not in str(view)
    assert name not in view["private_metadata"]
    assert value(view["private_metadata"]) == value_of(one.request)


def test_confirm_stands_nowhere_but_with_a_break_glass_that_waits() -> None:
    waiting, over = _as(shown(), Mode.BREAK_GLASS), _as(shown(state=PartState.APPLIED), Mode.BREAK_GLASS)
    assert len(confirming(Page(waiting))) == 1
    assert [confirming(Page(each)) for each in (over, shown(), _as(shown(), Mode.SOLO))] == [[], [], []]


def _as(one: Any, mode: Mode) -> Any:
    return msgspec.structs.replace(one, request=msgspec.structs.replace(one.request, mode=mode))


@pytest.mark.parametrize("count", [1, 20, 25, 120])
def test_all_that_one_click_rolls_back_is_named_however_much_and_long_it_is(count: int) -> None:
    names = [f"FB-{number:05d}" for number in range(count)]
    lines = ["IN-7K3Q: what is active.", "type: /ir rollback incident IN-7K3Q confirm 0123456789ab"]
    lines += inventory("would be released", [(name, f"Cut payments/{LONG_NAME}") for name in names])
    sweep = Sweep("IN-7K3Q", "0123456789ab", count, ORIGIN)
    painted = letter("\n".join(lines), sweep)

    told = "\n".join(texts(list(painted.blocks)))
    assert [name for name in names if name not in told] == []
    assert "confirm 0123456789ab" in told
    (press,) = painted.blocks[-1]["elements"]
    assert (press["action_id"], press["value"]) == (SWEEP, f"IN-7K3Q:0123456789ab:{ORIGIN}")
    assert press["confirm"]["text"]["text"].startswith(f"Release {count} of IN-7K3Q")


def test_a_whisper_carries_a_letter_or_a_plan_and_each_is_read_as_what_it_is() -> None:
    sweep, request = Sweep("IN-7K3Q", "0123456789ab", 2, ORIGIN), shown().request
    assert in_whisper(encoded(sweep)) == sweep
    assert in_whisper(msgspec.json.encode(request).decode()) == request
    with pytest.raises(msgspec.ValidationError):
        in_whisper("{}")
