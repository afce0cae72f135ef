"""
The token of a running operation: our own words, so that it can be read after a restart and never runs anything.

The SDK's continuation token would carry the request, the first answer and every URL in it, in a private format.
"""

from typing import Literal

import msgspec

LONGEST = 8192


class Token(msgspec.Struct, frozen=True):
    """
    What is needed to ask how an operation stands.

    ``url`` is empty when nothing had to be sent. ``request`` is our id for Azure's log, ``correlation`` is Azure's.
    """

    url: str
    thing: str
    request: str
    correlation: str = ""
    v: Literal[1] = 1

    @property
    def text(self) -> str:
        """The token as it is stored."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def read(cls, text: str) -> "Token":
        """Read a stored token. Raises ``ValueError``, without the text in it."""
        try:
            if len(text) > LONGEST:
                raise ValueError("too long")  # noqa: TRY301 - one answer for every token that is not ours
            return msgspec.json.decode(text, type=cls)
        except ValueError as error:
            raise ValueError("not the token of an operation that this version started") from error
