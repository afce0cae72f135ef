"""Records shown in a terminal: readable, and unable to do anything to it."""

import pytest

from bot.bootstrap.plainly import field, printable
from bot.domain.audit.disclosure import conceal
from bot.domain.audit.events import ActorType, Event
from bot.domain.audit.record import Actor, Draft
from tests.audit.logs import Kept, audited, on_sqlite

Printed = pytest.CaptureFixture[str]
HOSTILE = "\x1b[2J\r\n\u202egnp.\u2066\u200b\x9b\x07\u2028end\\"


async def shown(log: Kept, capsys: Printed, *words: str) -> list[str]:
    await audited("show", "--database", log.url, *words)
    return capsys.readouterr().out.split("\n")[:-1]


async def test_records_are_shown_one_on_each_line_with_their_words_below(kept: Kept, capsys: Printed) -> None:
    await kept.grow(6)

    lines = await shown(kept, capsys)

    assert len(lines) == 8
    assert lines[0].strip().startswith("0  2026-")
    assert "lease  by=slack:T0SANDBOX:U0ALICE  outcome=accepted  request=FB-0" in lines[0]
    assert lines[1].strip() == "reason: seen 0 times"


@on_sqlite
async def test_only_the_records_of_a_request_are_shown_where_one_is_named(
    kept: Kept, capsys: Printed
) -> None:
    await kept.grow(12)

    lines = await shown(kept, capsys, "FB-3")

    assert [line.split()[0] for line in lines if "request=" in line] == ["3", "10", "reason:"][:2]
    assert await audited("show", "--database", kept.url, "FB-NONE") == 1


async def test_hostile_text_can_do_nothing_to_the_terminal(kept: Kept, capsys: Printed) -> None:
    digest, words = conceal("reason", HOSTILE, bytes(16))
    draft = Draft(
        event=Event.COMMAND,
        actor=Actor(ActorType.PERSON, f"T0:{HOSTILE}", "slack"),
        request=HOSTILE,
        target=f"a  target=forged {HOSTILE}",
        details={"note": HOSTILE, HOSTILE: 1},
        sd=(digest,),
    )
    async with kept.store.begin() as tx:
        await tx.log.append(draft, [words])

    lines = await shown(kept, capsys)

    assert len(lines) == 2
    assert all(char.isprintable() for line in lines for char in line)
    assert 'target="a  target=forged ' in lines[0]


@on_sqlite
async def test_a_body_that_is_no_record_is_shown_as_unreadable(kept: Kept, capsys: Printed) -> None:
    await kept.grow(3)
    await kept.flip("audit", "body", "seq = 1", 0)

    lines = await shown(kept, capsys)

    assert "UNREADABLE" in lines[2]
    assert await shown(kept, capsys, "FB-1") == []


@on_sqlite
async def test_it_says_that_nothing_was_verified(kept: Kept, capsys: Printed) -> None:
    await kept.grow(1)
    await audited("show", "--database", kept.url)

    assert "not verified" in capsys.readouterr().err


def test_escapes_can_be_told_from_what_looks_like_them() -> None:
    assert printable("\u202e") == "\\u202e"
    assert printable("\\u202e") == "\\\\u202e"
    assert field("target", 'a "b"') == 'target="a \\"b\\""'
    assert field("target", "x" * 500).endswith("\u2026")
