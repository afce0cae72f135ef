"""The states of a part, the one table of legal transitions, and the state of a request derived from its parts."""

from collections.abc import Iterable
from enum import StrEnum

from bot.domain.errors import IllegalTransitionError


class PartState(StrEnum):
    """Where one part stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    EXECUTING = "executing"
    ACCEPTED = "accepted"
    APPLIED = "applied"
    UNDOING = "undoing"
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"
    DENIED = "denied"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    FAILED = "failed"
    NEEDS_HUMAN = "needs_human"
    TAMPERED = "tampered"


class Event(StrEnum):
    """What can happen to a part."""

    APPROVE = "approve"
    DENY = "deny"
    EXPIRE = "expire"
    CANCEL = "cancel"
    VOID = "void"
    START = "start"
    ACCEPT = "accept"
    APPLY = "apply"
    FAIL = "fail"
    UNDO = "undo"
    STUCK = "stuck"
    RELEASE = "release"
    DRIFT = "drift"
    REAPPLY = "reapply"
    RELEASED = "released"
    TAMPER = "tamper"


S, E = PartState, Event

TRANSITIONS: dict[tuple[PartState, Event], PartState] = {
    (S.PROPOSED, E.APPROVE): S.APPROVED,
    (S.PROPOSED, E.DENY): S.DENIED,
    (S.PROPOSED, E.EXPIRE): S.EXPIRED,
    (S.PROPOSED, E.CANCEL): S.CANCELLED,
    (S.PROPOSED, E.VOID): S.PROPOSED,
    (S.APPROVED, E.VOID): S.PROPOSED,
    (S.APPROVED, E.CANCEL): S.CANCELLED,
    (S.APPROVED, E.START): S.EXECUTING,
    (S.APPROVED, E.FAIL): S.FAILED,
    (S.EXECUTING, E.ACCEPT): S.ACCEPTED,
    (S.EXECUTING, E.FAIL): S.FAILED,
    (S.EXECUTING, E.UNDO): S.UNDOING,
    (S.EXECUTING, E.RELEASE): S.ROLLING_BACK,
    (S.EXECUTING, E.STUCK): S.NEEDS_HUMAN,
    (S.ACCEPTED, E.APPLY): S.APPLIED,
    (S.ACCEPTED, E.UNDO): S.UNDOING,
    (S.ACCEPTED, E.RELEASE): S.ROLLING_BACK,
    (S.ACCEPTED, E.STUCK): S.NEEDS_HUMAN,
    (S.APPLIED, E.RELEASE): S.ROLLING_BACK,
    (S.APPLIED, E.STUCK): S.NEEDS_HUMAN,
    (S.APPLIED, E.REAPPLY): S.EXECUTING,
    (S.APPLIED, E.TAMPER): S.TAMPERED,
    (S.TAMPERED, E.RELEASE): S.ROLLING_BACK,
    (S.TAMPERED, E.REAPPLY): S.EXECUTING,
    (S.TAMPERED, E.APPLY): S.APPLIED,
    (S.UNDOING, E.FAIL): S.FAILED,
    (S.UNDOING, E.STUCK): S.NEEDS_HUMAN,
    (S.ROLLING_BACK, E.RELEASED): S.ROLLED_BACK,
    (S.ROLLING_BACK, E.DRIFT): S.APPLIED,
    (S.ROLLING_BACK, E.STUCK): S.NEEDS_HUMAN,
    (S.NEEDS_HUMAN, E.RELEASE): S.ROLLING_BACK,
    (S.NEEDS_HUMAN, E.APPLY): S.APPLIED,
}

ACTIVE = frozenset({S.ACCEPTED, S.APPLIED, S.UNDOING, S.ROLLING_BACK, S.NEEDS_HUMAN, S.TAMPERED})
FINAL = frozenset({S.ROLLED_BACK, S.DENIED, S.EXPIRED, S.CANCELLED, S.FAILED})
DUE = frozenset({S.APPROVED, S.EXECUTING, S.ACCEPTED, S.UNDOING, S.ROLLING_BACK})

_LOUDEST = (
    S.NEEDS_HUMAN,
    S.TAMPERED,
    S.UNDOING,
    S.ROLLING_BACK,
    S.EXECUTING,
    S.APPROVED,
    S.ACCEPTED,
    S.APPLIED,
    S.PROPOSED,
    S.FAILED,
    S.ROLLED_BACK,
    S.CANCELLED,
    S.EXPIRED,
    S.DENIED,
)


def after(state: PartState, event: Event) -> PartState:
    """
    Return the next state.

    Raises ``IllegalTransitionError`` for everything that the table does not list.
    """
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalTransitionError(state, event) from None


def allows(state: PartState, event: Event) -> bool:
    """Whether the table lists this transition."""
    return (state, event) in TRANSITIONS


def of_request(parts: Iterable[PartState]) -> PartState:
    """Return the state of a request: the loudest among its parts, so that trouble is never averaged away."""
    present = set(parts)
    return next(s for s in _LOUDEST if s in present)


WORDS = {
    S.PROPOSED: "not decided yet",
    S.APPROVED: "approved, and about to start",
    S.EXECUTING: "being carried out",
    S.ACCEPTED: "being carried out",
    S.UNDOING: "being undone",
    S.ROLLING_BACK: "being rolled back",
    S.NEEDS_HUMAN: "waiting for a person to look at it",
    S.TAMPERED: "opened again by somebody else, more than once",
}


def worded(states: Iterable[PartState]) -> str:
    """Return states as an answer says them after "it is"."""
    return ", ".join(sorted({WORDS.get(state, state.value.replace("_", " ")) for state in states}))
