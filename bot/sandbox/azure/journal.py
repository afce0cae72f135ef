"""What was asked of the double, for tests to count. Nothing of a credential is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# An allow-list: a header that nobody thought of can't carry a secret into a failing test's output.
KEPT_HEADERS = ("if-match", "if-none-match", "content-type", "x-ms-client-request-id")


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request as it came in; `at` is in seconds on the double's clock, `body` is decoded JSON or None."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any = field(repr=False)
    at: float

    @property
    def is_poll(self) -> bool:
        """Whether it asks how an operation stands."""
        return "/operations/" in self.path


def kept(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers worth recording, by lower-case name."""
    lowered = {name.lower(): value for name, value in headers.items()}
    return {name: lowered[name] for name in KEPT_HEADERS if name in lowered}
