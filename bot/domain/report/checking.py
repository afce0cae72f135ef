"""
How a reader checks one record with nothing but a shell and OpenSSL: commands that give what the page says they give.

Only letters, digits and marks of base64 stand in a command, whatever is in the log: it is safe to paste. What does not
have the hash that its record names is said to be false, and no command is given for it.
"""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Final

from bot.domain.audit.disclosure import Disclosure, digest_of
from bot.domain.audit.values import RecordError
from bot.domain.report.reading import Entry
from bot.domain.report.values import Check

FALSE: Final = "FALSE: it is not what the record names"
_ENCODED: Final = re.compile(r"[A-Za-z0-9_-]{1,40000}")
_SHA256: Final = "openssl dgst -sha256"


def checks(entry: Entry, blobs: Mapping[str, str]) -> tuple[Check, ...]:
    """Return how to check the record itself, what was written beside it, and the plan or card kept with it."""
    return (_record(entry), *_words(entry), *_kept(entry, blobs))


def _record(entry: Entry) -> Check:
    given = base64.b64encode(entry.taken.body).decode()
    command = f"{{ printf '\\0'; printf %s '{given}' | openssl base64 -d -A; }} | {_SHA256} -binary | openssl base64 -A"
    return Check("The record's bytes give its leaf", command, base64.b64encode(entry.taken.leaf).decode())


def _words(entry: Entry) -> Iterator[Check]:
    for encoded in entry.taken.words:
        digest = digest_of(Disclosure(encoded))
        if digest not in entry.body.sd or not _ENCODED.fullmatch(encoded):
            yield Check(FALSE, "", digest)
            continue
        command = f"printf %s '{encoded}' | {_SHA256} -binary | openssl base64 -A | tr '+/' '-_' | tr -d ="
        label = "What was written, with its salt, gives the digest in the record"
        yield Check(label, command, digest, _said(encoded))


def _said(encoded: str) -> str:
    word = Disclosure(encoded)
    try:
        path, value = word.path, word.value
    except RecordError:
        return ""
    return f"{path}: {value}"


def _kept(entry: Entry, blobs: Mapping[str, str]) -> Iterator[Check]:
    for name, digest in entry.kept.items():
        if digest not in blobs:
            continue
        raw = blobs[digest].encode("utf-8", "replace")
        if hashlib.sha256(raw).hexdigest() != digest:
            yield Check(FALSE, "", digest, name)
            continue
        given = base64.b64encode(raw).decode()
        command = f"printf %s '{given}' | openssl base64 -d -A | {_SHA256} -r | cut -c 1-64"
        label = "The exact bytes of what was kept give the hash in the record"
        yield Check(label, command, digest, name)
