"""The forms that the cards open."""

from collections.abc import Iterator

from bot.adapters.slack.card import deny_modal, details
from tests.adapters.slack.staging import shown
from tests.gallery.piece import Piece


def pieces() -> Iterator[Piece]:
    """Return the forms."""
    deny = deny_modal("FB-7K3Q", 1, "0123456789ab")
    yield Piece("modal-deny", "modal", deny, "Deny asks for a reason.")
    wrong = {**deny, "errors": {str(deny["blocks"][0]["block_id"]): "Say why: it is read by whoever asked."}}
    yield Piece("modal-deny-wrong", "modal", wrong, "Deny without a reason says what to do.")
    yield Piece("modal-details", "modal", details(shown()), "Details: the whole plan, objects and commands.")
