"""What each kind of record says, as a sentence of ours. Who did it stands before it, what it was about behind it."""

from typing import Final

SENTENCES: Final[dict[str, str]] = {
    "alert": "sent an alert",
    "command": "asked for a containment",
    "command:read": "read",
    "command:plan": "looked at a plan",
    "command:evidence": "listed the evidence",
    "command:verify-sound": "checked the whole log: sound",
    "command:verify-not-sound": "checked the whole log: NOT SOUND",
    "plan_shown": "made the plan that is asked for",
    "plan_shown:card-shown": "showed the card with this plan to the approvers",
    "plan_shown:approvals-void": "made the plan anew: it had become another, and the approvals were void",
    "vote:approve": "approved exactly the plan of this digest",
    "vote:deny": "denied it",
    "vote_void:approve": "disowned an approval: it counts no more",
    "vote_void:deny": "disowned a denial: it counts no more",
    "decided:approve": "counted the approvals: decided, it may run",
    "decided:deny": "decided: denied",
    "decided:cancel": "decided: cancelled",
    "decided:expired": "decided: nobody decided in time",
    "decided:solo": "ran it SOLO: on one person's word alone",
    "decided:break-glass": "ran it by BREAK-GLASS: past the approvers, confirmed by typing",
    "decided:auto": "acted by itself (AUTO): without a person, as the policy lets this playbook",
    "suggested:suggested": "looked at what is alerted, and suggested plans",
    "suggested:nothing": "looked at what is alerted, and no playbook fits",
    "dismissed": "dismissed a suggestion",
    "muted:muted": "muted the cards of a rule",
    "muted:unmuted": "ended a mute before its time",
    "muted:ended": "ended a mute whose time was over",
    "refusal": "was refused",
    "suppressed": "was refused again and again: counted, not written one by one",
    "freeze": "froze the account",
    "unfreeze": "let the account act again",
    "handover:offered": "offered to hand over",
    "handover:accepted": "took over: answers for it from here on",
    "handover:declined": "declined to take over",
    "handover:replaced": "replaced an earlier offer to hand over",
    "reviewed:looked-at": "reviewed it and signed, as the first of two",
    "reviewed:signed-off": "reviewed it and signed it off",
    "reviewed:objection": "reviewed it and OBJECTED",
    "reviewed:reminded": "reminded the reviewers",
    "incident_opened": "opened the incident",
    "incident_opened:by-request": "opened the incident with the first request",
    "incident_opened:room-made": "made the incident's own channel",
    "incident_opened:room-not-made": "could not make the incident's own channel",
    "incident_closed": "closed the incident",
    "intent:contribute": "stored the way back, and is about to add an entry to a shared list",
    "intent:reapply": "is about to write it again under the same approval",
    "intent": "stored the way back, and is about to write",
    "result:accepted": "the API accepted the change (which is not yet proof of an effect)",
    "result": "the change was not accepted",
    "evidence:read-back": "read back what was written",
    "evidence:ladder": "looked for evidence of the effect",
    "evidence:measured-again": "looked again for evidence of the effect",
    "evidence:kept-by-hand": "kept flows that they were shown as evidence",
    "evidence:captured": "captured evidence of the target: what stood there as it was asked",
    "evidence:flows-after": "looked at the target's flows again, when it must have been cut",
    "evidence:complete": "captured evidence of the target before it was cut",
    "evidence:partial": "captured a part of the evidence of the target",
    "evidence:failed": "could not capture evidence of the target",
    "evidence": "looked at what stands there",
    "evidence_access:original": "was handed original evidence",
    "evidence_access:displayed": "was handed evidence as it may be shown",
    "evidence_access": "was handed evidence",
    "verdict": "judged what the evidence shows",
    "lease:warned": "warned that the lease ends soon",
    "lease:extended": "extended the lease",
    "lease:overdue": "called out that the lease is over, and that it stays",
    "lease:ended": "the lease ended: rolling back",
    "rollback:rollback-asked": "asked for the rollback",
    "rollback:reapply-asked": "asked to write it again over what others changed",
    "rollback:rolled-back": "rolled it back exactly, and read that back",
    "rollback:withdrawn": "withdrew the entry, and read that back",
    "rollback:undone-after-failure": "took back what was written before something failed",
    "rollback:undone-by-hand": "found it undone by hand",
    "rollback": "could not roll it back yet",
    "drift:tampered": "found it opened by others again and again: it does not stand, and is not written again",
    "drift:seen": "found that others changed what was written",
    "drift:noted": "found nothing changed by others any more",
    "drift": "found that others changed what was written",
    "adopted": "accepted what others changed",
    "replaced": "the target ended, and what took its place is not contained",
    "needs_human": "needs a person: it can be neither finished nor undone from here",
    "checkpoint": "kept a signed checkpoint outside",
    "regression": "accepted that the log is older than what is kept outside",
    "export:report": "took a report",
    "export:proof": "took the records with their proofs",
    "export": "took records out of the log",
    "erased": "erased",
    "unreadable": "a record that cannot be read",
}
"""By ``event:outcome``, else by ``event`` alone; an event of a newer program is named as it is."""


def sentence(event: str, outcome: str) -> str:
    """Return the sentence of a record; what its outcome says beyond that is a fact of its own."""
    return (
        SENTENCES.get(f"{event}:{outcome}")
        or SENTENCES.get(event)
        or "did what this program has no words for"
    )


def stated(event: str, outcome: str) -> bool:
    """Whether the sentence says all that the outcome does."""
    return not outcome or f"{event}:{outcome}" in SENTENCES
