"""Forms that cannot be sent: the sentence stands at its field, and what was filled in stays."""

from typing import Final

from bot.adapters.slack.form import ids
from bot.adapters.slack.form.spelling import Values, spelt
from bot.adapters.slack.grammar import Known
from tests.docs.mistakes.row import Row

KNOWN: Final = Known(("prod",))
NEXT: Final = "Correct that field and press the button again: the rest of what you filled in is still there."
PODS: Final = ids.typed("pods")
POD: Final = "payments/api-7d9f"

FORMS: Final[tuple[tuple[str, Values], ...]] = (
    ("You leave the pods empty", {}),
    ("You type a pod without its namespace", {PODS: ("api-7d9f",)}),
    ("You type names in quotes", {PODS: (f'"{POD}"',)}),
    ("You type a time that is none", {PODS: (POD,), ids.LEASE: ("soon",)}),
    ("You type another field's word", {PODS: (POD,), ids.LEASE: ("1h because",)}),
    ("You write too long a reason", {PODS: (POD,), ids.REASON: ("x" * 2950,)}),
    ("You choose another action and send at once", {PODS: (POD,), ids.ACTION: ("block",)}),
)


def rows() -> tuple[Row, ...]:
    """Return what each form is answered."""
    return tuple(_row(did, values) for did, values in FORMS)


def _row(did: str, values: Values) -> Row:
    found = spelt("quarantine", values, KNOWN)
    assert isinstance(found, dict), (did, found)
    return Row(did, "", next(iter(found.values())), NEXT)
