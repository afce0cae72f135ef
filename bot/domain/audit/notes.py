"""Signed notes (c2sp.org/signed-note): a text under the signatures of named keys."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Protocol, Self

import msgspec

from bot.domain.errors import FirebreakError

KEY_ID_SIZE = 4  # bytes
LARGEST = 1 << 20  # bytes of a note; 16 post-quantum signatures of 5 kB, which must be accepted, are far less
MOST_SIGNATURES = 100

_DASH = "\u2014 "  # em dash, space
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")


class NoteError(FirebreakError):
    """A note, checkpoint, proof or verifier key is malformed, or not signed by a key that is trusted."""


class KeyType(IntEnum):
    """Signature type bytes of the specification that this program signs or verifies."""

    ED25519 = 0x01


class Signer(Protocol):
    """A key that signs for the log. ``sign`` takes the note's text as bytes, last newline included."""

    @property
    def name(self) -> str:
        """The key's name, without spaces and plus signs."""

    @property
    def key_id(self) -> bytes:
        """The key's four bytes, see `key_id`."""

    def sign(self, text: bytes) -> bytes:
        """Return the signature over the text."""


class Verifier(Protocol):
    """A key whose signatures are trusted. ``verify`` never raises for a bad signature."""

    @property
    def name(self) -> str:
        """The key's name, without spaces and plus signs."""

    @property
    def key_id(self) -> bytes:
        """The key's four bytes, see `key_id`."""

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Whether this key made this signature over this text."""


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """Return ``SHA-256(key name || 0x0A || signature type || public key)[:4]``."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:KEY_ID_SIZE]


def plain_base64(text: str) -> bytes:
    """Return the bytes of RFC 4648 section 4 base64 in its one canonical form, else raise `NoteError`."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError("not base64") from error
    # Spare bits at the end would let one signature be written in several ways.
    if base64.b64encode(raw).decode() != text:
        raise NoteError("not canonical base64")
    return raw


def _check_name(name: str) -> None:
    if not name or "+" in name or any(char.isspace() for char in name) or _CONTROL.search(name):
        raise NoteError("a key name must be non-empty, without spaces, plus signs and control characters")


class VerifierKey(msgspec.Struct, frozen=True):
    """The public half as text, ``<name>+<key id in hex>+<base64(type || public key)>``."""

    name: str
    kind: int
    public: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the key, or raise `NoteError`: its id must be the one that its parts give."""
        parts = text.split("+", 2)
        if len(parts) != 3:
            raise NoteError("a verifier key has the form name+id+base64")
        name, stated, encoded = parts
        _check_name(name)
        raw = plain_base64(encoded)
        if len(raw) < 2 or stated != key_id(name, raw[0], raw[1:]).hex():
            raise NoteError("the verifier key's id does not belong to its name and key")
        return cls(name, raw[0], raw[1:])

    @property
    def key_id(self) -> bytes:
        """The key's four bytes, see `key_id`."""
        return key_id(self.name, self.kind, self.public)

    def __str__(self) -> str:
        """Return the text that `parse` reads."""
        encoded = base64.b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"


class Signature(msgspec.Struct, frozen=True):
    """One signature line: who, and over the note's text what."""

    name: str
    key_id: bytes
    value: bytes

    @property
    def line(self) -> str:
        """The line as the note carries it, newline included."""
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.value).decode()}\n"


class Note(msgspec.Struct, frozen=True):
    """A text that ends in a newline, and at least one signature. Not to be believed before `verified`."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        """Return the note as it is stored and sent."""
        return self.text + "\n" + "".join(signature.line for signature in self.signatures)


def sign(text: str, signers: Iterable[Signer]) -> Note:
    """Return the text under the signatures of these keys; raises `NoteError` if it cannot be a note."""
    if not text.endswith("\n") or len(text) < 2 or _CONTROL.search(text):
        raise NoteError("a note's text must end in a newline and hold no other control characters")
    signatures = [Signature(s.name, s.key_id, s.sign(text.encode())) for s in signers]
    for signature in signatures:
        _check_name(signature.name)
    if not signatures:
        raise NoteError("a note needs a signature")
    return Note(text, tuple(signatures))


def parse(raw: bytes) -> Note:
    """Return the note in these bytes, unverified, or raise `NoteError`: nothing is guessed or mended."""
    if len(raw) > LARGEST:
        raise NoteError(f"a note of {len(raw)} bytes is too long")
    try:
        whole = raw.decode()
    except UnicodeDecodeError as error:
        raise NoteError("a note must be UTF-8") from error
    # "the text is separated from the signatures by the last empty line in the note"
    at = whole.rfind("\n\n")
    if at < 1 or not whole.endswith("\n") or _CONTROL.search(whole):
        raise NoteError("a note must be a text, an empty line, and signature lines")
    lines = whole[at + 2 : -1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise NoteError(f"a note with {len(lines)} signatures")
    return Note(whole[: at + 1], tuple(map(_signature, lines)))


def _signature(line: str) -> Signature:
    name, separator, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not separator:
        raise NoteError("a signature line must be an em dash, the key's name, and base64")
    _check_name(name)
    raw = plain_base64(encoded)
    if len(raw) <= KEY_ID_SIZE:
        raise NoteError("a signature line without a signature")
    return Signature(name, raw[:KEY_ID_SIZE], raw[KEY_ID_SIZE:])


def verified(note: Note, verifiers: Sequence[Verifier]) -> tuple[str, ...]:
    """
    Return the names of the trusted keys that signed the note; never empty.

    "Verifiers MUST ignore signatures from unknown keys"; "if a signature from a known key fails to verify,
    clients SHOULD reject the whole note" (we do); "if no signature from a known key verifies successfully,
    clients MUST reject the note". Raises `NoteError` for both.
    """
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    names = []
    for signature in note.signatures:
        verifier = known.get((signature.name, signature.key_id))
        if verifier is None:
            continue
        if not verifier.verify(note.text.encode(), signature.value):
            raise NoteError(f"the signature of {signature.name} does not fit the text")
        names.append(signature.name)
    if not names:
        raise NoteError("not signed by a key that is trusted here")
    return tuple(names)
