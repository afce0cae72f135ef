"""The decision pipeline: tiny guards in order, each permits, refuses or leaves it to the next."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import msgspec

from bot.domain.findings import Refusal


class Permit(msgspec.Struct, frozen=True):
    """Yes, and what it rests on, in words."""

    because: str


class Next(msgspec.Struct, frozen=True):
    """No opinion: the next guard decides."""


Decision = Permit | Refusal
Verdict = Permit | Refusal | Next
NEXT: Final = Next()
NOBODY_SAID_YES: Final = Refusal(
    "not-permitted",
    "nothing in the policy permits this",
    "Ask whoever owns policy.yaml for a rule that does.",
)

Case = TypeVar("Case")
Guard = Callable[[Case], Verdict]


def decide(case: Case, guards: Sequence[Guard[Case]]) -> Decision:
    """Return the first final verdict. A guard that fails or answers nonsense refuses; so does the end of the row."""
    for guard in guards:
        verdict = _ask(case, guard)
        if not isinstance(verdict, Next):
            return verdict
    return NOBODY_SAID_YES


def _ask(case: Case, guard: Guard[Case]) -> Verdict:
    try:
        verdict: object = guard(case)
    except Exception as error:  # noqa: BLE001 - whatever breaks in a guard, the answer is no
        return _failed(type(error).__name__)
    if isinstance(verdict, (Permit, Refusal, Next)):
        return verdict
    return _failed(type(verdict).__name__)


def _failed(what: str) -> Refusal:
    words = f"the policy could not be evaluated ({what}), so the answer is no"
    return Refusal(
        "policy-failed",
        words,
        "This is a fault of Firebreak, not yours: tell whoever runs it, with the id of the request.",
    )
