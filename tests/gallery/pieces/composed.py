"""Several actions in one request: its form, its card, and what the card says when one of them fails."""

from collections.abc import Iterator

from bot.actions.contain import Contain
from bot.actions.quarantine_pod import QuarantinePod
from bot.adapters.slack.commands import Propose
from bot.adapters.slack.form.confirming import break_modal
from bot.adapters.slack.form.drawing import ask_form
from bot.adapters.slack.form.spelling import values_of
from bot.domain.requests import Mode
from tests.adapters.slack.composed import STORY, cancelled, failed, together
from tests.adapters.slack.staging import shown
from tests.gallery.piece import Piece
from tests.gallery.pieces.card_states import card

MANY = tuple(f"checkout-api-7d9f6b5c4d-{letter * 5}" for letter in "abcdefghijklmnopqrs")


def pieces() -> Iterator[Piece]:
    """Return the form and the cards."""
    asked = Propose(Contain("prod", STORY), 14400, "beaconing to 203.0.113.7")
    yield Piece(
        "form-contain",
        "modal",
        ask_form("contain", values_of(asked, "4h"), 1),
        "A form for pods of several namespaces and an address, filled by a trace.",
    )
    yield card("card-contain", "Three steps before the approval.", shown(plan=together(STORY)))
    yield card(
        "card-contain-many",
        "A step of more pods than a card has room for says how many they are.",
        shown(plan=together((QuarantinePod("prod", "payments", MANY), STORY[-1]))),
    )
    yield Piece(
        "form-break-contain",
        "modal",
        break_modal(shown(plan=together(STORY), mode=Mode.BREAK_GLASS).request),
        "Of several actions the name and the number of the others, typed, break the glass.",
    )
    yield card("card-contain-failed", "Two steps stand, and Azure refused the third.", failed())
    yield card(
        "card-contain-cancelled",
        "Two steps stand; a vote was disowned before the third had begun.",
        cancelled(),
    )
