"""What can stand in the log: every event by its constant name, and who acts."""

from enum import StrEnum


class Event(StrEnum):
    """
    Names of records. A name is never reused for something else and never taken away: old logs are read.

    What an event carries besides the record's own fields stands in its ``details``.
    """

    # The program itself.
    START = "start"  # version, settings and policy in force
    STOP = "stop"
    SETTINGS = "settings"  # they changed: hash
    POLICY = "policy"  # it changed: hash
    KEY = "key"  # signing key taken into use: verifier key

    # A request on its way to a decision.
    ALERT = "alert"  # a finding from outside
    SUGGESTED = "suggested"  # which playbooks fit a group of alerts, with which plans, and why others do not
    DISMISSED = "dismissed"  # a person said that a suggestion is not wanted, and why
    MUTED = "muted"  # cards of a rule are held back for a while; or are shown again
    COMMAND = "command"  # what a person asked for
    PLAN_SHOWN = "plan_shown"  # digest, and the hashes of plan and card as shown
    VOTE = "vote"  # approval or denial that counted
    DECIDED = "decided"  # approved, denied, expired or void
    REFUSAL = "refusal"  # an attempt that was not allowed
    VOTE_VOID = "vote_void"  # the voter said that it was not theirs: it counts no more
    FREEZE = "freeze"  # an account may do nothing any more: whose, and why
    UNFREEZE = "unfreeze"  # an operator let it act again
    HANDOVER = "handover"  # offered, declined, replaced, or accepted: who answers for a request from now on
    REVIEWED = "reviewed"  # what went without a quorum was looked at: signed off, or objected to
    SUPPRESSED = "suppressed"  # how many refusals beyond the cap were counted, not written

    # What requests belong to.
    INCIDENT_OPENED = (
        "incident_opened"  # by a person or by a request; or its own channel was made, or was not
    )
    INCIDENT_CLOSED = "incident_closed"  # nothing of it was active, waiting or unreviewed

    # A part on its way through the world.
    INTENT = "intent"  # before each write
    RESULT = "result"  # after it: accepted or not, object versions
    EVIDENCE = "evidence"  # what was seen
    EVIDENCE_ACCESS = "evidence_access"  # who was handed which captured item, as displayed or original
    VERDICT = "verdict"  # what it amounts to
    LEASE = "lease"  # started, warned, extended, overdue, ended
    ROLLBACK = "rollback"  # asked for, and who released
    DRIFT = "drift"  # someone else changed what we wrote
    ADOPTED = "adopted"  # a person accepted what stands there
    REPLACED = "replaced"  # the target ended, and what took its place is not contained
    NEEDS_HUMAN = "needs_human"  # what is left, by name

    # A cluster that is tried, without any request.
    SELF_TEST = "self_test"  # started, what is meant to be written, the result, all of it removed

    # The log itself.
    CHECKPOINT = "checkpoint"  # anchored outside: where
    REGRESSION = "regression"  # the log is older than what is known outside; accepted by an operator
    EXPORT = "export"  # who took which records
    ERASED = "erased"  # which disclosures or bodies were deleted, on whose word


class ActorType(StrEnum):
    """Who did it."""

    PERSON = "person"  # id is team:user
    OPERATOR = "operator"  # at the command line of the bot's own machine
    BOT = "bot"  # this program by itself: a lease that ended, a reconciliation
    SOURCE = "source"  # a sender of alerts
    PLAYBOOK = "playbook"  # one that acts by itself, under the policy that names its hash
