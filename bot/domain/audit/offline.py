"""
Verification of an export, with nothing but the file and what one knew before.

What must hold, beside what `check` says of a log:
 (1) the header's checkpoint is signed by a trusted key, is of the header's origin and size, and the key that
     the header claims is a trusted one;
 (2) whole: every record up to that size has its line, and the root over the leaves is the checkpoint's;
 (3) part: each body's leaf is led to the checkpoint's root by its proof, and the body says its own place;
 (4) a checkpoint kept outside: whole, the root at its size is the same; part, a link proves consistency;
 (5) each blob has the hash that it claims, and the record before it names that hash;
 (6) the last line counts what was there.

That a part holds *all* records of a request cannot be seen from it; a whole export shows that.
"""

import hashlib
from collections.abc import Iterable, Iterator

import msgspec

from bot.domain.audit import checkpoint
from bot.domain.audit.bodies import check_place, check_words
from bot.domain.audit.check import BATCH, LogCheck, Row, Trust, Words
from bot.domain.audit.checkpoint import Checkpoint
from bot.domain.audit.export import Blob, End, Entry, ExportError, Header, Kind, parse_line
from bot.domain.audit.merkle import leaf_hash, verify_consistency, verify_inclusion
from bot.domain.audit.notes import NoteError, VerifierKey
from bot.domain.audit.verdicts import Finding, Notebook, Reason


def check_export(header: Header, lines: Iterable[bytes], trust: Trust, *, deep: bool = False) -> Finding:
    """
    Return the finding for an export; ``lines`` are those after the header, which `parse_header` read.

    The caller builds ``trust`` from a key that it has from elsewhere. One that has none may take the
    header's, and must say that it did: then the export only proves that it agrees with itself. ``deep``
    looks into every body of a whole export: worth a second pass where the first names only a range.
    """
    notebook = Notebook()
    head = _opened(header, trust, notebook)
    if head is None:
        return Finding(0, 0, 0, tuple(notebook.problems))
    reading = _Reading(lines, notebook)
    if header.kind is Kind.WHOLE:
        return _whole(header, reading, trust, deep=deep)
    return _part(header, head, reading, trust)


def _opened(header: Header, trust: Trust, notebook: Notebook) -> Checkpoint | None:
    try:
        key = VerifierKey.parse(header.key)
        head = checkpoint.opened(header.checkpoint.encode(), trust.verifiers, trust.origin)
    except (NoteError, UnicodeEncodeError) as error:
        notebook.add(Reason.CHECKPOINT, f"the export's checkpoint or key: {error}")
        return None
    if (head.origin, head.size) != (header.origin, header.size):
        notebook.add(Reason.CHECKPOINT, "the header states another log or size than its checkpoint")
    if (key.name, key.key_id) not in {(v.name, v.key_id) for v in trust.verifiers}:
        notebook.add(Reason.CHECKPOINT, "the header claims another key than the one that is trusted")
    return None if notebook.problems else head


class _Reading:
    """Entries of an export, in order; notes what is malformed, and checks blobs (5) and the end (6)."""

    def __init__(self, lines: Iterable[bytes], notebook: Notebook) -> None:
        self.notebook = notebook
        self.records = self.blobs = 0
        self._lines = enumerate(lines, start=2)
        self._ended = False
        self._seq, self._body = -1, b""

    def __iter__(self) -> Iterator[Entry]:
        for number, raw in self._lines:
            parsed = self._parse(number, raw)
            if isinstance(parsed, Entry):
                self.records += 1
                self._seq, self._body = parsed.seq, body_of(parsed) or b""
                yield parsed
            elif isinstance(parsed, Blob):
                self._blob(parsed)
            elif isinstance(parsed, End):
                self._end(parsed)
        if not self._ended:
            self.notebook.add(Reason.FORMAT, "the export is cut: its last line is missing")

    def _parse(self, number: int, raw: bytes) -> Entry | Blob | End | None:
        try:
            parsed = parse_line(raw)
        except ExportError as error:
            self._malformed(number, str(error))
            return None
        if self._ended:
            self._malformed(number, "nothing may follow the last line")
            return None
        return parsed

    def _malformed(self, number: int, why: str) -> None:
        after = f" (after record {self._seq})" if self.records else ""
        self.notebook.add(Reason.FORMAT, f"line {number}{after}: {why}", self._seq + 1, self._seq + 1)

    def _blob(self, blob: Blob) -> None:
        self.blobs += 1
        named = blob.blob.encode("utf-8", "replace")
        try:
            found = hashlib.sha256(blob.text.encode()).hexdigest()
        except UnicodeEncodeError:
            found = ""
        if found != blob.blob or named not in self._body:
            self.notebook.record(
                Reason.BLOB, max(self._seq, 0), "has a plan or card that is not the one recorded"
            )

    def _end(self, end: End) -> None:
        self._ended = True
        if (end.end, end.blobs) != (self.records, self.blobs):
            text = f"the export has {self.records} records and {self.blobs} blobs, its last line counts {end.end} and {end.blobs}"
            self.notebook.add(Reason.FORMAT, text)


