"""How acting alone, confirming and reviewing are typed."""

import pytest

from bot.adapters.slack import commands
from bot.adapters.slack.grammar import Known, Mistake, parse
from bot.adapters.slack.writing import written
from bot.domain.requests import Mode

KNOWN = Known(("prod",))
PLAN = "0123456789ab"


@pytest.mark.parametrize(
    ("line", "mode"),
    [
        ("quarantine payments/api solo", Mode.SOLO),
        ("quarantine payments/api solo for 30m because it beacons", Mode.SOLO),
        ("quarantine payments/api for 30m Break-Glass because it beacons", Mode.BREAK_GLASS),
        ("plan quarantine payments/api solo", Mode.SOLO),
        ("block 203.0.113.7 break-glass for 1h because it beacons", Mode.BREAK_GLASS),
        ('quarantine payments/a,"solo"', Mode.QUORUM),
        ("quarantine payments/api because solo is not meant", Mode.QUORUM),
    ],
)
def test_a_word_says_by_whose_word_it_runs_and_is_written_back(line: str, mode: Mode) -> None:
    found = parse(line, KNOWN)

    assert isinstance(found, commands.Propose)
    assert found.mode is mode
    if '"' not in line:
        assert parse(written(found), KNOWN) == found


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"confirm FB-7K3Q {PLAN} name api-1", commands.Confirm("FB-7K3Q", PLAN, "api-1")),
        ("review FB-7K3Q because all is well", commands.Review("FB-7K3Q", False, "all is well")),
        ("review FB-7K3Q objection because harmless", commands.Review("FB-7K3Q", True, "harmless")),
        ("reviews", commands.Reviews()),
    ],
)
def test_confirmations_and_reviews_are_read_and_written_back(line: str, expected: commands.Command) -> None:
    assert parse(line, KNOWN) == expected
    assert written(expected) == line


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("quarantine payments/api solo break-glass", "break-glass"),
        ("quarantine payments/api solo solo", "solo"),
        (f"confirm FB-7K3Q {PLAN} api-1", "api-1"),
        (f"confirm FB-7K3Q {PLAN}", ""),
        ("confirm FB-7K3Q", ""),
        ("review FB-7K3Q", ""),
        ("review FB-7K3Q objection", ""),
        ("review", ""),
        ("reviews now", "now"),
    ],
)
def test_what_is_half_typed_is_pointed_at(line: str, word: str) -> None:
    found = parse(line, KNOWN)

    assert isinstance(found, Mistake)
    assert found.at == word
