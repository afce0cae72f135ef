"""Chance and time: the only place that reads either."""

import secrets
import uuid
from datetime import UTC, datetime

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no letter that reads as a digit
SALT = 16


class SystemEntropy:
    """Randomness of the operating system."""

    def request_id(self) -> str:
        """Return ``FB-`` and five characters: 33 million of them, so that one is rarely taken."""
        return "FB-" + "".join(secrets.choice(ALPHABET) for _ in range(5))

    def incident_id(self) -> str:
        """Return ``IN-`` and five characters."""
        return "IN-" + "".join(secrets.choice(ALPHABET) for _ in range(5))

    def salt(self) -> bytes:
        """Return 16 random bytes."""
        return secrets.token_bytes(SALT)

    def operation_id(self) -> str:
        """Return a random UUID."""
        return str(uuid.uuid4())


def utc_now() -> datetime:
    """Return the time, UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one clock, handed to everything else
