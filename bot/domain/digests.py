"""What an approval is bound to: one digest over one exact plan."""

import hashlib
from typing import Any

import msgspec

from bot.domain.documents import Document
from bot.domain.findings import FORECAST_RANK, Finding
from bot.domain.plans import Plan

SHORT = 12


class Terms(msgspec.Struct, frozen=True):
    """
    What is agreed beside the plan: how long (seconds), what the end does, and how many must say yes.

    ``mode`` is by whose word it runs (``requests.Mode``), empty for a quorum's.
    """

    lease: int
    on_expiry: str
    quorum: int
    mode: str = ""


def bound(plan: Plan, terms: Terms, revision: int = 1) -> Document:
    """
    Return exactly what the digest covers, and nothing else.

    Cluster identity, target UIDs, action, parameters, lease, strategy, quorum, and the changes with their
    semantic preconditions. Not versions, counts, times, or anything that is only told.

    ``revision`` is covered from the second on: a question that is asked anew because the forecast became worse has
    the same changes, and must not be answered by a word that was given on the first. The mode is covered where it is
    not a quorum's.
    """
    covered: dict[str, Any] = {
        "cluster": [plan.cluster, plan.cluster_uid],
        "targets": [[p.target.kind, p.target.uid] for p in plan.parts],
        "action": plan.action,
        "scope": plan.scope,
        "parameters": plan.parameters.value,
        "lease": [terms.lease, terms.on_expiry],
        "strategy": plan.strategy,
        "quorum": terms.quorum,
        "changes": [[p.lane, msgspec.to_builtins(p.changes)] for p in plan.parts],
    }
    covered |= {"mode": terms.mode} if terms.mode else {}
    return Document.of(covered if revision == 1 else {**covered, "revision": revision})


def digest(plan: Plan, terms: Terms, revision: int = 1) -> str:
    """Return the SHA-256 of the bound fields in RFC 8785 form, in hex."""
    return hashlib.sha256(bound(plan, terms, revision).text.encode()).hexdigest()


def short(full: str) -> str:
    """Return the digest as cards show it and people type it."""
    return full[:SHORT]


def names(typed: str, full: str) -> bool:
    """Whether a typed or clicked digest names this one: the short form at least, no other prefix."""
    return len(typed) >= SHORT and full.startswith(typed)


def worse(old: Plan, new: Plan, threshold: int) -> tuple[Finding, ...]:
    """
    Return what makes the new plan worse than the approved one; empty means no worse.

    Worse is: a lower forecast, a new class of residual, side effect or warning on a subject, something that
    could be seen before and no longer, or a blast radius that grew by more than ``threshold``.
    """
    reasons = [*_new(old.residual, new.residual), *_new(old.side_effects, new.side_effects)]
    reasons += _new(old.warnings, new.warnings)
    if FORECAST_RANK[new.forecast] > FORECAST_RANK[old.forecast]:
        reasons.append(
            Finding("forecast", new.action, f"forecast fell from {old.forecast} to {new.forecast}")
        )
    seen = {u.question for u in old.unseen}
    reasons += [
        Finding("unseen", u.question, f"no longer seen: {u.why}")
        for u in new.unseen
        if u.question not in seen
    ]
    if new.blast_radius.size > old.blast_radius.size + threshold:
        grew = f"blast radius grew from {old.blast_radius.size} to {new.blast_radius.size}"
        reasons.append(Finding("blast-radius", new.action, grew))
    if new.blast_radius.last_ready_replica and not old.blast_radius.last_ready_replica:
        reasons.append(Finding("last-ready-replica", new.action, "the target is now the last Ready replica"))
    return tuple(reasons)


def _new(old: tuple[Finding, ...], new: tuple[Finding, ...]) -> list[Finding]:
    known = {(f.code, f.subject) for f in old}
    return [f for f in new if (f.code, f.subject) not in known]
