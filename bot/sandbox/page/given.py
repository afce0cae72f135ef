"""What the page is handed: it may not know the bot, so whoever puts both together lends it these."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec


class Line(msgspec.Struct, frozen=True):
    """
    One record of the audit log, as a person reads it.

    ``who`` is the actor's id (``T0HOST:U0ALICE``), ``time`` RFC 3339 in UTC, ``body`` the whole record on one line.
    ``cause`` is the id of the alerts that a request came of, empty where it came of none.
    """

    seq: int
    time: str
    event: str
    who: str
    outcome: str = ""
    request: str = ""
    target: str = ""
    action: str = ""
    body: str = ""
    cause: str = ""


class Verified(msgspec.Struct, frozen=True):
    """What the offline verification said, in its own words."""

    sound: bool
    words: str


class Suggestion(msgspec.Struct, frozen=True):
    """One completion: what the whole line becomes, the form that it leads to, and what that does."""

    line: str
    form: str
    help: str = ""


class Known(msgspec.Struct, frozen=True):
    """What of this world may be typed: pods as commands name them, addresses, requests with their short digests."""

    pods: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    requests: tuple[tuple[str, str], ...] = ()


class Backstage(msgspec.Struct, frozen=True):
    """
    The bot's side of the page.

    ``records(after)`` returns the log's records from that number on; ``restored`` says whether the world is byte
    for byte what it was when the story began; ``alarm`` has the alert fire again, for another round of the tour.
    """

    records: Callable[[int], Awaitable[Sequence[Line]]]
    verify: Callable[[], Awaitable[Verified]]
    complete: Callable[[str, Known], Sequence[Suggestion]]
    restored: Callable[[], bool]
    alarm: Callable[[], None] = lambda: None
