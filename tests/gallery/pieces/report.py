"""The report of an incident: a page that stands alone, as it is posted and as it is exported."""

from collections.abc import Iterator

import msgspec

from bot.adapters.report import page
from bot.domain.report.composing import compose
from tests.domain.report.given import source
from tests.gallery.piece import Piece

TITLE = "Cut payments/api-7d9f in prod off the network, and no other pod"


def pieces() -> Iterator[Piece]:
    """Return the page of a whole containment, and of one that ran solo, still stands and was not reviewed."""
    whole = msgspec.structs.replace(source(TITLE), names={"T0HOST:U0ALICE": "Alice", "T0HOST:U0BOB": "Bob"})
    html = page(compose(whole))
    yield Piece(
        "report",
        "page",
        {"html": html},
        "The report of an incident: five lines in short, then each question answered with its proof.",
    )
    alone = source("Cut חשוד 🔥 <!channel> off =1+1", mode="solo", whole=False)
    html = page(compose(alone))
    yield Piece(
        "report-solo",
        "page",
        {"html": html},
        "The report of what ran solo: it still stands, nobody has reviewed it.",
    )
