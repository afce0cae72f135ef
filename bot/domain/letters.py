"""What is said to one person by direct message and is more than plain words: typed, so that it can be painted."""

from datetime import datetime

import msgspec

from bot.domain.flows.telling import Seen, Swept, Traced
from bot.domain.people import Principal
from bot.domain.requests import Request
from bot.domain.telling import Section


class Letter(msgspec.Struct, frozen=True, tag_field="kind"):
    """A typed document of a ``direct`` note. Free text in it is from outside: whoever shows it escapes it."""


class Receipt(Letter, frozen=True, tag="receipt"):
    """
    What a voter is told of their own vote.

    ``decision`` is the vote's word (or the mode of what ran on it alone), ``way`` the kind of row that carried it (``command``, ``click``, ``form``),
    ``token`` the vote's own, which the *This wasn't me* button carries.
    """

    request_id: str
    summary: str
    digest: str
    decision: str
    at: datetime
    way: str
    token: str


class Offer(Letter, frozen=True, tag="handover"):
    """Somebody wants to hand over; ``token`` is the offer's id, ``items`` one line for each request as it stands."""

    giver: Principal
    items: tuple[str, ...]
    until: datetime
    token: str


class Sweep(Letter, frozen=True, tag="sweep"):
    """
    All that has a root in common can be rolled back by one click of whoever was shown it, and nobody else's.

    ``root`` is the key of a ``roots.Root``, ``digest`` is over exactly what was shown, ``count`` how many containments of it would be released, ``origin`` the
    key of the row that asked to see it: it binds the click to that person, and no one but us and Slack knows it.
    """

    root: str
    digest: str
    count: int
    origin: str


class Account(Letter, frozen=True, tag="account"):
    """What somebody asked to be explained, under headings; its headline is the note's text."""

    sections: tuple[Section, ...]


class Flows(Letter, frozen=True, tag="flows"):
    """What somebody asked of flows."""

    seen: Seen


class Tracing(Letter, frozen=True, tag="tracing"):
    """How far something may have come."""

    traced: Traced


class Sweeping(Letter, frozen=True, tag="sweeping"):
    """Who talked to an address, in every cluster."""

    swept: Swept


AnyLetter = Receipt | Offer | Sweep | Account | Flows | Tracing | Sweeping


def encoded(letter: AnyLetter) -> str:
    """Return a letter as the document of a note."""
    return msgspec.json.encode(letter).decode()


def decoded(document: str) -> AnyLetter:
    """Read a note's document. Raises ``msgspec.ValidationError`` for one that is no letter."""
    return _decoder.decode(document)


def in_whisper(document: str) -> AnyLetter | Request:
    """Read what stands beside a whisper: a letter, or the plan of a request that is not stored."""
    try:
        return decoded(document)
    except msgspec.ValidationError:
        return msgspec.json.decode(document, type=Request)


_decoder: msgspec.json.Decoder[AnyLetter] = msgspec.json.Decoder(AnyLetter)
