"""What the bot's side lends to the sandbox's page: completions, and a page that cannot be served."""

import io
import socket

import pytest

from bot.adapters.slack.grammar import COMMANDS
from bot.bootstrap.believing import UsageError
from bot.bootstrap.rehearsal.completing import complete
from bot.bootstrap.rehearsal.narrator import console
from bot.bootstrap.rehearsal.open_house import Wish, stay
from bot.sandbox.page.given import Known

KNOWN = Known(
    ("prod/payments/api-1", "prod/payments/web-1"), ("203.0.113.7",), (("FB-AAAAA", "0123456789ab"),)
)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("hello", []),
        ("/other x", []),
        ("/ir quar", ["/ir quarantine ", "/ir quarantine-deployment "]),
        ("/ir quarantine api", ["/ir quarantine prod/payments/api-1 "]),
        ("/ir block ", ["/ir block 203.0.113.7 "]),
        ("/ir plan block ", ["/ir plan block 203.0.113.7 "]),
        ("/ir approve ", ["/ir approve FB-AAAAA 0123456789ab "]),
        ("/ir rollback fb", ["/ir rollback FB-AAAAA "]),
        ("/ir rollback FB-AAAAA because", []),
        ("/ir flows api", ["/ir flows prod/payments/api-1 "]),
        ("/ir sweep ", ["/ir sweep 203.0.113.7 "]),
        ("/ir trace prod/payments/api-1 since", []),
        ("/ir nonsense ", []),
    ],
)
def test_a_line_is_completed_by_what_the_grammar_takes(typed: str, expected: list[str]) -> None:
    assert [one.line for one in complete(typed, KNOWN)] == expected


def test_every_command_can_be_found_by_its_first_letters() -> None:
    missing = [
        word for word in COMMANDS if f"/ir {word} " not in [s.line for s in complete(f"/ir {word}", KNOWN)]
    ]

    assert missing == []


async def test_a_port_that_is_taken_is_said() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port}"):
            await stay(console(io.StringIO()), wish=Wish(port))
