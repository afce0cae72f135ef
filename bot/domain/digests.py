"""What an approval is bound to: one digest over one exact plan."""

import hashlib
from collections.abc import Iterator
from typing import Any

import msgspec

from bot.domain.changes import Change, KeyEdit, Patch
from bot.domain.documents import Document
from bot.domain.findings import FORECAST_RANK, BlastRadius, Finding, Forecast
from bot.domain.isolation.marks import FOREIGN_LABEL, FORGED_MARK
from bot.domain.plans import Plan, PlannedStep
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
    it makes the proof worse, and not the containment; a mark that others wrote is overwritten, so neither does that. Of
    several steps each is compared by itself as well.
    """
    reasons = [*_new(old.residual, new.residual), *_new(old.side_effects, new.side_effects)]
    reasons += [found for found in _new(old.warnings, new.warnings) if found.code not in NO_WORSE]
    seen = {u.question for u in old.unseen}
    reasons += [
        Finding("unseen", u.question, f"no longer seen: {u.why}")
        for u in new.unseen
        if u.question not in seen
    ]
    reasons += _grown(
        new.action, (old.forecast, old.blast_radius), (new.forecast, new.blast_radius), threshold
    )
    for number, (one, other) in enumerate(zip(old.steps, new.steps, strict=False), 1):
        was, now = (one.forecast, one.blast_radius), (other.forecast, other.blast_radius)
        reasons += _grown(f"step {number}, {other.action}", was, now, threshold)
        reasons += _gained(f"step {number}: ", one, other, new, reasons)
    return tuple(reasons)


def _gained(
    lead: str, old: PlannedStep, new: PlannedStep, plan: Plan, told: list[Finding]
) -> Iterator[Finding]:
    """Yield what a step did not say before, though another one may have; what is told already is not said twice."""
    said = {(one.code, one.subject) for one in told}
    every = (
        (old.residual, new.residual, plan.residual),
        (old.side_effects, new.side_effects, plan.side_effects),
        (old.warnings, new.warnings, plan.warnings),
    )
    for before, now, findings in every:
        texts = {(found.code, found.subject): found.text for found in findings}
        for key in now:
            if key not in before and key not in said and key[0] not in NO_WORSE:
                yield Finding(*key, f"{lead}{texts.get(key, key[0])}")
    for question in new.unseen:
        if question not in old.unseen and ("unseen", question) not in said:
            yield Finding("unseen", question, f"{lead}no longer seen")


_Measure = tuple[Forecast, BlastRadius]


def _grown(of: str, old: _Measure, new: _Measure, threshold: int) -> Iterator[Finding]:
    (was, before), (now, after) = old, new
    if FORECAST_RANK[now] > FORECAST_RANK[was]:
        yield Finding("forecast", of, f"forecast fell from {was} to {now}")
    if after.size > before.size + threshold:
        yield Finding("blast-radius", of, f"blast radius grew from {before.size} to {after.size}")
    if after.last_ready_replica and not before.last_ready_replica:
        yield Finding("last-ready-replica", of, "the target is now the last Ready replica")


def _new(old: tuple[Finding, ...], new: tuple[Finding, ...]) -> list[Finding]:
    known = {(f.code, f.subject) for f in old}
    return [f for f in new if (f.code, f.subject) not in known]
