"""What containments have in common: typed, written back, and read from a button, and nothing else passes for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.slack.commands import Rollback, Undo
from bot.adapters.slack.grammar import Known, Mistake, parse
from bot.adapters.slack.writing import written
from bot.domain.roots import Kind, Root, fits, read

KNOWN = Known(("prod",))
GROUP = "g-0123456789abcdef"
DIGEST = "0123456789ab"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("rollback incident", Undo()),
        ("rollback incident in-7k3q", Undo(Root(Kind.INCIDENT, "IN-7K3Q"))),
        (f"rollback alert {GROUP}", Undo(Root(Kind.ALERT, GROUP))),
        (f"rollback ALERT {GROUP.upper()} because over", Undo(Root(Kind.ALERT, GROUP), "", "over")),
        (f"rollback playbook miner confirm {DIGEST}", Undo(Root(Kind.PLAYBOOK, "miner"), DIGEST)),
        (
            f"rollback playbook confirm confirm {DIGEST} because x",
            Undo(Root(Kind.PLAYBOOK, "confirm"), DIGEST, "x"),
        ),
        ("rollback FB-7K3Q", Rollback("FB-7K3Q")),
    ],
)
def test_what_is_undone_at_once_is_read_and_written_back(line: str, expected: Undo | Rollback) -> None:
    assert parse(line, KNOWN) == expected
    assert parse(written(expected), KNOWN) == expected


@pytest.mark.parametrize(
    "line",
    [
        "rollback alert",
        "rollback alert because x",
        "rollback alert a-0123456789abcdef",
        "rollback alert g-0123456789ABCDEG",
        "rollback alert IN-7K3Q",
        "rollback playbook",
        "rollback playbook ../../etc",
        "rollback playbook miner extra",
        f"rollback playbook miner confirm {DIGEST[:-1]}",
        "rollback playbook -miner",
    ],
)
def test_what_is_none_is_pointed_at(line: str) -> None:
    assert isinstance(parse(line, KNOWN), Mistake)


@given(st.text(max_size=80) | st.from_regex(r"(playbook/|g-|IN-)[0-9a-zA-Z/-]{0,20}", fullmatch=True))
def test_a_key_is_read_only_as_what_it_was_written_for(key: str) -> None:
    root = read(key)
    if root is not None:
        assert root.key == key
        assert fits(root.kind, root.name)
        assert ":" not in key


def test_a_playbook_may_be_called_like_anything_else() -> None:
    odd = Root(Kind.PLAYBOOK, GROUP)
    assert read(odd.key) == odd
    assert read(GROUP) == Root(Kind.ALERT, GROUP)
