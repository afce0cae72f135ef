"""The audit record, and its one canonical form: the exact bytes that the tree hashes."""

import re
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import rfc8785

from bot.domain.audit.events import ActorType, Event
from bot.domain.audit.values import RecordError, check_details, check_int, check_string

VERSION = 1
LARGEST_BODY = 65_536  # bytes
LONGEST_NAME = 512  # characters of ids, targets and outcomes
MOST_DISCLOSURES = 64

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\Z", re.ASCII)
_DIGEST = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_NAMES = ("request", "part", "incident", "target", "outcome", "digest", "policy")
_KEPT = "kept"


class Actor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who: ``id`` as the identity provider ``idp`` (``slack``, ``os``, ``firebreak``) knows them."""

    type: ActorType
    id: str
    idp: str

    def __post_init__(self) -> None:
        """Refuse names that are too long, with `RecordError`."""
        check_string("actor.id", self.id, LONGEST_NAME)
        check_string("actor.idp", self.idp, LONGEST_NAME)


PROGRAM: Final = Actor(type=ActorType.BOT, id="firebreak", idp="firebreak")
"""This program, where nobody but itself acts."""


class Draft(
    msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, rename={"sd": "_sd"}
):
    """
    A record without its place: all that a use case knows.

    An empty field is absent from the canonical form. ``digest`` is the plan's, ``policy`` the policy's hash,
    ``fence`` the lane's. ``sd`` are digests of disclosures (`disclosure.conceal`): free text never stands in
    the record itself. ``details["kept"]`` maps names to the SHA-256, in hex, of what is kept beside the log
    (the plan, the card as shown). Raises `RecordError` when made of anything that the log does not take, so
    that it fails before anything is done.
    """

    event: Event
    actor: Actor
    request: str = ""
    part: str = ""
    incident: str = ""
    target: str = ""
    outcome: str = ""
    digest: str = ""
    policy: str = ""
    fence: int = 0
    details: dict[str, Any] = msgspec.field(default_factory=dict)
    sd: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse with `RecordError` what the log does not take."""
        for name in _NAMES:
            check_string(name, getattr(self, name), LONGEST_NAME)
        check_int("fence", self.fence)
        check_details(self.details)
        if len(self.sd) > MOST_DISCLOSURES or not all(map(_DIGEST.match, self.sd)):
            raise RecordError(f"_sd takes up to {MOST_DISCLOSURES} digests as `conceal` returns them")
        kept = self.details.get(_KEPT, {})
        if not isinstance(kept, dict) or not all(
            isinstance(h, str) and _SHA256.match(h) for h in kept.values()
        ):
            raise RecordError("details.kept must map names to SHA-256 in lower-case hex")

    @property
    def kept(self) -> tuple[str, ...]:
        """SHA-256, in hex, of everything that is kept beside the log and named here."""
        return tuple(self.details.get(_KEPT, {}).values())

    def complete(self, seq: int, time: datetime) -> "Record":
        """Return the record at its place; ``time`` is aware, and was taken after the head was locked."""
        fields = {name: getattr(self, name) for name in Draft.__struct_fields__}
        return Record(v=VERSION, seq=seq, time=stamp(time), **fields)


class Record(Draft, frozen=True, kw_only=True):
    """
    One entry of the log: `Draft` with its place and time.

    ``seq`` counts from 0 without gaps and is the leaf's index; ``time`` is RFC 3339, UTC, microseconds.
    """

    v: int
    seq: int
    time: str

    def __post_init__(self) -> None:
        """Refuse with `RecordError` what the log does not take."""
        super().__post_init__()
        if self.v != VERSION:
            raise RecordError(f"a record of version {self.v}, this program knows {VERSION}")
        if self.seq < 0:
            raise RecordError("seq counts from 0")
        check_int("seq", self.seq)
        if not _is_instant(self.time):
            raise RecordError("time must be RFC 3339 in UTC with microseconds and Z")


def stamp(time: datetime) -> str:
    """Return the instant as records carry it; raises `RecordError` for a time without a zone."""
    if time.tzinfo is None:
        raise RecordError("a record's time needs its time zone")
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _is_instant(text: str) -> bool:
    try:
        return bool(_TIME.match(text)) and bool(datetime.fromisoformat(text))
    except ValueError:  # the 30th of February
        return False


def canonical(record: Record) -> bytes:
    """Return the RFC 8785 form of the record, or raise `RecordError` when it is larger than 64 KiB."""
    try:
        body = rfc8785.dumps(msgspec.to_builtins(record))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise RecordError(f"the record has no canonical form: {error}") from error
    if len(body) > LARGEST_BODY:
        raise RecordError(f"the record has {len(body)} bytes, the log takes {LARGEST_BODY}")
    return body


def decode(body: bytes) -> Record:
    """
    Return the record in these bytes, or raise `RecordError`.

    Strict: the bytes must be the canonical form of what they say, so that bytes and meaning cannot part
    (a key given twice, a default written out, another order).
    """
    if len(body) > LARGEST_BODY:
        raise RecordError(f"{len(body)} bytes are more than a record can have")
    try:
        record = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordError(f"not a record: {error}") from error
    if canonical(record) != body:
        raise RecordError("the bytes are not the canonical form of the record")
    return record


def event_of(body: bytes) -> str | None:
    """Return what these bytes say happened, ``None`` where they are no record at all; nothing else is looked at."""
    try:
        return _named.decode(body).event
    except msgspec.DecodeError:
        return None


class _Named(msgspec.Struct):
    event: str = ""


_decoder = msgspec.json.Decoder(Record)
_named = msgspec.json.Decoder(_Named)
