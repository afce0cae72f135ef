"""What flows show of a containment: whom it cuts off, before and after, and what goes on."""

from collections.abc import Iterator

import msgspec

from bot.domain.evidence import Capture, CaptureState, Item, ItemKind
from bot.domain.findings import BlastRadius, Forecast, Verdict
from bot.domain.flows.noting import Noted
from bot.domain.ladder.rungs import Outcome
from bot.domain.refs import POD, KubeRef
from bot.domain.requests import Evidence
from bot.domain.states import PartState
from bot.engine.reading import Shown
from tests.adapters.slack.staging import LONG_NAME, NOW, address_part, plan_of, shown
from tests.gallery.piece import Piece
from tests.gallery.pieces.card_states import card, standing

TARGET = KubeRef("prod", POD, "payments", "api-7d9f")
BEFORE = Noted(
    "3 external peers, 1 not seen in the 24 h before: 203.0.113.7:443, 214 connections, still allowed, every 20 s (213 of "
    "213 intervals)",
    ("/ir block 203.0.113.7 (203.0.113.7:443 is called every 20 s, 213 of 213 intervals, and passes)",),
)
STOPPED = Noted(
    "4 peers stopped",
    stopped="203.0.113.7:443, payments/orders-db-0:5432, kube-system/coredns-1:53/UDP",
    compared=True,
)
GOES_ON = Noted(
    "1 peer stopped; 1 goes on, with 1 connection from before; 1 new; 1 not seen since, and cannot be known",
    ("/ir block 203.0.113.7 (203.0.113.7:443 is called every 20 s, and passes)",),
    ("hubble: no answer from default/aks-3: connection refused",),
    stopped="payments/orders-db-0:5432",
    goes_on="203.0.113.7:443 (1 of its connections open since before)",
    new=f"<!channel>*{LONG_NAME[:100]}*:22",
    unseen="kube-system/coredns-1:53/UDP",
    established=1,
    compared=True,
)
TALKED = Noted("2 peers: most with payments/api-7d9f to 443, 214 connections, still allowed")
TALKS_ON = Noted(
    "1 peer stopped; 1 goes on, with 1 connection from before",
    goes_on="shop/web-5c7d to 443 (1 of its connections open since before)",
    stopped="payments/api-7d9f to 443",
    established=1,
    compared=True,
)
LET_THROUGH = (
    Evidence("L0", "read back: the entry is in, and all states are Succeeded", NOW, Outcome.HOLDS),
    Evidence(
        "L3",
        "the firewall let traffic of 10.240.0.5 to 443 with 203.0.113.7 pass after the block",
        NOW,
        Outcome.OPEN,
    ),
)
DROPPED = "214 attempts were dropped by our policy, and none passed since"
PASSED = "203.0.113.7:443 was seen to pass"


def pieces() -> Iterator[Piece]:
    """Return the card as it waits, as it is proved, and as something goes on."""
    hit = BlastRadius(
        1,
        ("payments/api",),
        2,
        flows="cuts 12 peers of the last 15 min, among them payments/orders-db-0:5432",
    )
    asked = shown(
        plan=msgspec.structs.replace(plan_of(forecast=Forecast.FULL, residual=()), blast_radius=hit)
    )
    yield card(
        "card-flows-before", "A card that says whom recent traffic shows to be cut off.", _seen(asked, BEFORE)
    )
    held = _proved(Verdict.CONTAINED, Outcome.HOLDS, DROPPED)
    yield card(
        "card-flows-after", "Flows after the containment: all of them stopped.", _seen(held, BEFORE, STOPPED)
    )
    leaks = _proved(Verdict.PARTIAL, Outcome.OPEN, PASSED)
    yield card(
        "card-flows-go-on",
        "A connection from before goes on, and a source is lost.",
        _seen(leaks, BEFORE, GOES_ON),
    )
    summary = "Block 203.0.113.7 at the firewall of prod"
    addresses = plan_of(address_part(), summary=summary, action="block-address")
    blocked = standing(PartState.APPLIED, verdict=Verdict.PARTIAL, evidence=LET_THROUGH, plan=addresses)
    yield card(
        "card-flows-block",
        "Who talked to a blocked address: one has stopped, and a connection that was open goes on.",
        _seen(blocked, TALKED, TALKS_ON),
    )


def _proved(verdict: Verdict, outcome: Outcome, text: str) -> Shown:
    told = (
        Evidence("L0", "read back exactly as written", NOW, Outcome.HOLDS),
        Evidence("L1", "the policies that stand now allow the pod nothing", NOW, Outcome.HOLDS),
        Evidence("L3", text, NOW, outcome),
    )
    return standing(
        PartState.APPLIED, verdict=verdict, evidence=told, plan=plan_of(forecast=Forecast.FULL, residual=())
    )


def _seen(one: Shown, *told: Noted) -> Shown:
    names = ("flows-before.json", "flows-after.json")
    captures = tuple(
        Capture(
            f"FB-7K3Q.0{'.after' if number else ''}",
            *("FB-7K3Q", 0, TARGET, "uid-0", NOW, CaptureState.COMPLETE),
            (Item(ItemKind.FLOWS, names[number], "flows", "FB-7K3Q.0/1/flows", 4096, "0" * 64, "k1"),),
            after=bool(number),
            flows=noted,
        )
        for number, noted in enumerate(told)
    )
    return msgspec.structs.replace(one, captures=captures)
