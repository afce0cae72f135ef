"""Checks of one record's bytes that need no vocabulary: a log of a newer version verifies as well."""

import json

import msgspec
import rfc8785

from bot.domain.audit.disclosure import Disclosure, matches
from bot.domain.audit.verdicts import Notebook, Reason


class _Concealing(msgspec.Struct, rename={"sd": "_sd"}):
    sd: tuple[str, ...] = ()


_concealing = msgspec.json.Decoder(_Concealing)


def check_place(seq: int, body: bytes, notebook: Notebook) -> None:
    """Note where a body is not canonical, or says that it stands elsewhere; about 30 us."""
    try:
        value = json.loads(body)
        canonical = rfc8785.dumps(value) == body
    except (ValueError, RecursionError, rfc8785.CanonicalizationError):
        canonical, value = False, None
    if not canonical or not isinstance(value, dict):
        notebook.record(Reason.NOT_CANONICAL, seq, "is not canonical JSON")
    elif value.get("seq") != seq or isinstance(value.get("seq"), bool):
        notebook.record(Reason.MOVED, seq, f"says of itself that it is record {value.get('seq')!r:.40}")


def check_words(seq: int, body: bytes | None, encoded: str, notebook: Notebook) -> None:
    """Note where a disclosure is not one that the record stands for."""
    try:
        digests = _concealing.decode(body).sd if body is not None else ()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        digests = ()
    disclosure = Disclosure(encoded)
    if not any(matches(digest, disclosure) for digest in digests):
        notebook.record(Reason.DISCLOSURE, seq, "has a disclosure that is not the one recorded")
