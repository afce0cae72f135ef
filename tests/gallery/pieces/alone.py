"""What goes without a quorum, what a disowned vote leaves, and what was captured: the marks on the card."""

from collections.abc import Iterator
from datetime import timedelta

import msgspec

from bot.adapters.slack.card import review_modal
from bot.domain.evidence import Capture, CaptureState, Item, ItemKind
from bot.domain.findings import Verdict
from bot.domain.refs import POD, KubeRef
from bot.domain.requests import Decision, Mode, Review, Vote
from bot.domain.states import PartState
from bot.engine.reading import Shown
from tests.adapters.slack.staging import BOB, DIGEST, LONG_NAME, NOW, shown
from tests.gallery.piece import Piece
from tests.gallery.pieces.card_states import card, standing

S = PartState
LATER = NOW + timedelta(minutes=30)
LONG_NOTE = "its flows stopped; לא נמצא דבר חשוד 🔎 " + "and nothing else was found " * 12


def pieces() -> Iterator[Piece]:
    """Return the cards, and the form that signs off."""
    solo = _as(standing(S.APPLIED, verdict=Verdict.INCONCLUSIVE), mode=Mode.SOLO, review=Review(LATER))
    yield card("card-solo", "A pod that one on-call cut alone; its review is open.", solo)
    reviewed = Review(LATER, BOB, NOW, LONG_NOTE)
    yield card("card-solo-reviewed", "The same, signed off with a long note.", _as(solo, review=reviewed))
    asked = _as(shown(), mode=Mode.BREAK_GLASS, review=Review(LATER))
    yield card("card-break-glass-asked", "Break-glass waits for who asked to confirm it by typing.", asked)
    broken = _as(standing(S.APPLIED), mode=Mode.BREAK_GLASS, review=Review(LATER))
    yield card("card-break-glass", "Break-glass went past the approvers; its review is open.", broken)
    void = Vote("FB-7K3Q", DIGEST, BOB, Decision.APPROVE, NOW, ("security",), voided_at=NOW)
    disowned = _as(msgspec.structs.replace(standing(S.APPLIED), votes=(void,)), review=Review(LATER))
    yield card("card-vote-disowned", "A card whose approval was disowned by its voter.", disowned)
    yield card("card-evidence-missing", "A card that says which evidence is missing.", _captured(shown()))
    modal = review_modal("FB-7K3Q", 1, "0123456789ab")
    yield Piece("modal-review", "modal", modal, "Signing off asks what was looked at.")


def _as(one: Shown, **fields: object) -> Shown:
    return msgspec.structs.replace(one, request=msgspec.structs.replace(one.request, **fields))


def _captured(one: Shown) -> Shown:
    kept = Item(ItemKind.MANIFEST, "manifest.json", "manifest", "FB-7K3Q.0/1/01", 4096, "0" * 64, "k1")
    gone = Item(ItemKind.LOG, "log-app.txt", f"logs of {LONG_NAME[:63]}", missing="the pod is gone")
    none = Item(
        ItemKind.PREVIOUS, "previous-app.txt", "previous logs of app", missing="none kept", normal=True
    )
    pod = KubeRef("prod", POD, "payments", "api-7d9f")
    capture = Capture("FB-7K3Q.0", "FB-7K3Q", 0, pod, "uid-0", NOW, CaptureState.PARTIAL, (kept, gone, none))
    return msgspec.structs.replace(one, captures=(capture,))
