"""Two kinds of refusal: what Slack answers to the app, and what a person's client would not let them do."""

from typing import Any


class ApiError(Exception):
    """Becomes `{"ok": false, "error": name, **extra}` with HTTP 200, as the Web API refuses."""

    def __init__(self, name: str, **extra: Any) -> None:
        super().__init__(name)
        self.name = name
        self.extra = extra


class NotPossibleError(Exception):
    """No Slack client would send this: no such button, not a member, account deactivated. Say `forged=True` to force it."""
