"""Records as a report reads them: leniently, for a log outlives the program that wrote it."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from bot.domain.audit.disclosure import Disclosure, digest_of
from bot.domain.audit.values import RecordError
from bot.domain.report.values import Taken

ERASED = "erased: only its digest is left in the log"


class Who(msgspec.Struct, frozen=True):
    """Who acted, as the record says."""

    type: str = ""
    id: str = ""
    idp: str = ""


class Body(msgspec.Struct, frozen=True, rename={"sd": "_sd"}):
    """One record, whatever version wrote it."""

    seq: int = -1
    time: str = ""
    event: str = ""
    actor: Who = Who()
    request: str = ""
    part: str = ""
    incident: str = ""
    target: str = ""
    outcome: str = ""
    digest: str = ""
    details: dict[str, Any] = {}
    sd: tuple[str, ...] = ()


class Entry(msgspec.Struct, frozen=True):
    """A record with its words: what each disclosure says, by its path, or that it was erased."""

    taken: Taken
    body: Body
    words: tuple[tuple[str, str], ...] = ()

    @property
    def seq(self) -> int:
        """Its number."""
        return self.taken.seq

    @property
    def kept(self) -> dict[str, str]:
        """Names to SHA-256 of what is kept beside it."""
        found = self.body.details.get("kept")
        return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}

    def said(self, path: str = "reason") -> str:
        """What somebody wrote, or nothing."""
        return dict(self.words).get(path, "")

    @property
    def at(self) -> str:
        """When it was recorded, to the second in UTC; as the record says it where that is no time."""
        try:
            return f"{datetime.fromisoformat(self.body.time).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        except (ValueError, OverflowError):
            return self.body.time

    def many(self, name: str) -> tuple[str, ...]:
        """One detail that is a list, each as text."""
        found = self.body.details.get(name)
        return tuple(map(flat, found)) if isinstance(found, list | tuple) else ()

    def detail(self, name: str) -> str:
        """One detail as text; lists are joined."""
        return flat(self.body.details.get(name, ""))


_decoder = msgspec.json.Decoder(Body)


def entry(taken: Taken) -> Entry:
    """Read one record; of bytes that are no record only the number and the bytes are left."""
    try:
        body = _decoder.decode(taken.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        body = Body(event="unreadable")
    given = {digest_of(Disclosure(encoded)): Disclosure(encoded) for encoded in taken.words}
    words = tuple(_words(given.get(digest)) for digest in body.sd)
    return Entry(taken, body, words)


def _words(found: Disclosure | None) -> tuple[str, str]:
    if found is None:
        return "reason", ERASED
    try:
        return found.path, found.value
    except RecordError:
        return "reason", ERASED


def flat(value: Any) -> str:
    """Return a detail as one text."""
    if isinstance(value, list | tuple):
        return ", ".join(map(flat, value))
    if isinstance(value, dict):
        return ", ".join(f"{key} {flat(inner)}" for key, inner in value.items())
    return str(value).lower() if isinstance(value, bool) else str(value)


class _Finding(msgspec.Struct, frozen=True):
    text: str = ""


class _Target(msgspec.Struct, frozen=True):
    kind: str = ""


class _Part(msgspec.Struct, frozen=True):
    target: _Target = _Target()


class _Unseen(msgspec.Struct, frozen=True):
    question: str = ""
    why: str = ""


class ShownPlan(msgspec.Struct, frozen=True):
    """A plan as it was kept: what an approver judged."""

    summary: str = ""
    forecast: str = ""
    strategy: str = ""
    residual: tuple[_Finding, ...] = ()
    side_effects: tuple[_Finding, ...] = ()
    warnings: tuple[_Finding, ...] = ()
    unseen: tuple[_Unseen, ...] = ()
    parts: tuple[_Part, ...] = ()


_plan = msgspec.json.Decoder(ShownPlan)


def shown_plan(text: str | None) -> ShownPlan | None:
    """Return a kept plan, or ``None`` where it is gone or is none."""
    try:
        return None if text is None else _plan.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
