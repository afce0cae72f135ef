"""Which alert and which playbook led to a request, in plain words, from the record that says it."""

from collections.abc import Iterator
from typing import Any, Final

from bot.domain.report.reading import Entry, flat
from bot.domain.report.values import Fact

BECAUSE: Final = "Because of"
CAUSE: Final = "cause"
NOBODY: Final = "who asked is named above: an alert only suggests"


def because(entries: tuple[Entry, ...]) -> Iterator[Fact]:
    """Yield what the first record says that names a cause; nothing where nobody took a suggestion."""
    for one in entries:
        cause = one.body.details.get(CAUSE)
        if isinstance(cause, dict):
            yield Fact(BECAUSE, _told(cause, flat(one.body.details.get("rule", ""))), one.seq)
            return


def _told(cause: dict[str, Any], rule: str) -> str:
    def said(name: str) -> str:
        return flat(cause.get(name, ""))

    fired = f" (rule {rule})" if rule else ""
    step = cause.get("step")
    which = f"step {step + 1}" if isinstance(step, int) and step >= 0 else "all of it in one plan"
    playbook = f"playbook {said('playbook')} version {said('version')} (SHA-256 {said('sha256')})"
    who = "" if cause.get("auto") is True else f"; {NOBODY}"
    return f"the alerts {said('group')}{fired}, by {playbook}, {which}{who}"
