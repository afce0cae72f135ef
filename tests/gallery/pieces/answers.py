"""What the bot says to the one who typed: help, and what it did not understand."""

from collections.abc import Iterator

import msgspec

from bot.adapters.slack.card.painted import Painted
from bot.adapters.slack.grammar import Known, Mistake, parse
from bot.adapters.slack.help import help_text
from bot.adapters.slack.spoken import explained, mistaken, spoken
from bot.domain.findings import Refusal
from bot.domain.people import Principal
from bot.domain.policy import Subject, may_vote, protected_hits
from bot.engine.saying import worded
from tests.actions.cluster import cluster, quarantine
from tests.actions.staged import drive
from tests.adapters.slack.staging import LONG_NAME, shown
from tests.domain.policy.worlds import CLEO, EVE, a_ballot, a_policy
from tests.domain.policy.worlds import KNOWN as KNOWN_MEMBERS
from tests.gallery.piece import Piece
from tests.gallery.pieces.card_states import card

KNOWN = Known(clusters=("prod", "staging"))


def pieces() -> Iterator[Piece]:
    """Return the answers."""
    yield whisper("answer-help", "The help: its topics, and how to ask.", explained(help_text()))
    yield whisper(
        "answer-help-decide",
        "The help on one topic, a line for each command.",
        explained(help_text("decide")),
    )
    yield whisper("answer-help-quarantine", "The help of one action.", explained(help_text("quarantine")))
    yield typed(
        "answer-mistake",
        "A word that is not known, pointed at, with the nearest.",
        "quarantin payments/api-7d9f for 4h",
    )
    long = f"quarantine payments/{LONG_NAME} for fore because it beacons"
    yield typed("answer-mistake-long", "A mistake far along a very long line.", long)
    yield from refusals()
    request = msgspec.structs.replace(
        shown().request, requester=Principal("T0HOME", "U0LONG"), reason="x" * 900
    )
    of = msgspec.structs.replace(shown(), request=request)
    yield card("card-long-people", "A requester with a very long name and a reason as long as it may be.", of)


def refusals() -> Iterator[Piece]:
    """Return what is answered most often where something is not done."""
    policy, now = a_policy(), 1001.0
    own = may_vote(policy, a_ballot(requester=CLEO), CLEO, KNOWN_MEMBERS, now)
    yield refused("answer-own-request", "Approving one's own request.", own)
    member = may_vote(policy, a_ballot(), EVE, KNOWN_MEMBERS, now)
    yield refused("answer-not-a-member", "Approving without being an approver.", member)
    (hit,) = protected_hits(policy.protected, [Subject("kube-system", "coredns-1")], [])
    yield refused("answer-protected", "Asking for a protected pod.", hit)
    gone = drive(quarantine("api-11"), cluster())
    yield refused("answer-pod-absent", "A pod that is not there, with the closest names.", gone)


def refused(name: str, alt: str, refusal: object) -> Piece:
    """Return a refusal as the one who asked sees it."""
    assert isinstance(refusal, Refusal), refusal
    return whisper(name, alt, spoken(worded(refusal)))


def whisper(name: str, alt: str, said: Painted) -> Piece:
    """Return what only one person sees as a piece."""
    return Piece(name, "message", {"text": said.text, "blocks": said.blocks, "ephemeral": True}, alt)


def typed(name: str, alt: str, line: str) -> Piece:
    """Return the answer to a line that is not understood. It must not be a command."""
    found = parse(line, KNOWN)
    assert isinstance(found, Mistake), f"that is understood: {line}"
    return whisper(name, alt, mistaken(found))
