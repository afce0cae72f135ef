"""Forms that cannot be sent: the sentence stands at its field, and says what to do about just that."""

from typing import Final

from bot.adapters.slack import answers
from bot.adapters.slack.answers import Inbound
from bot.adapters.slack.form import confirming, ids
from bot.adapters.slack.form.judging import errors_of
from bot.adapters.slack.form.spelling import Values
from bot.adapters.slack.front import NEED_REASON
from bot.adapters.slack.grammar import Known
from tests.docs.mistakes.ran import row
from tests.docs.mistakes.row import Row

KNOWN: Final = Known(("prod",))
PODS: Final = ids.typed("pods")
POD: Final = "payments/api-7d9f"
ADDRESSES: Final = {ids.chosen("addresses"): ("203.0.113.7",), ids.ACTION: ("block",)}

FORMS: Final[tuple[tuple[str, str, Values, str], ...]] = (
    ("You leave the pods empty", "quarantine", {}, "Choose or type"),
    ("You type a pod without its namespace", "quarantine", {PODS: ("api-7d9f",)}, "Write namespace"),
    ("You type names in quotes", "quarantine", {PODS: (f'"{POD}"',)}, "Write it without"),
    ("You name pods of two namespaces", "quarantine", {PODS: (f"{POD} web/a-1",)}, "Ask once"),
    ("You misspell the cluster", "quarantine", {PODS: (f"prdo/{POD}",)}, "Did you mean"),
    ("You type a time that is none", "quarantine", {PODS: (POD,), ids.LEASE: ("soon",)}, "A duration"),
    (
        "You write the reason where the time belongs",
        "quarantine",
        {PODS: (POD,), ids.LEASE: ("1h because",)},
        "Write the reason",
    ),
    ("You write the time beside the pods", "quarantine", {PODS: (f"{POD} for 1h",)}, "Write how long"),
    ("You ask for solo in a form", "quarantine", {PODS: (f"{POD} solo",)}, "Leave it out"),
    ("You write too long a reason", "quarantine", {PODS: (POD,), ids.REASON: ("x" * 2950,)}, "Shorten"),
    (
        "You choose another action and send at once",
        "quarantine",
        {PODS: (POD,), ids.ACTION: ("block",)},
        "choose it once more",
    ),
    (
        "You choose a scope that there is not",
        "block",
        {**ADDRESSES, ids.chosen("scope"): ("world",)},
        "Choose one of",
    ),
)


def rows() -> tuple[Row, ...]:
    """Return what each form is answered."""
    asked = [
        _row(did, _form(ids.ASK, word, tuple(values.items())), advice) for did, word, values, advice in FORMS
    ]
    other = _form(ids.CONFIRM, f"FB-7K3Q:1:0a1b2c3d4e5f{confirming.MARK}", ((ids.NAME, ("api-7d9f",)),))
    few = Inbound(answers.FORM, "U0ALICE", name=ids.GLASS, value=f"quarantine {POD}", reason="now!")
    broken = _form(ids.BREAK, f"FB-7K3Q:1:0a1b2c3d4e5f{confirming.MARK}", ((ids.NAME, ("api-7d9f",)),))
    return (
        *asked,
        _row("You approve with another name than the plan's", other, "Type it exactly"),
        _row("You break the glass with too few words", few, "Say why"),
        _row("You break the glass with another name than the plan's", broken, "Type it exactly"),
        row("You deny without a reason", NEED_REASON[ids.DENY], "Say why"),
        row("You review, and say nothing", NEED_REASON[ids.REVIEW], "Say what"),
    )


def _form(name: str, value: str, filled: tuple[tuple[str, tuple[str, ...]], ...]) -> Inbound:
    return Inbound(answers.FORM, "U0ALICE", name=name, value=value, filled=filled)


def _row(did: str, inbound: Inbound, advice: str) -> Row:
    found = errors_of(inbound, KNOWN)
    assert found, (did, inbound)
    return row(did, next(iter(found.values())), advice)