def body_of(entry: Entry) -> bytes | None:
    """Return the exact bytes of the record, or ``None`` where it was left out."""
    return None if isinstance(entry.body, msgspec.UnsetType) else bytes(entry.body)


def _whole(header: Header, reading: _Reading, trust: Trust, *, deep: bool) -> Finding:
    check = LogCheck(trust, (header.checkpoint, *header.checkpoints), deep=deep)
    rows: list[Row] = []
    words: list[Words] = []
    for entry in reading:
        if entry.leaf is None or entry.proof is not None:
            reading.notebook.record(
                Reason.FORMAT, entry.seq, "has no leaf hash, or a proof, in a whole export"
            )
        rows.append((entry.seq, body_of(entry), entry.leaf or b""))
        words += [(entry.seq, encoded) for encoded in entry.disclosures]
        if len(rows) == BATCH:
            check.feed(rows, words)
            rows, words = [], []
    check.feed(rows, words)
    if reading.records > header.size:
        reading.notebook.add(Reason.FORMAT, "records beyond the checkpoint", header.size)
    found = check.finish()
    return msgspec.structs.replace(found, problems=(*found.problems, *reading.notebook.problems))


def _part(header: Header, head: Checkpoint, reading: _Reading, trust: Trust) -> Finding:
    notebook, last = reading.notebook, -1
    _link(header, head, trust, notebook)  # (4)
    for entry in reading:
        if entry.seq <= last:
            notebook.record(Reason.MOVED, entry.seq, f"stands behind record {last}")
        last = max(last, entry.seq)
        _prove(entry, head, notebook)  # (3)
        for encoded in entry.disclosures:
            check_words(entry.seq, body_of(entry), encoded, notebook)
    return Finding(reading.records, reading.records, 1, tuple(notebook.problems))


def _prove(entry: Entry, head: Checkpoint, notebook: Notebook) -> None:
    body = body_of(entry)
    if body is None or entry.proof is None or entry.leaf is not None:
        notebook.record(Reason.FORMAT, entry.seq, "has no body or no proof, or a leaf hash, in a part")
    elif not verify_inclusion(entry.seq, head.size, leaf_hash(body), entry.proof, head.root):
        notebook.record(Reason.PROOF, entry.seq, "was changed: its proof does not lead to the checkpoint")
    else:
        check_place(entry.seq, body, notebook)


def _link(header: Header, head: Checkpoint, trust: Trust, notebook: Notebook) -> None:
    proofs = {link.size: link.proof for link in header.links}
    for known in trust.outside:
        small, large = sorted((known, head), key=lambda c: c.size)
        proof = () if small.size in (0, large.size) else proofs.get(known.size)
        if proof is None:
            text = (
                f"this part has no proof towards the checkpoint of {known.size} records; ask for one with it"
            )
            notebook.add(Reason.UNLINKED, text)
        elif not verify_consistency(small.size, large.size, proof, small.root, large.root):
            text = f"restored backup or fork: not the log whose checkpoint of {known.size} records was kept outside"
            notebook.add(Reason.FORK, text)
