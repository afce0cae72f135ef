"""What people ask for, as values: the words of a slash command after ``grammar`` understood them."""

import msgspec

from bot.domain.actions import Action


class Propose(msgspec.Struct, frozen=True):
    """
    Ask for a containment, or with ``preview`` only look at its plan.

    ``lease`` is in seconds, ``None`` for the policy's default; ``reason`` is free text from outside.
    """

    action: Action
    lease: int | None = None
    reason: str = ""
    preview: bool = False


class Status(msgspec.Struct, frozen=True):
    """Show one request, or what is open when no id is given."""

    request_id: str = ""


class List(msgspec.Struct, frozen=True):
    """List what is open or active."""


class Approve(msgspec.Struct, frozen=True):
    """Say yes to exactly the plan of this digest, of which at least the short form was typed."""

    request_id: str
    digest: str


class Deny(msgspec.Struct, frozen=True):
    """Say no, and why. An empty ``digest`` means the newest plan: a no needs no exactness."""

    request_id: str
    digest: str
    reason: str


class Extend(msgspec.Struct, frozen=True):
    """Let a containment last ``seconds`` longer."""

    request_id: str
    seconds: int


class Rollback(msgspec.Struct, frozen=True):
    """Undo a containment exactly."""

    request_id: str
    reason: str = ""


class Adopt(msgspec.Struct, frozen=True):
    """Let stand what others did to our writes."""

    request_id: str


class Reapply(msgspec.Struct, frozen=True):
    """Write ours again over what others did to it."""

    request_id: str


class Whoami(msgspec.Struct, frozen=True):
    """Tell me who I am here."""


class Help(msgspec.Struct, frozen=True):
    """Explain everything, or one command or action."""

    topic: str = ""


Command = Propose | Status | List | Approve | Deny | Extend | Rollback | Adopt | Reapply | Whoami | Help
