"""
Who sends an alert: proved by what a request shows, before its body is read wherever that can be.

Every proof that a source is configured with must hold; a source without any cannot be configured. A refusal says to
the sender that it is refused, and to the log which proof failed: neither gets a value.
"""

import base64
import binascii
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

Secret = Callable[[], str]


class UnprovedError(Exception):
    """The sender is not proved (401), or is known and may not (403). ``why`` holds nothing of the request."""

    def __init__(self, why: str, status: int = 401) -> None:
        super().__init__(why)
        self.why, self.status = why, status


@dataclass(frozen=True)
class Shown:
    """
    What a request shows of its sender: ``header`` gives all values of one, by its name in whatever case.

    ``certificate`` is what TLS has verified, as ``SSLSocket.getpeercert`` tells it.
    """

    header: Callable[[str], Sequence[str]]
    certificate: Mapping[str, Any] = field(default_factory=dict)

    def one(self, name: str) -> str:
        """Return a header. Raises ``UnprovedError`` where it is missing or sent more than once."""
        found = self.header(name)
        if len(found) != 1:
            raise UnprovedError(f"no single {name} header")
        return found[0]

    def authorization(self, scheme: str) -> str:
        """Return the credentials of ``Authorization`` in one scheme. Raises ``UnprovedError``."""
        given, _, rest = self.one("Authorization").partition(" ")
        if given.lower() != scheme.lower() or not rest:
            raise UnprovedError(f"no {scheme} credentials")
        return rest.strip()


class Proof(Protocol):
    """One way of proving a sender without the body."""

    async def prove(self, shown: Shown) -> None:
        """Return if it holds. Raises ``UnprovedError``."""


class Bearer:
    """A secret that only the sender has, as a bearer token (RFC 6750); ``secret`` is asked at each request."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    async def prove(self, shown: Shown) -> None:
        """Compare in constant time."""
        if not same(shown.authorization("Bearer"), self._secret()):
            raise UnprovedError("another bearer token")


class Basic:
    """A name and a password (RFC 7617)."""

    def __init__(self, user: str, password: Secret) -> None:
        self._user, self._password = user, password

    async def prove(self, shown: Shown) -> None:
        """Compare both, in constant time."""
        try:
            told = base64.b64decode(shown.authorization("Basic"), validate=True)
        except (binascii.Error, ValueError):
            raise UnprovedError("basic credentials that cannot be read") from None
        user, _, password = told.decode(errors="surrogateescape").partition(":")
        known = same(user, self._user)
        if not (same(password, self._password()) and known):
            raise UnprovedError("another name or password")


class Certificate:
    """
    Mutual TLS: the layer below has verified the certificate's chain; here its name is one of those allowed.

    Names are those of the subject alternative names (DNS, URI), or the common name where there are none (RFC 6125, 6.4.4).
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = frozenset(name.lower() for name in names)

    async def prove(self, shown: Shown) -> None:
        """Look for one allowed name."""
        if not shown.certificate:
            raise UnprovedError("no client certificate")
        if not self._names & frozenset(names_of(shown.certificate)):
            raise UnprovedError("a client certificate of another name", 403)


def names_of(certificate: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a certificate's names, in lower case."""
    told = certificate.get("subjectAltName", ())
    names = tuple(value.lower() for kind, value in told if kind in ("DNS", "URI"))
    if told:
        return names
    pairs = (pair for step in certificate.get("subject", ()) for pair in step)
    return tuple(value.lower() for key, value in pairs if key == "commonName")


def same(given: str, secret: str) -> bool:
    """Compare in a time that does not tell where they differ. Nothing is the same as an empty secret."""
    known = secret.encode(errors="surrogateescape")
    return hmac.compare_digest(given.encode(errors="surrogateescape"), known) and bool(secret)
