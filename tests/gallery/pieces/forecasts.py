"""The four forecasts as one sees them before the click, and what the evidence makes of them afterwards."""

from collections.abc import Iterator
from typing import Final

from bot.domain.findings import Finding, Forecast, Offer, OfferKind, Verdict
from bot.domain.ladder.rungs import Outcome
from bot.domain.plans import Plan
from bot.domain.requests import Evidence
from bot.domain.states import PartState as S
from tests.adapters.slack.staging import LONG_NAME, NOW, plan_of, pod_part, shown
from tests.gallery.piece import Piece
from tests.gallery.pieces.card_states import card, standing

DENY: Final = Offer(OfferKind.DENY, "calico")
DETACH: Final = Offer(OfferKind.DETACH, "detach")
BLOCK: Final = Offer(OfferKind.BLOCK, "203.0.113.0/24")
ALLOWED: Final = "allowed by NetworkPolicy payments/allow-egress (rule 1)"
FLOOR: Final = (
    "network-policy: as asked for",
    "a NetworkPolicy only adds allows: what another policy allows the pod stays allowed",
)
DENYING: Final = ("calico-deny: Calico 3.30.2 (operator) has a Deny that can be asked before every allow",)
HOLDS: Final = Outcome.HOLDS
PROOFS: Final = (
    Evidence("L0", "read back exactly as written", NOW, Outcome.HOLDS),
    Evidence("L1", "by all policies read now, nothing may reach it, and it may reach nothing", NOW, HOLDS),
    Evidence(
        "L2", "its node enforces both directions for identity 48213, which carries our label", NOW, HOLDS
    ),
)
BY_PACKETS: Final = (
    PROOFS[0],
    Evidence("L1", "the policies that stand now allow it nothing", NOW, HOLDS),
    Evidence(
        "L4",
        "a canary under its label reached neither 10.244.1.8:8080 nor the cluster's DNS at 10.244.0.3:53; one beside it "
        "reached them, and not the pod",
        NOW,
        HOLDS,
    ),
)


def pieces() -> Iterator[Piece]:
    """Return the cards."""
    yield card(
        "forecast-partial",
        "PARTIAL: what stays open, by which policy, and what closes it.",
        shown(plan=partial()),
    )
    yield card(
        "forecast-partial-long",
        "PARTIAL with the longest names.",
        shown(plan=partial(LONG_NAME, summary=f"Cut payments/{LONG_NAME} in prod off the network")),
    )
    twenty = tuple(f"api-7d9f6c5b48-{i:05x}" for i in range(0xA0, 0xB4))
    many = partial(*twenty, summary="Cut 20 pods of payments in prod off the network")
    yield card("forecast-partial-twenty", "PARTIAL for twenty pods: one line for all.", shown(plan=many))
    yield card(
        "forecast-full", "FULL: nothing known stays open, by the engine's own deny.", shown(plan=full())
    )
    yield card(
        "forecast-unknown", "UNKNOWN: whether anything enforces it is not proved.", shown(plan=unknown())
    )
    yield card("forecast-not-enforced", "NOT ENFORCED: it would stop nothing.", shown(plan=nothing()))
    contained = standing(S.APPLIED, plan=full(), verdict=Verdict.CONTAINED, evidence=PROOFS)
    yield card("verdict-contained-ladder", "Contained, with its proofs a rung each.", contained)
    tried = standing(S.APPLIED, plan=full(), verdict=Verdict.CONTAINED, evidence=BY_PACKETS)
    yield card("verdict-contained-packets", "Contained, proved by the packets of two canaries.", tried)
    text = f"payments/api-7d9f can reach the internet (203.0.113.0/24) on TCP 443: {ALLOWED}"
    seen = Evidence("L1", text, NOW, Outcome.OPEN)
    opened = standing(S.APPLIED, plan=partial(), verdict=Verdict.PARTIAL, evidence=(PROOFS[0], seen))
    yield card(
        "verdict-partial-ladder", "Applied, and some traffic still passes; the firewall can close it.", opened
    )


def partial(
    *pods: str, summary: str = "Cut payments/api-7d9f in prod off the network, and no other pod"
) -> Plan:
    """Return a plan by which policies leave something open."""
    names = pods or ("api-7d9f",)
    found = tuple(finding for name in names for finding in _open(f"payments/{name}"))
    return plan_of(
        *(pod_part(name, n) for n, name in enumerate(names)),
        summary=summary,
        forecast=Forecast.PARTIAL,
        residual=(*found, *_constant()),
        means=FLOOR,
    )


def _open(pod: str) -> Iterator[Finding]:
    yield Finding(
        "open-internet",
        f"{pod} out",
        f"{pod} can reach the internet (203.0.113.0/24) on TCP 443: {ALLOWED}",
        (DENY, DETACH, BLOCK),
    )
    yield Finding(
        "open-other-namespaces",
        f"{pod} dns",
        f"{pod} can reach 2 pods of kube-system on UDP 53: {ALLOWED}",
        (DENY, DETACH),
    )
    into = "allowed by NetworkPolicy payments/api-from-web (rule 1)"
    yield Finding(
        "open-own-namespace",
        f"{pod} in",
        f"2 pods of its own namespace can reach {pod} on TCP 8080: {into}",
        (DENY,),
    )


def _constant() -> tuple[Finding, ...]:
    return (
        Finding("own-node", "p", "its own node can still reach it"),
        Finding("established-connections", "p", "open connections go on"),
    )


def full() -> Plan:
    """Return a plan by which nothing known stays open."""
    return plan_of(forecast=Forecast.FULL, residual=_constant(), means=DENYING)


def unknown() -> Plan:
    """Return a plan of which nobody knows whether it is enforced."""
    text = "whether Calico 3.30.2 enforces it on aks-1 is not proved (the agent on aks-1 is not Ready)"
    return plan_of(
        forecast=Forecast.UNKNOWN,
        residual=(Finding("enforcement-unknown", "aks-1", text), *_constant()),
        means=FLOOR,
    )


def nothing() -> Plan:
    """Return a plan that nothing enforces."""
    text = "nothing will enforce it on aks-1 (no agent of any engine that is known runs in the cluster)"
    why = (
        "network-policy: nothing enforces policies on its node: it is written, and does nothing until something does",
    )
    return plan_of(
        forecast=Forecast.NOT_ENFORCED, residual=(Finding("not-enforced", "aks-1", text),), means=why
    )
