"""What the bot writes to one person: receipts, the warning of a lease, offers to hand over; and what it alarms with."""

from collections.abc import Iterator
from datetime import timedelta

from bot.adapters.slack.card import Painted
from bot.adapters.slack.letters import letter
from bot.adapters.slack.spoken import spoken
from bot.domain.letters import Offer, Receipt, Sweep
from bot.domain.people import Principal
from bot.engine.undoing import inventory
from tests.adapters.slack.staging import ALICE, LONG_NAME, NOW
from tests.gallery.piece import Piece

TOKEN = "00000000-0000-4000-8000-000000000000"
SUMMARY = "Cut payments/api-7d9f in prod off the network, and no other pod"
LONG = f"Cut payments/{LONG_NAME} in prod off the network חשוד 🔥 <!channel> *not bold*"
LEASE = f"FB-7K3Q (lease until 03-04 06:14 UTC): {SUMMARY}"


def pieces() -> Iterator[Piece]:
    """Return what people get by direct message, and the alarm."""
    yield _piece(
        "receipt-approve", letter("-", _receipt()), "The receipt of an approval, with a button for: not me."
    )
    denied = _receipt(decision="deny", way="command")
    yield _piece("receipt-deny", letter("-", denied), "The receipt of a denial that was typed.")
    hard = _receipt(summary=LONG)
    yield _piece(
        "receipt-long", letter("-", hard), "A receipt for the longest name, in which marks stay text."
    )
    yield _piece("not-me-answer", _not_me(), "What its owner is told once a vote was disowned.")
    yield _piece("not-me-alarm", _alarm(), "The alarm in the approval channel, mentioning the approvers.")
    yield _piece("handover-offer", letter("-", _offer(LEASE)), "An offer to hand over one lease.")
    bare = ("2 in all: FB-7K3Q, FB-9Z1A", "You may not read here, so no more is shown.")
    yield _piece("handover-offer-ids", letter("-", _offer(*bare)), "The same to somebody who may not read.")
    many = (*(f"FB-{n:05d} (waiting): {LONG}" for n in range(10)), "and 40 more")
    yield _piece(
        "handover-offer-long", letter("-", _offer(*many)), "An offer of fifty things with the longest names."
    )
    taken = letter("They took over: FB-7K3Q, FB-9Z1A. You answer for none of it now.", None, ("<@U0BOB>",))
    yield _piece("handover-taken", taken, "What the giver is told once the other has accepted.")
    warned = letter(
        "The lease of FB-7K3Q ends in 15 minutes: then it stays cut and becomes OVERDUE. Longer: /ir extend FB-7K3Q 1h"
    )
    yield _piece("lease-warning", warned, "The warning to who holds a lease, fifteen minutes before its end.")
    yield from sweeps()


def sweeps() -> Iterator[Piece]:
    """Return the answer that rolls back all of an incident by one click."""
    for name, alt, summary, count in (
        ("answer-rollback-incident", "What of an incident can be rolled back, with the button.", SUMMARY, 2),
        ("answer-rollback-incident-long", "The same for twenty things with the longest names.", LONG, 20),
    ):
        lines = ["IN-7K3Q: what is active, and what you may release of it."]
        lines += ["Press the button, or type: /ir rollback incident IN-7K3Q confirm 0123456789ab"]
        lines += inventory("would be released", [(f"FB-{n:05d}", summary) for n in range(count)])
        needs = "you are none of those who may. It needs one of security: /ir rollback FB-9Z1AX It is: "
        lines += inventory("stays", [("FB-9Z1AX", needs + summary)])
        painted = letter("\n".join(lines), Sweep("IN-7K3Q", "0123456789ab", count, "command:1.2.abc"))
        said = {"text": painted.text, "blocks": painted.blocks, "ephemeral": True}
        yield Piece(name, "message", said, alt)


def _piece(name: str, painted: Painted, alt: str) -> Piece:
    return Piece(name, "message", {"text": painted.text, "blocks": painted.blocks}, alt)


def _receipt(summary: str = SUMMARY, decision: str = "approve", way: str = "click") -> Receipt:
    return Receipt("FB-7K3Q", summary, "0123456789ab", decision, NOW, way, TOKEN)


def _offer(*items: str) -> Offer:
    return Offer(Principal(ALICE.team, ALICE.user), items, NOW + timedelta(hours=8), TOKEN)


def _not_me() -> Painted:
    return spoken(
        "Your vote on FB-7K3Q is void and your account is frozen here. Secure it; an operator unfreezes it."
    )


def _alarm() -> Painted:
    text = (
        "The approval of FB-7K3Q by T0HOME:U0BOB is void: its owner says that it was not theirs. What stands stays "
        "contained and needs a review. The account is frozen: treat it as stolen, and look at what it did."
    )
    return spoken(text, ("<@U0BOB>", "<!subteam^S0SECURITY>"))
