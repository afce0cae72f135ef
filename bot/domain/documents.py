"""JSON that can be a frozen value: kept as its canonical text."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import rfc8785

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]


class Document(msgspec.Struct, frozen=True):
    """
    One JSON value as RFC 8785 text, so that equal values are equal texts.

    Raises ``ValueError`` for what RFC 8785 cannot express (NaN, integers beyond 2^53).
    """

    text: str

    @classmethod
    def of(cls, value: Any) -> "Document":
        """Return the document of any JSON-like value."""
        try:
            return cls(rfc8785.dumps(value).decode())
        except rfc8785.CanonicalizationError as error:
            raise ValueError(f"not canonical JSON: {error}") from error

    @property
    def value(self) -> Any:
        """The JSON value, parsed anew at each call so that nobody can change ours."""
        return json.loads(self.text)

    def at(self, *path: str) -> Any:
        """Return what stands at a path of keys, or ``None`` where nothing does."""
        found = self.value
        for key in path:
            found = found.get(key) if isinstance(found, dict) else None
        return found
