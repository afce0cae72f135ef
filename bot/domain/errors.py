"""
The errors of the pure core and of the engine.

FirebreakError
├── IllegalTransitionError     a state machine was asked for a step that its table does not list: a bug
├── FencedError                another worker holds the lane now: stop, write nothing
├── AuditError                 the record could not be written: nothing may happen
├── VaultError                 evidence cannot be kept, or is not what was kept: tampered with, or another key
├── NewerVersionError          a row was written by a newer Firebreak: left alone, reported
└── OutsideError               an outside system did not do what was asked
    ├── BusyError              it works on something else: wait, read again
    ├── ConflictError          what stands there is not what was expected: plan again
    ├── DeniedError            it refuses, for good: tell a person which permission, lock or rule
    ├── ThrottledError         too many calls: wait as long as it says
    └── UnknownOutcomeError    the answer was lost: read before doing anything again
"""


class FirebreakError(Exception):
    """Base of all errors that this code raises on purpose; ``advice`` is what a reader does about all of a kind."""

    advice = ""


class IllegalTransitionError(FirebreakError):
    """A part was asked for a step that its table does not list."""

    def __init__(self, state: str, event: str) -> None:
        super().__init__(f"a part that is {state} cannot {event}")
        self.state, self.event = state, event


class FencedError(FirebreakError):
    """Another worker has claimed the lane since: whoever catches this stops without writing."""


class AuditError(FirebreakError):
    """The audit record could not be written."""


class VaultError(FirebreakError):
    """Evidence cannot be kept, or what stands there is not what was kept. The text says which."""


class NewerVersionError(FirebreakError):
    """A row carries a schema version that this program does not know."""


class OutsideError(FirebreakError):
    """
    An outside system did not do what was asked.

    ``code`` is its own code (``AnotherOperationInProgress``, ``Forbidden``); ``text`` is for people, cut and
    free of secrets; ``retry_after`` is in seconds where it named a time.
    """

    def __init__(self, code: str, text: str, retry_after: float | None = None) -> None:
        super().__init__(f"{code}: {text}")
        self.code, self.text, self.retry_after = code, text, retry_after


class BusyError(OutsideError):
    """It works on something else: wait, then read again."""


class ConflictError(OutsideError):
    """What stands there is not what was expected. ``text`` names the difference."""


class DeniedError(OutsideError):
    """It refuses for good: permission, lock, policy, admission, quota."""


class ThrottledError(OutsideError):
    """Too many calls: wait ``retry_after``."""


class UnknownOutcomeError(OutsideError):
    """The answer was lost, or it failed in a way that says nothing: read before doing anything again."""
