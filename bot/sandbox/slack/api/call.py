"""One call as it came: query, form and JSON merged, and what its token may do."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.sandbox.slack.core import Core
from bot.sandbox.slack.errors import ApiError

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """The arguments of one method call. `scopes` is what its token was granted."""

    core: Core
    args: Mapping[str, Any]
    scopes: frozenset[str]

    def text(self, name: str) -> str:
        """Read an optional string."""
        value = self.args.get(name)
        return "" if value is None else str(value)

    def need(self, name: str) -> str:
        """Read a required string; without it the call is `invalid_arguments`."""
        if not (value := self.text(name)):
            raise bad_arguments(f"missing required field: {name}")
        return value

    def flag(self, name: str) -> bool:
        """Read a boolean, in any way in which Slack takes one."""
        return self.text(name).lower() in {"1", "true"}

    def json(self, name: str, error: str) -> Any:
        """Read an argument that is JSON, or a string of it; `error` is refused with when it is neither."""
        value = self.args.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise ApiError(error) from None

    def page(self, items: Sequence[Any], default: int = 100, most: int = 1000) -> tuple[list[Any], str]:
        """Cut the page that `limit` and `cursor` ask for; answers it with the next cursor, empty at the end."""
        asked = self.text("limit") or "0"
        if not asked.isdecimal():
            raise ApiError("invalid_limit")
        limit = min(int(asked) or default, most)
        start = _position(self.text("cursor"))
        after = start + limit
        return list(items[start:after]), _cursor(after) if after < len(items) else ""

    def allow(self, *scopes: str) -> None:
        """Refuse the call unless its token was granted one of these scopes."""
        if scopes and not self.scopes.intersection(scopes):
            raise ApiError("missing_scope", needed=",".join(scopes), provided=",".join(sorted(self.scopes)))


def bad_arguments(*messages: str) -> ApiError:
    """Make the refusal that names what is wrong with the arguments."""
    return ApiError(
        "invalid_arguments", response_metadata={"messages": [f"[ERROR] {each}" for each in messages]}
    )


def _cursor(position: int) -> str:
    return base64.b64encode(f"next:{position}".encode()).decode()


def _position(cursor: str) -> int:
    try:
        return int(base64.b64decode(cursor, validate=True).decode().removeprefix("next:")) if cursor else 0
    except ValueError:
        raise ApiError("invalid_cursor") from None
