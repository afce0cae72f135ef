"""What an approval is bound to: one digest over one exact plan."""

import hashlib
from typing import Any

import msgspec

from bot.domain.changes import Change, KeyEdit, Patch
from bot.domain.documents import Document
from bot.domain.findings import FORECAST_RANK, Finding
from bot.domain.isolation.marks import FOREIGN_LABEL, FORGED_MARK
from bot.domain.plans import Plan
from bot.domain.probes import NO_CANARY

SHORT = 12
NO_WORSE = frozenset({NO_CANARY, FOREIGN_LABEL, FORGED_MARK})
"""Classes of warnings that may come anew: the proof is worse for the first, and nothing for the others."""


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
    semantic preconditions. Not versions, counts, times, or anything that is only told; and not what stands where a
    change goes over whatever stands there.

    ``revision`` is covered from the second on: a question that is asked anew because the forecast became worse has
    the same changes, and must not be answered by a word that was given on the first. The mode is covered where it is
    not a quorum's, the canaries where there are any: which pods, where, of which image, for how long.
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
        "changes": [[p.lane, msgspec.to_builtins(tuple(map(_agreed, p.changes)))] for p in plan.parts],
    }
    covered |= {"mode": terms.mode} if terms.mode else {}
    if any(part.probes for part in plan.parts):
        covered["probes"] = [msgspec.to_builtins(part.probes) for part in plan.parts]
    return Document.of(covered if revision == 1 else {**covered, "revision": revision})


def _agreed(change: Change) -> Change:
    if not isinstance(change, Patch) or not change.over:
        return change
    keys = tuple(KeyEdit(key.path, None, key.after) for key in change.keys)
    return msgspec.structs.replace(change, keys=keys)


def digest(plan: Plan, terms: Terms, revision: int = 1) -> str:
    """Return the SHA-256 of the bound fields in RFC 8785 form, in hex."""
    return hashlib.sha256(bound(plan, terms, revision).text.encode()).hexdigest()


def with_probes_of(approved: Plan, remade: Plan) -> Plan:
    """
    Return the plan that was made again, as far as canaries come or go with a quota or a right: as it was approved.

    Approved ones are tried and may be refused; others than those approved are never placed. So neither is a reason to
    let a containment wait. Canaries that are others (another image, another node) are.
    """
    if len(approved.parts) != len(remade.parts):
        return remade
    pairs = zip(approved.parts, remade.parts, strict=True)
    parts = tuple(
        new if old.probes and new.probes else msgspec.structs.replace(new, probes=old.probes)
        for old, new in pairs
    )
    return msgspec.structs.replace(remade, parts=parts)


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
    could be seen before and no longer, or a blast radius that grew by more than ``threshold``. That no canary will prove
    it makes the proof worse, and not the containment; a mark that others wrote is overwritten, so neither does that.
    """
    reasons = [*_new(old.residual, new.residual), *_new(old.side_effects, new.side_effects)]
    reasons += [found for found in _new(old.warnings, new.warnings) if found.code not in NO_WORSE]
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
