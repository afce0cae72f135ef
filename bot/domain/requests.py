"""A request on its way: who asked what, what was shown, who said yes, and where each part stands."""

from datetime import datetime
from enum import StrEnum

import msgspec

from bot.domain.changes import Create, OwnChange
from bot.domain.digests import Terms
from bot.domain.documents import Document
from bot.domain.findings import Finding, Offer, Verdict
from bot.domain.people import Principal
from bot.domain.plans import Part, Plan
from bot.domain.policy import Requirements
from bot.domain.refs import Ref
from bot.domain.states import ACTIVE, Event, PartState, after, of_request
from bot.domain.suggestions.causes import Cause

SCHEMA = 1


class Release(msgspec.Struct, frozen=True):
    """Somebody, or the lease's end (``by`` is ``None``), asked for the rollback."""

    by: Principal | None
    at: datetime
    reason: str = ""


class Mode(StrEnum):
    """By whose word a request runs: a quorum's, one on-call's alone, past the quorum in an emergency, or nobody's."""

    QUORUM = "quorum"
    SOLO = "solo"
    BREAK_GLASS = "break-glass"
    AUTO = "auto"


class Signed(msgspec.Struct, frozen=True):
    """Somebody looked at it and says so; ``note`` is what they say that they looked at."""

    by: Principal
    at: datetime
    note: str


class Review(msgspec.Struct, frozen=True):
    """
    What went without a quorum is looked at afterwards: open until ``by`` somebody signed it off.

    ``due_at`` is when the reviewers are mentioned next. ``wanted`` people sign it off, each another one; ``before`` are
    those who did so before the last. ``reviewers`` are the groups that the policy named when it began: they review it
    where the policy has no section for it any more.
    """

    due_at: datetime | None = None
    by: Principal | None = None
    at: datetime | None = None
    note: str = ""
    wanted: int = 1
    before: tuple[Signed, ...] = ()
    reviewers: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        """Whether it is not signed off yet."""
        return self.by is None

    def signed(self, by: Signed) -> "Review":
        """Return it with one more who signed it off: the last one closes it."""
        if len(self.before) + 1 < self.wanted:
            return msgspec.structs.replace(self, before=(*self.before, by))
        return msgspec.structs.replace(self, due_at=None, by=by.by, at=by.at, note=by.note)


class Request(msgspec.Struct, frozen=True):
    """
    One action with parameters on its way through approval.

    ``revision`` grows with each plan shown: votes count only for the digest of the newest. ``lease_until`` is
    set with the first accepted write. ``reason`` is free text: shown escaped, recorded as a disclosure.
    ``cleared_at`` is when the plan was last made again and found the same and no worse. ``reminded`` counts the
    reminders to approvers; ``lease_told_at`` is when people were last told of the lease's end. ``incident`` is the
    id of the incident that it belongs to. ``holder`` answers for the lease once it was handed over; ``review`` is
    there for what ran without a quorum; ``cause`` where an alert began it. ``requester`` is ``None`` for what a playbook
    did by itself (``cause`` says which): a playbook is no person, and nothing that Slack sends can be taken for one.
    ``release`` is there while it is let go, and not once that was stopped; ``let_go_at`` is when a person last asked
    for it, and stays whatever came of it.
    """

    id: str
    action: str
    parameters: Document
    plan: Plan
    terms: Terms
    digest: str
    requester: Principal | None
    needs: Requirements
    policy_hash: str
    created_at: datetime
    expires_at: datetime
    reason: str = ""
    channel: str = ""
    revision: int = 1
    changed: tuple[Finding, ...] = ()
    approved_at: datetime | None = None
    cleared_at: datetime | None = None
    accepted_at: datetime | None = None
    lease_until: datetime | None = None
    warned_at: datetime | None = None
    reminded: int = 0
    lease_told_at: datetime | None = None
    release: Release | None = None
    let_go_at: datetime | None = None
    due_at: datetime | None = None
    incident: str = ""
    mode: Mode = Mode.QUORUM
    review: Review | None = None
    holder: Principal | None = None
    cause: Cause | None = None
    schema: int = SCHEMA

    @property
    def own(self) -> tuple[Principal, ...]:
        """Who asked and who answers for it: these are one side, and the other is somebody else."""
        return tuple(one for one in (self.requester, self.held_by) if one is not None)

    @property
    def held_by(self) -> Principal | None:
        """Who answers for the lease: the requester until it is handed over; nobody where a playbook acted by itself."""
        return self.holder or self.requester


class Decision(StrEnum):
    """What a voter said."""

    APPROVE = "approve"
    DENY = "deny"


