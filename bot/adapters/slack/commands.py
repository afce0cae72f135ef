"""What people ask for, as values: the words of a slash command after ``grammar`` understood them."""

import msgspec

from bot.domain.actions import Action
from bot.domain.explain.wish import Wish
from bot.domain.flows import wish as flows
from bot.domain.posture.scope import Scope
from bot.domain.requests import Mode
from bot.domain.roots import Root
from bot.domain.suggestions import Cause


class Propose(msgspec.Struct, frozen=True):
    """
    Ask for a containment, or with ``preview`` only look at its plan.

    ``lease`` is in seconds, ``None`` for the policy's default; ``reason`` is free text from outside; ``mode`` is by
    whose word it shall run. ``replay`` is over how many seconds of flows a plan is run that is only looked at, 0 for not.
    ``cause`` is the suggestion that it comes of, which nobody types.
    """

    action: Action
    lease: int | None = None
    reason: str = ""
    preview: bool = False
    mode: Mode = Mode.QUORUM
    replay: int = 0
    cause: Cause | None = None


class Contain(msgspec.Struct, frozen=True):
    """Open the form of an action, or of the one to be chosen in it."""

    action: str = ""


class Status(msgspec.Struct, frozen=True):
    """Show one request, or what is open when no id is given."""

    request_id: str = ""


class List(msgspec.Struct, frozen=True):
    """List what is open or active."""


class Approve(msgspec.Struct, frozen=True):
    """
    Say yes to exactly the plan of this digest, of which at least the short form was typed.

    ``name`` is the target's, for plans that ask to type it.
    """

    request_id: str
    digest: str
    name: str = ""


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


class Recheck(msgspec.Struct, frozen=True):
    """Look again at what needs a person, or of which nothing shows that it works."""

    request_id: str


class Confirm(msgspec.Struct, frozen=True):
    """Run my break-glass: exactly the plan of this digest, about the target of this name."""

    request_id: str
    digest: str
    name: str


class Review(msgspec.Struct, frozen=True):
    """Sign off what ran without a quorum, or with ``objection`` say that it was not right."""

    request_id: str
    objection: bool
    reason: str


class Reviews(msgspec.Struct, frozen=True):
    """List what ran without a quorum and is not signed off."""


class Handover(msgspec.Struct, frozen=True):
    """Offer all that I answer for to the person with this user id; without one, tell me what that is."""

    user: str = ""


class Evidence(msgspec.Struct, frozen=True):
    """List what was captured for a request, or have one item sent: as it may be shown, or the ``original``."""

    request_id: str
    item: str = ""
    original: bool = False


class Open(msgspec.Struct, frozen=True):
    """Open an incident of this title; ``private`` asks for a channel of its own."""

    title: str
    private: bool = False


class Close(msgspec.Struct, frozen=True):
    """Close an incident; without an id the one that is open in this channel."""

    incident_id: str
    reason: str


class Incidents(msgspec.Struct, frozen=True):
    """List incidents."""


class Undo(msgspec.Struct, frozen=True):
    """Undo all that came of something: with the digest of what was shown do it, without one show it."""

    root: Root = Root()
    digest: str = ""
    reason: str = ""


class Report(msgspec.Struct, frozen=True):
    """Post the report of an incident or of a request; without an id of the incident that is open in this channel."""

    subject: str = ""


class Verify(msgspec.Struct, frozen=True):
    """Check the whole log, or have the proofs of one request sent."""

    request_id: str = ""


class Explain(msgspec.Struct, frozen=True):
    """Tell who can talk to whom now, and why."""

    wish: Wish


class Posture(msgspec.Struct, frozen=True):
    """Tell what a cluster's policies leave out."""

    scope: Scope


class Flows(msgspec.Struct, frozen=True):
    """Tell whom something talked to."""

    wish: flows.Wish


class Trace(msgspec.Struct, frozen=True):
    """Tell how far something may have come from a pod."""

    wish: flows.Wish


class Sweep(msgspec.Struct, frozen=True):
    """Tell who talked to an address, in every cluster."""

    wish: flows.Wish


class Alerts(msgspec.Struct, frozen=True):
    """Tell of one group of alerts, or what was alerted within so many seconds."""

    group_id: str
    seconds: int


class Mute(msgspec.Struct, frozen=True):
    """Hold back the cards of a rule (or of the rule of a group) for so many seconds; ``source`` where it was said."""

    rule: str
    seconds: int
    reason: str
    source: str = ""


class Unmute(msgspec.Struct, frozen=True):
    """Show the cards of a rule again; ``source`` where it was said."""

    rule: str
    reason: str = ""
    source: str = ""


class Whoami(msgspec.Struct, frozen=True):
    """Tell me who I am here."""


class Help(msgspec.Struct, frozen=True):
    """Explain everything, or one command or action."""

    topic: str = ""


Command = (
    Propose
    | Contain
    | Status
    | List
    | Approve
    | Deny
    | Extend
    | Rollback
    | Adopt
    | Reapply
    | Recheck
    | Confirm
    | Review
    | Reviews
    | Handover
    | Evidence
    | Open
    | Close
    | Incidents
    | Undo
    | Report
    | Verify
    | Explain
    | Posture
    | Flows
    | Trace
    | Sweep
    | Alerts
    | Mute
    | Unmute
    | Whoami
    | Help
)
