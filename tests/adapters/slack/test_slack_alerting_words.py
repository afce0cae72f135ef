"""The commands about alerts: what can be typed, what is pointed at, and what a form carries of a suggestion."""

import pytest

from bot.adapters.slack.board.marks import Mark
from bot.adapters.slack.card.kit import METADATA
from bot.adapters.slack.commands import Alerts, Command, Mute, Unmute
from bot.adapters.slack.form.judging import carried
from bot.adapters.slack.form.marked import marked, unmarked
from bot.adapters.slack.grammar import Known, Mistake, parse
from bot.adapters.slack.writing import written
from bot.engine.alerted import USUAL

KNOWN = Known(("prod",))
GROUP = "g-0123456789abcdef"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("alerts", Alerts("", USUAL)),
        ("alerts last 1h", Alerts("", 3600)),
        (f"alerts {GROUP.upper()}", Alerts(GROUP, USUAL)),
        ("mute BeaconingPod for 2h because the red team", Mute("BeaconingPod", 7200, "the red team")),
        ("mute High CPU on prod for 2h because it is known", Mute("High CPU on prod", 7200, "it is known")),
        ('mute "Wait for it" for 30m because it waits', Mute("Wait for it", 1800, "it waits")),
        (f"mute {GROUP} for 2h because it is known", Mute(GROUP, 7200, "it is known")),
        ("unmute BeaconingPod", Unmute("BeaconingPod")),
        ("mute Loss of quorum for 2h because x", Mute("Loss of quorum", 7200, "x")),
        ('mute "Loss of quorum" of siem for 2h because x', Mute("Loss of quorum", 7200, "x", "siem")),
        ('unmute "High CPU" of siem', Unmute("High CPU", source="siem")),
        ('unmute "High CPU" of siem because it is over', Unmute("High CPU", "it is over", "siem")),
        ("unmute High CPU because it is over", Unmute("High CPU", "it is over")),
    ],
)
def test_what_is_typed_is_understood_and_written_back_the_same(typed: str, meant: Command) -> None:
    assert parse(typed, KNOWN) == meant
    assert parse(written(meant), KNOWN) == meant


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("alerts yesterday", "no group of alerts"),
        ("alerts last", "How far back?"),
        ("alerts g-xyz", "no group of alerts"),
        (f"alerts {GROUP} too", "left over"),
        ("mute", "Which rule?"),
        ("mute for 2h because x", "Which rule?"),
        ("mute Beacon", "For how long?"),
        ("mute Beacon because x", "For how long?"),
        ("mute Beacon for", "For how long?"),
        ("mute Beacon for 2h", "The reason is missing"),
        ("unmute", "Which rule?"),
        ('mute "High CPU" of for 2h because x', "Of which source?"),
        ('unmute "High CPU" of', "Of which source?"),
    ],
)
def test_what_is_wrong_is_pointed_at(typed: str, said: str) -> None:
    found = parse(typed, KNOWN)

    assert isinstance(found, Mistake)
    assert said in found.text


def test_a_mark_stands_beside_the_words_and_is_never_read_as_one_of_them() -> None:
    mark = Mark(GROUP, "s-0123456789abcdef", 2, "0" * 12).value
    line = "quarantine prod/payments/api-7d9f for 4h because it beacons"

    assert unmarked(marked(line, mark)) == (line, mark)
    assert unmarked(line) == (line, "")
    assert marked(line, "") == line
    found = carried(marked(line, mark), KNOWN)
    assert found is not None
    assert (found.reason, found.cause) == ("it beacons", None)


def test_without_room_for_both_a_form_keeps_its_words() -> None:
    assert marked("x" * METADATA, "mark") == "x" * METADATA


@pytest.mark.parametrize(
    "value",
    [
        "",
        "-",
        f"{GROUP}:s-0123456789abcdef:2",
        f"{GROUP}:s-0123456789abcdef:02x:-",
        f"{GROUP}:s-0123456789abcdef:-2:-",
        f"{GROUP}\n:s-0123456789abcdef:2:-",
        f"{GROUP}:s-0123456789abcdef:2:-\n",
        f"{GROUP}:s-0123456789abcdef:٢:-",
        "FB-7K3Q:1:0123456789ab",
    ],
)
def test_a_value_that_no_board_carries_is_none(value: str) -> None:
    assert Mark.of(value) is None
