"""The card of one pod's quarantine in every state that it can be in."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import msgspec

from bot.adapters.slack.card import paint
from bot.domain.findings import Finding, Forecast, Verdict
from bot.domain.ladder.rungs import Outcome
from bot.domain.plans import Plan
from bot.domain.refs import POD, KubeRef
from bot.domain.requests import Decision, Difference, Evidence, Moment, Release, Vote
from bot.domain.states import PartState as S
from bot.engine.reading import Shown
from tests.adapters.slack.staging import ALICE, APPROVERS, BOB, DIGEST, NOW, plan_of, shown
from tests.gallery.piece import Piece

APPROVED: Final = Vote("FB-7K3Q", DIGEST, BOB, Decision.APPROVE, NOW - timedelta(seconds=20), ("security",))
DENIED: Final = Vote("FB-7K3Q", DIGEST, BOB, Decision.DENY, NOW, ("security",), "this is our load test")


def _measured(rung: str, outcome: Outcome, text: str) -> Evidence:
    return Evidence(rung, text, NOW + timedelta(seconds=3), outcome)


POD_REF: Final = KubeRef("prod", POD, "payments", "api-7d9f")
WAY: Final = (S.PROPOSED, S.APPROVED, S.EXECUTING, S.ACCEPTED, S.APPLIED)
READ_BACK: Final = Evidence("L0", "read back exactly as written", NOW + timedelta(seconds=2), Outcome.HOLDS)
PROOF: Final = (
    READ_BACK,
    _measured("L1", Outcome.HOLDS, "the policies that stand now allow the pod nothing"),
    _measured("L2", Outcome.HOLDS, "Cilium endpoint 1312 enforces both directions for our label"),
)
PROOFS: Final = {
    Verdict.CONTAINED: PROOF,
    Verdict.PARTIAL: (
        READ_BACK,
        _measured(
            "L1",
            Outcome.OPEN,
            "payments/api-7d9f can reach the internet (203.0.113.0/24) on TCP 443: "
            "allowed by NetworkPolicy payments/allow (rule 1)",
        ),
        PROOF[2],
    ),
    Verdict.INCONCLUSIVE: (
        READ_BACK,
        PROOF[1],
        _measured("L2", Outcome.SILENT, "Cilium says nothing of this pod: it has no CiliumEndpoint"),
    ),
    Verdict.NOT_ENFORCED: (
        READ_BACK,
        _measured(
            "L1",
            Outcome.OPEN,
            "nothing enforces policies on its node: no agent of any engine that is known runs in the cluster",
        ),
    ),
}


def moments(*states: S) -> tuple[Moment, ...]:
    """Return moments a second apart, the first twenty seconds before now."""
    return tuple(Moment(state, NOW + timedelta(seconds=i - 20)) for i, state in enumerate(states))


def card(name: str, alt: str, of: Shown, *, opened: bool = False) -> Piece:
    """Return a card as a piece."""
    painted = paint(of, APPROVERS)
    return Piece(name, "message", {"text": painted.text, "blocks": painted.blocks}, alt, opened)


def standing(state: S, *way: S, **row: Any) -> Shown:
    """Return a request that two people decided and whose part went this way."""
    plan = row.pop("plan", None) or plan_of(forecast=Forecast.PARTIAL)
    fields = {"moments": moments(*(way or (*WAY, state))), **row}
    return shown(
        state,
        votes=(APPROVED,),
        approved_at=NOW - timedelta(seconds=20),
        lease_until=NOW + timedelta(hours=4),
        row=fields,
        plan=plan,
    )


def pieces() -> Iterator[Piece]:
    """Return one card for each state, and what else can be said in it."""
    yield card("card-waiting", "A card that waits for approval: Approve, Deny and Details.", shown())
    yield card("card-waiting-opened", "The same card with the whole plan unfolded.", shown(), opened=True)
    yield card(
        "card-waiting-one-vote",
        "One of two approvals is given, another is needed.",
        shown(votes=(APPROVED,)),
    )
    yield from _running()
    yield from _over()
    yield from _trouble()


def _running() -> Iterator[Piece]:
    said = {
        S.APPROVED: "Approved: nothing is changed yet, it can still be cancelled.",
        S.EXECUTING: "The changes are being written.",
        S.ACCEPTED: "The API took the changes, which are not read back yet.",
        S.UNDOING: "Something failed half-way and what was written is taken back.",
        S.ROLLING_BACK: "The rollback is on its way.",
    }
    for state, alt in said.items():
        yield card(f"card-{state.value.replace('_', '-')}", alt, standing(state))
    for verdict in Verdict:
        alt = f"Applied, with the verdict {verdict.value} and the evidence for it."
        of = standing(S.APPLIED, *WAY, verdict=verdict, evidence=PROOFS[verdict], plan=_plan(verdict))
        yield card(f"card-applied-{verdict.value.lower().replace('_', '-')}", alt, of)
    yield card(
        "card-applied-opened",
        "An applied quarantine with its history, plan and commands unfolded.",
        standing(S.APPLIED, *WAY, verdict=Verdict.CONTAINED, evidence=PROOF),
        opened=True,
    )


def _plan(verdict: Verdict) -> Plan:
    """Return a plan of which such a verdict can come."""
    unsure = "whether Cilium 1.19.4 enforces it on aks-1 is not proved (the agent on aks-1 is not Ready)"
    nobody = "nothing will enforce it on aks-1 (no agent of any engine that is known runs in the cluster)"
    match verdict:
        case Verdict.CONTAINED:
            return plan_of(forecast=Forecast.FULL, residual=())
        case Verdict.PARTIAL:
            return plan_of(forecast=Forecast.PARTIAL)
        case Verdict.INCONCLUSIVE:
            found = Finding("enforcement-unknown", "aks-1", unsure)
            return plan_of(forecast=Forecast.UNKNOWN, residual=(found,))
        case Verdict.NOT_ENFORCED:
            found = Finding("not-enforced", "aks-1", nobody)
            return plan_of(forecast=Forecast.NOT_ENFORCED, residual=(found,))


def _over() -> Iterator[Piece]:
    release = Release(ALICE, NOW, "false alarm")
    back = standing(S.ROLLED_BACK, *WAY, S.ROLLING_BACK, S.ROLLED_BACK)
    yield card("card-rolled-back", "Rolled back: calm, no buttons but Details.", _with(back, release=release))
    yield card(
        "card-denied",
        "Denied by Bob, with his reason.",
        shown(S.DENIED, votes=(DENIED,), row={"moments": ()}),
    )
    yield card("card-expired", "Expired: nobody decided in time.", shown(S.EXPIRED))
    yield card("card-cancelled", "Cancelled before anything was written.", shown(S.CANCELLED))
    failed = standing(
        S.FAILED, *WAY[:3], S.FAILED, trouble="the API server refused the policy: quota exceeded"
    )
    yield card("card-failed", "Failed: what went wrong, and that nothing is left.", failed)


def _trouble() -> Iterator[Piece]:
    left = "NetworkPolicy payments/firebreak-fb-7k3q-0 is left: the API server answers 503 to its deletion"
    yield card(
        "card-needs-human",
        "A person is needed: what is left, by name.",
        standing(S.NEEDS_HUMAN, *WAY[:3], S.NEEDS_HUMAN, trouble=left),
    )
    drift = (Difference(POD_REF, "metadata.labels[firebreak.dev/quarantine]", "fb-7k3q-0", None),)
    yield card(
        "card-drift",
        "Someone removed our label: the difference, Re-apply and Adopt.",
        standing(S.APPLIED, *WAY, verdict=Verdict.CONTAINED, evidence=PROOF, drift=drift),
    )
    late = standing(S.APPLIED, *WAY, verdict=Verdict.CONTAINED, evidence=PROOF)
    yield card(
        "card-overdue",
        "An overdue quarantine: since when, and that no timer releases it.",
        _with(late, overdue=True, lease_until=NOW - timedelta(hours=1, minutes=5)),
    )


def _with(of: Shown, **fields: Any) -> Shown:
    whole = {name: fields.pop(name) for name in ("overdue",) if name in fields}
    return msgspec.structs.replace(of, request=msgspec.structs.replace(of.request, **fields), **whole)
