"""What the app asked of Slack, call by call: the arguments without any token, and what it was told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.sandbox.slack.faults import Fault


@dataclass(frozen=True, slots=True)
class Call:
    """One Web API call (or post to a response_url, whose method is `response_url`)."""

    number: int
    at: float
    method: str
    args: Mapping[str, Any]
    status: int = 0
    answer: Mapping[str, Any] = field(default_factory=dict, repr=False)
    fault: Fault | None = None

    @property
    def error(self) -> str | None:
        """The error's name; none for a success, or for a call that was never handled."""
        found = self.answer.get("error")
        return None if found is None else str(found)


class Journal:
    """The calls in the order in which they came; `changed` is told of each."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._calls: list[Call] = []
        self._changed = changed

    def begin(self, method: str, args: Mapping[str, Any], at: float) -> int:
        """Write down a call before it is handled; answers its number."""
        number = len(self._calls)
        kept = {name: value for name, value in args.items() if name not in {"token", "app_token"}}
        self._calls.append(Call(number, at, method, kept))
        self._changed()
        return number

    def end(self, number: int, **outcome: Any) -> None:
        """Complete a call with `status`, `answer`, `fault`."""
        self._calls[number] = replace(self._calls[number], **outcome)
        self._changed()

    def calls(self, method: str | None = None) -> tuple[Call, ...]:
        """List the calls, of one method or all."""
        return tuple(call for call in self._calls if method in {None, call.method})
