"""
What a canary says when it ends: strictly read, since a node writes it and an image may be another than we think.

The kubelet keeps at most 4096 bytes of a termination message (Kubernetes, "Customizing the termination message").
"""

from enum import StrEnum
from typing import Annotated, Final

import msgspec

from bot.domain.canary.body import CONTAINER
from bot.domain.reading import cut

MOST: Final = 4096
VERSION: Final = 1
_HOPELESS: Final = frozenset({"InvalidImageName", "ErrImageNeverPull"})
"""What waiting does not mend (kubelet, ``pkg/kubelet/images/types.go``)."""


class Answered(StrEnum):
    """How an aim answered at last: it took the connection, refused it, gave no answer, or could not be tried."""

    OPEN = "open"
    REFUSED = "refused"
    CUT = "cut"
    ERROR = "error"


_Count = Annotated[int, msgspec.Meta(ge=0, le=10_000)]
_Seconds = Annotated[float, msgspec.Meta(ge=0, le=10_000)]


class Result(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    One aim over the canary's time.

    ``opened`` and ``refused`` count tries that were answered; ``first_cut`` is the second of the first try that was not.
    """

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
    last: Answered
    tries: _Count
    opened: _Count
    refused: _Count
    first_cut: _Seconds | None = None

    @property
    def passes(self) -> bool:
        """Whether packets go both ways at the end: whoever refuses was reached."""
        return self.last in {Answered.OPEN, Answered.REFUSED}


class Report(msgspec.Struct, frozen=True):
    """All that a canary saw, and for how many seconds it tried."""

    results: tuple[Result, ...]
    seconds: float

    def of(self, name: str) -> Result | None:
        """Return the result of an aim."""
        return next((one for one in self.results if one.name == name), None)


class Waiting(msgspec.Struct, frozen=True):
    """It has not answered yet; ``why`` holds text from outside, and is empty while it runs."""

    why: str = ""


class Failed(msgspec.Struct, frozen=True):
    """It will not answer; ``why`` holds text from outside."""

    why: str


Heard = Report | Waiting | Failed


class _Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    v: int
    results: Annotated[tuple[Result, ...], msgspec.Meta(max_length=16)]
    seconds: _Seconds


class _Terminated(msgspec.Struct, frozen=True, rename="camel"):
    exit_code: int = -1
    reason: str = ""
    message: str = ""


class _Waits(msgspec.Struct, frozen=True):
    reason: str = ""
    message: str = ""


class _State(msgspec.Struct, frozen=True):
    terminated: _Terminated | None = None
    waiting: _Waits | None = None


class _ContainerStatus(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    state: _State = _State()
    restart_count: int = 0


class _Condition(msgspec.Struct, frozen=True):
    type: str = ""
    status: str = ""
    message: str = ""


class _Status(msgspec.Struct, frozen=True, rename="camel"):
    phase: str = ""
    reason: str = ""
    message: str = ""
    conditions: tuple[_Condition, ...] = ()
    container_statuses: tuple[_ContainerStatus, ...] = ()


class _Pod(msgspec.Struct, frozen=True):
    status: _Status = _Status()


def report(body: str) -> Heard:
    """Return what the canary of this pod's JSON text says, or why it says nothing. Never raises."""
    try:
        status = msgspec.json.decode(body, type=_Pod).status
    except (msgspec.DecodeError, RecursionError):
        return Failed("its pod could not be understood")
    box = next(
        (one for one in status.container_statuses if one.name == CONTAINER), _ContainerStatus(CONTAINER)
    )
    state = box.state
    if box.restart_count:  # it never is by itself: the kubelet does so where somebody changes the image
        return Failed("its container was started a second time: somebody changed it")
    if state.terminated is not None:
        return _ended(status, state.terminated)
    if status.phase in {"Failed", "Succeeded"}:
        return Failed(
            _said(status.reason, status.message) or f"it ended ({cut(status.phase, 20)}) without a word"
        )
    if state.waiting is None:
        return Waiting("" if status.phase == "Running" else "it has not started yet")
    said = _said(state.waiting.reason, state.waiting.message) or "it has not started yet"
    return Failed(said) if state.waiting.reason in _HOPELESS else Waiting(said)


def _ended(status: _Status, end: _Terminated) -> Heard:
    if end.exit_code != 0:
        reason = status.reason or end.reason
        return Failed(f"it ended with exit code {end.exit_code}{f' ({cut(reason, 60)})' if reason else ''}")
    if len(end.message.encode()) > MOST:
        return Failed("its message is longer than one can be")
    try:
        told = msgspec.json.decode(end.message, type=_Message)
    except (msgspec.DecodeError, RecursionError):
        return Failed("its message could not be understood: is it the image that the settings name?")
    names = [one.name for one in told.results]
    if told.v != VERSION or len(set(names)) != len(names):
        return Failed("its message is of another version than this bot's: use the bot's own image")
    return Report(told.results, told.seconds)


def _said(reason: str, message: str) -> str:
    """Return a reason and a message of the cluster, bounded, on one line."""
    both = ": ".join(filter(None, (reason, message)))
    return cut(" ".join(both.split()), 160)
