"""
The public keys that an issuer signs tokens with, kept and renewed.

Entra rolls its keys without notice (learn.microsoft.com/entra/identity-platform/signing-key-rollover): a key that is
not known is asked for at once, but never more often than a sender of nonsense may cost us.
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from typing import Any, Final

import aiohttp
import msgspec
from jwt import PyJWK
from jwt.exceptions import PyJWTError

log = logging.getLogger("firebreak.alerts")

Fetch = Callable[[], Awaitable[bytes]]
KEPT: Final = 6 * 3600.0  # seconds before they are renewed
STALE: Final = 24 * 3600.0  # seconds after which unrenewed ones count no more
PAUSE: Final = 60.0  # seconds between two tries
PATIENCE: Final = 5.0  # seconds for one
LARGEST: Final = 256 * 1024  # bytes
MOST: Final = 50
SMALLEST: Final = 2048  # bits


class KeySet(msgspec.Struct, frozen=True):
    """A JSON Web Key Set (RFC 7517)."""

    keys: list[dict[str, Any]]


class SigningKeys:
    """``fetch`` returns the key set as it is served; ``seconds`` is a clock that only goes forward."""

    def __init__(self, fetch: Fetch, seconds: Callable[[], float]) -> None:
        self._fetch, self._seconds = fetch, seconds
        self._keys: dict[str, PyJWK] = {}
        self._renewed = self._tried = float("-inf")
        self._lock = asyncio.Lock()

    async def key(self, name: str) -> PyJWK | None:
        """Return a key by its id; ``None`` where the issuer has none of that name, or could not be asked."""
        if self._worth(name):
            async with self._lock:
                if self._worth(name):
                    await self._renew()
        alive = self._seconds() - self._renewed < STALE
        return self._keys.get(name) if alive else None

    def _worth(self, name: str) -> bool:
        now = self._seconds()
        wanted = name not in self._keys or now - self._renewed >= KEPT
        return wanted and now - self._tried >= PAUSE

    async def _renew(self) -> None:
        self._tried = self._seconds()
        try:
            async with asyncio.timeout(PATIENCE):
                found = msgspec.json.decode(await self._fetch(), type=KeySet)
        except (OSError, aiohttp.ClientError, msgspec.MsgspecError, TimeoutError, RecursionError) as error:
            log.warning("signing_keys_not_renewed", extra={"error": type(error).__name__})
            return
        self._keys = {name: key for name, key in map(_usable, found.keys[:MOST]) if key is not None}
        self._renewed = self._tried


def _usable(given: dict[str, Any]) -> tuple[str, PyJWK | None]:
    """Only RSA keys for signatures, of a length that holds."""
    name = given.get("kid")
    if not isinstance(name, str) or given.get("kty") != "RSA" or given.get("use", "sig") != "sig":
        return "", None
    try:
        key = PyJWK({**given, "alg": "RS256"})
    except (PyJWTError, ValueError, TypeError):
        return "", None
    return name, key if key.key.key_size >= SMALLEST else None


def over_https(session: aiohttp.ClientSession, url: str, proof: ssl.SSLContext | bool = True) -> Fetch:
    """
    Return a fetch of ``url``, which must be ``https``: forged keys would be forged senders.

    Raises ``OSError`` for an answer that is none, and ``aiohttp.ClientError``.
    """
    if not url.startswith("https://"):
        raise ValueError("signing keys are fetched over https only")

    async def fetch() -> bytes:
        async with session.get(url, allow_redirects=False, ssl=proof) as answer:
            body = await answer.content.read(LARGEST + 1)
            while len(body) <= LARGEST and (more := await answer.content.read(LARGEST + 1 - len(body))):
                body += more
            if answer.status != 200 or len(body) > LARGEST:
                raise OSError("the key set was not served")
            return body

    return fetch
