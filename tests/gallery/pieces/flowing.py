"""Who talked to whom, as the one who asked sees it; the pictures that come beside it are in docs/pictures."""

from collections.abc import Iterator

from bot.adapters.slack.letters import letter
from bot.domain.flows.telling import Seen
from bot.domain.letters import AnyLetter, Flows, Sweeping, Tracing
from tests.domain.flows import answered
from tests.gallery.piece import Piece
from tests.gallery.pieces.answers import whisper


def pieces() -> Iterator[Piece]:
    """Return the answers."""
    yield _seen(
        "answer-flows",
        "A pod that calls home: what could be done, its peers, when, and by whom it is known.",
        answered.beaconing(),
    )
    yield _seen("answer-flows-one", "The same of a pod with a single peer.", answered.alone())
    yield _seen(
        "answer-flows-many",
        "The same of a pod with five hundred peers: twelve, and how many more.",
        answered.crowded(),
    )
    yield _seen(
        "answer-flows-none", "Nothing was seen, by a source that would have seen it.", answered.nothing()
    )
    yield _seen(
        "answer-flows-unknown",
        "Nothing can be known: one source is silent, the other covers nothing.",
        answered.unknown(),
    )
    yield _seen(
        "answer-flows-denied", "All that was tried was denied, and by which policy.", answered.refused()
    )
    yield _seen(
        "answer-flows-hostile",
        "Names that mean harm, shown as they are and doing nothing.",
        answered.hostile(),
    )
    yield _piece(
        "answer-trace",
        "How far something may have come from a pod, as a tree with its buttons.",
        "payments/api-1 reached 12 ends, two hops outward.",
        Tracing(answered.followed()),
    )
    yield _piece(
        "answer-sweep",
        "Who talked to one address, cluster by cluster.",
        "203.0.113.7: seen in 1 of 2 clusters.",
        Sweeping(answered.swept()),
    )


def _seen(name: str, alt: str, seen: Seen) -> Piece:
    return _piece(name, alt, seen.headline, Flows(seen))


def _piece(name: str, alt: str, text: str, what: AnyLetter) -> Piece:
    return whisper(name, alt, letter(text, what, number=7))
