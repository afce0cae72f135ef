"""
The export format, ``firebreak-audit-export/1``: JSON lines that verify offline.

A header, then records in order, each followed by what is kept beside it, then a last line that counts. Every
line is exactly what `msgspec.json.encode` gives for these structs (compact, absent fields left out), so that
a line that says the same in other bytes is refused.

Two kinds: in a *whole* export every record of the log has a line, if only its leaf hash, and the root is
computed anew. In a *part* each record carries its inclusion proof, and the others are not mentioned.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any, TypeVar

import msgspec

from bot.domain.audit.merkle import Prover
from bot.domain.errors import FirebreakError

FORMAT = "firebreak-audit-export/1"
LONGEST_LINE = 16 << 20  # bytes; a header with 100,000 checkpoints, or a record of 64 KiB many times over

_Line = TypeVar("_Line", bound=msgspec.Struct)


class ExportError(FirebreakError):
    """A line that is not of the format, or an export that cannot be made from what was given."""


class Kind(StrEnum):
    """How an export is verified."""

    WHOLE = "whole"
    PART = "part"


class Link(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """RFC 6962 consistency proof between the tree of ``size`` records and the export's checkpoint."""

    size: int
    proof: tuple[bytes, ...]


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """
    The first line.

    ``checkpoint`` is the signed note under which everything here stands, ``size`` its number of records.
    ``key`` is a claim: whoever verifies compares it with a verifier key that they have from elsewhere.
    ``checkpoints`` (whole) are older ones of the log, which place a fault; ``links`` (part) lead to
    checkpoints that others may have kept.
    """

    format: str
    kind: Kind
    origin: str
    size: int
    key: str
    checkpoint: str
    checkpoints: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """
    One record: ``body`` as it stands, so its bytes are those that were hashed; absent where left out.

    ``leaf`` (whole) is the stored leaf hash, ``proof`` (part) the audit path, both base64.
    """

    seq: int
    leaf: bytes | None = None
    body: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    disclosures: tuple[str, ...] = ()
    proof: tuple[bytes, ...] | None = None


class Blob(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the record before it names by this SHA-256, in hex, of the text's UTF-8."""

    blob: str
    text: str


class End(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last line: how many records and blobs there were."""

    end: int
    blobs: int


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One record to export, as stored; ``body`` ``None`` leaves it out of a whole export."""

    seq: int
    body: bytes | None
    leaf: bytes
    disclosures: tuple[str, ...] = ()
    blobs: tuple[Blob, ...] = ()


def export(header: Header, items: Iterable[Item], prover: Prover | None = None) -> Iterator[bytes]:
    """
    Yield the lines of an export, each with its newline.

    ``items`` come in order of seq: every record of the log up to the header's size for a whole export, the
    chosen ones for a part, which needs the ``prover`` over at least as many leaves. Raises `ExportError`.
    """
    if header.kind is Kind.PART and prover is None:
        raise ExportError("a part needs the leaf hashes of the whole log for its proofs")
    yield line(header)
    records = blobs = 0
    for item in items:
        yield line(_entry(header, item, prover))
        yield from map(line, item.blobs)
        records, blobs = records + 1, blobs + len(item.blobs)
    yield line(End(records, blobs))


def _entry(header: Header, item: Item, prover: Prover | None) -> Entry:
    body = msgspec.UNSET if item.body is None else msgspec.Raw(item.body)
    if header.kind is Kind.WHOLE or prover is None:
        return Entry(seq=item.seq, leaf=item.leaf, body=body, disclosures=item.disclosures)
    if item.body is None or item.seq >= header.size:
        raise ExportError(f"record {item.seq} cannot be part of this: dropped, or newer than the checkpoint")
    proof = prover.inclusion(item.seq, header.size)
    return Entry(seq=item.seq, body=body, disclosures=item.disclosures, proof=proof)


def line(value: msgspec.Struct) -> bytes:
    """Return the one line that says this."""
    return msgspec.json.encode(value) + b"\n"


def linked(prover: Prover, size: int, wanted: Iterable[int]) -> tuple[Link, ...]:
    """Return the links of a part of ``size`` records to checkpoints of other sizes that others may keep."""
    sizes = sorted({each for each in wanted if 0 < each <= prover.size and each != size})
    return tuple(Link(each, prover.consistency(*sorted((each, size)))) for each in sizes)


def parse_header(raw: bytes) -> Header:
    """Return the header in a first line, unverified, or raise `ExportError`."""
    header = _strict(_header, raw)
    if header.format != FORMAT:
        raise ExportError(f"the format is {header.format!r:.60}, this program reads {FORMAT}")
    return header


def parse_line(raw: bytes) -> Entry | Blob | End:
    """Return what stands in a later line, unverified, or raise `ExportError`."""
    if raw.startswith(b'{"seq":'):
        return _strict(_entries, raw)
    return _strict(_blobs, raw) if raw.startswith(b'{"blob":') else _strict(_ends, raw)


def _strict(decoder: "msgspec.json.Decoder[_Line]", raw: bytes) -> _Line:
    if len(raw) > LONGEST_LINE:
        raise ExportError(f"a line of {len(raw)} bytes is too long")
    try:
        value = decoder.decode(raw)
        again = msgspec.json.encode(value)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ExportError(f"not a line of the format: {_brief(error)}") from error
    if again != raw.removesuffix(b"\n"):
        raise ExportError("not a line of the format: written in another way than it must be")
    return value


def _brief(error: Any) -> str:
    return str(error)[:120]


_header = msgspec.json.Decoder(Header)
_entries = msgspec.json.Decoder(Entry)
_blobs = msgspec.json.Decoder(Blob)
_ends = msgspec.json.Decoder(End)
