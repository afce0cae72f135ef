"""
Salted disclosures (RFC 9901, section 4.2): free text beside the log, only its digest in it.

Whoever holds the disclosure can prove what was said; when it is deleted, the log still verifies and what was
said can't be guessed from the digest, because the salt is gone with it.
"""

import base64
import binascii
import hashlib
import hmac
import json

import msgspec
import rfc8785

from bot.domain.audit.values import RecordError, check_string

SMALLEST_SALT = 16  # bytes; RFC 9901 section 9.3 recommends at least 128 bits
LONGEST_TEXT = 16_384  # characters


class Disclosure(msgspec.Struct, frozen=True):
    """
    ``encoded`` is base64url, without padding, of the canonical JSON array ``[salt, path, value]``.

    Reading the parts of one that came from outside raises `RecordError` where it is malformed.
    """

    encoded: str

    @property
    def path(self) -> str:
        """What it is of, as a path in the record: ``reason``."""
        return self._parts()[1]

    @property
    def value(self) -> str:
        """The words."""
        return self._parts()[2]

    def _parts(self) -> tuple[str, str, str]:
        try:
            raw = base64.urlsafe_b64decode(self.encoded + "=" * (-len(self.encoded) % 4))
            parts = json.loads(raw)
        except (binascii.Error, ValueError, RecursionError) as error:
            raise RecordError("a disclosure that cannot be read") from error
        if not isinstance(parts, list) or len(parts) != 3 or not all(isinstance(p, str) for p in parts):
            raise RecordError("a disclosure must be salt, path and value")
        return parts[0], parts[1], parts[2]

    def __repr__(self) -> str:
        """Return a text without the words: they must be erasable, and logs are not."""
        return f"Disclosure({len(self.encoded)} characters)"


def conceal(path: str, value: str, salt: bytes) -> tuple[str, Disclosure]:
    """
    Return the digest for a record's ``_sd``, and the disclosure to store beside it.

    ``salt`` must be fresh from a cryptographic source for each disclosure, 16 bytes at least; raises
    `RecordError` for less, and for a text beyond 16,384 characters.
    """
    if len(salt) < SMALLEST_SALT:
        raise RecordError(f"a salt needs {SMALLEST_SALT} bytes")
    check_string("the path of a disclosure", path)
    check_string(path, value, LONGEST_TEXT)
    made = Disclosure(_base64url(rfc8785.dumps([_base64url(salt), path, value])))
    return digest_of(made), made


def digest_of(disclosure: Disclosure) -> str:
    """Return base64url of SHA-256 over the encoded text; RFC 9901 section 4.2.3."""
    return _base64url(hashlib.sha256(disclosure.encoded.encode("ascii", "replace")).digest())


def matches(digest: str, disclosure: Disclosure) -> bool:
    """Whether the disclosure is the one that the digest in the record stands for."""
    return disclosure.encoded.isascii() and hmac.compare_digest(
        digest.encode(), digest_of(disclosure).encode()
    )


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