class Vote(msgspec.Struct, frozen=True):
    """
    One person's word on one digest. ``groups`` are those of the policy that the voter was in at that time.

    ``way`` is the kind of row that carried it (``command``, ``click``, ``form``); ``receipt`` a random token that
    only the voter is sent. ``voided_at``: the voter said that it was not theirs, and it counts no more.
    ``typed`` is the name that was typed to confirm, where the plan asks for that.
    """

    request_id: str
    digest: str
    voter: Principal
    decision: Decision
    at: datetime
    groups: tuple[str, ...] = ()
    reason: str = ""
    way: str = ""
    receipt: str = ""
    voided_at: datetime | None = None
    typed: str = ""

    @property
    def void(self) -> bool:
        """Whether it counts no more."""
        return self.voided_at is not None


class Written(msgspec.Struct, frozen=True):
    """
    One accepted write: what, the version that it got, and whether it was found done already.

    ``uid`` is the identity of an object that this very write made, empty for all else.
    """

    ref: Ref
    version: str
    adopted: bool = False
    uid: str = ""


class Difference(msgspec.Struct, frozen=True):
    """Drift: what we wrote and what stands there now; ``None`` is absent."""

    ref: Ref
    field: str
    ours: str | None
    now: str | None


class Evidence(msgspec.Struct, frozen=True):
    """
    One piece of proof: the rung of the ladder (L0 to L5), what was seen, and when.

    ``outcome`` is what the rung made of it (``ladder.rungs.Outcome``), empty where it is no rung's own answer. ``holes``
    name what it saw pass, so that a new one is told from one that is known; ``offers`` are what would close some of it.
    ``allowed`` are those holes for which nobody was called, since policies allowed them. ``shown``: the identities of the
    pods of which flows have shown that they are cut.
    """

    rung: str
    text: str
    at: datetime
    outcome: str = ""
    holes: tuple[str, ...] = ()
    offers: tuple[Offer, ...] = ()
    allowed: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()


class Moment(msgspec.Struct, frozen=True):
    """When a part reached a state."""

    state: PartState
    at: datetime


class PartRow(msgspec.Struct, frozen=True):
    """
    One part as it stands. ``inverse`` is stored before the first write.

    ``written`` lists accepted writes in order. ``trouble`` tells people what went wrong and what is left.
    ``restoring``: ours is written again over what others did to it. ``reapplied`` counts how often that was done without
    asking, because traffic was let through again; a person who chooses begins the count anew. ``canaries`` are pods of
    ours that may stand: stored before they are made, and until they are seen to be gone; ``canary_uids`` are the
    identities of those that we made, in their order, as far as we know. ``trying_until`` is how long they are waited for; without it nothing more is expected of them. ``called`` is when people were called for a new hole
    lately, ``uncalled`` how many came since that nobody was called for.
    """

    id: str
    request_id: str
    index: int
    part: Part
    state: PartState = PartState.PROPOSED
    inverse: tuple[OwnChange, ...] = ()
    written: tuple[Written, ...] = ()
    verdict: Verdict | None = None
    evidence: tuple[Evidence, ...] = ()
    moments: tuple[Moment, ...] = ()
    drift: tuple[Difference, ...] = ()
    trouble: str = ""
    restoring: bool = False
    reapplied: int = 0
    called: tuple[datetime, ...] = ()
    uncalled: int = 0
    attempts: int = 0
    due_at: datetime | None = None
    canaries: tuple[Create, ...] = ()
    canary_uids: tuple[str, ...] = ()
    trying_until: datetime | None = None
    schema: int = SCHEMA

    @property
    def active(self) -> bool:
        """Whether anything of this part stands outside, as far as we know."""
        return self.state in ACTIVE

    def moved(self, event: Event, at: datetime, **fields: object) -> "PartRow":
        """
        Return the row after an event, with its moment noted and other fields replaced.

        Raises ``IllegalTransitionError`` where the table has no such step.
        """
        state = after(self.state, event)
        return msgspec.structs.replace(
            self, state=state, moments=(*self.moments, Moment(state, at)), **fields
        )

    def since(self, state: PartState) -> datetime | None:
        """When the part last reached a state."""
        return next((m.at for m in reversed(self.moments) if m.state == state), None)


def part_rows(request_id: str, plan: Plan, at: datetime) -> tuple[PartRow, ...]:
    """Return the rows of a fresh plan's parts."""
    return tuple(
        PartRow(f"{request_id}.{index}", request_id, index, part, moments=(Moment(PartState.PROPOSED, at),))
        for index, part in enumerate(plan.parts)
    )


def state_of(rows: tuple[PartRow, ...]) -> PartState:
    """Return the state of the request that these parts make up."""
    return of_request(row.state for row in rows)
