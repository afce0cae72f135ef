"""What goes without a quorum, what a disowned vote leaves, and what was captured: the marks on the card."""

from collections.abc import Iterator
from datetime import timedelta

import msgspec

from bot.adapters.slack.answers import Inbound
from bot.adapters.slack.card import paint, review_modal
from bot.adapters.slack.card.buttons import confirming
from bot.adapters.slack.card.painted import Page
from bot.adapters.slack.form import ids
from bot.adapters.slack.form.confirming import break_modal
from bot.adapters.slack.form.judging import carried, errors_of
from bot.adapters.slack.form.windows import glass, planned
from bot.adapters.slack.grammar import Known
from bot.adapters.slack.spoken import spoken
from bot.domain.evidence import Capture, CaptureState, Item, ItemKind
from bot.domain.findings import Verdict
from bot.domain.refs import POD, KubeRef
from bot.domain.requests import Decision, Mode, Review, Vote
from bot.domain.states import PartState
from bot.domain.suggestions import Cause
from bot.engine.alone import how_to_confirm
from bot.engine.reading import Shown
from bot.engine.ways import Way
from tests.adapters.slack.staging import BOB, DIGEST, LONG_NAME, NOW, plan_of, pod_part, shown
from tests.gallery.piece import Piece
from tests.gallery.pieces.card_states import card, standing
from tests.gallery.pieces.forms import LINE

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
    cause = Cause("g-0123456789abcdef", "s-1", 0, "crypto-miner", 3, "3f" * 32, auto=True)
    cut = msgspec.structs.replace(standing(S.APPLIED), votes=())
    mined = _as(cut, mode=Mode.AUTO, review=Review(LATER, wanted=2), requester=None, cause=cause)
    yield card("card-auto", "A playbook cut the pod without a person; two have to review it.", mined)
    void = Vote("FB-7K3Q", DIGEST, BOB, Decision.APPROVE, NOW, ("security",), voided_at=NOW)
    disowned = _as(msgspec.structs.replace(standing(S.APPLIED), votes=(void,)), review=Review(LATER))
    yield card("card-vote-disowned", "A card whose approval was disowned by its voter.", disowned)
    iced = msgspec.structs.replace(void, voided_at=None)
    waiting = msgspec.structs.replace(shown(), votes=(iced,), frozen=(iced,))
    yield card("card-vote-on-ice", "An approval by an account that is frozen since: not counted.", waiting)
    yield card("card-evidence-missing", "A card that says which evidence is missing.", _captured(shown()))
    modal = review_modal("FB-7K3Q", 1, "0123456789ab")
    yield Piece("modal-review", "modal", modal, "Signing off asks what was looked at.")
    yield from breaking(asked)


def breaking(asked: Shown) -> Iterator[Piece]:
    """Return what stands between the wish to break the glass and its start: in the form, and after typing it."""
    offered = (Way(Mode.SOLO, 3600), Way(Mode.BREAK_GLASS, 7200))
    plan = planned(shown().request, LINE, offered)
    yield Piece(
        "form-plan-ways", "modal", plan, "The plan, with the ways that the policy leaves this person."
    )
    line = f"quarantine prod/payments/{LONG_NAME} for 1h because {LONG_NOTE}"
    wish = carried(line, Known(("prod",)))
    assert wish is not None
    yield Piece("form-glass", "modal", glass(wish, line), "Break-glass asks why it cannot wait.")
    few = {"errors": judged("now! ! !", line), "filled": {"reason": {"text": "now! ! !"}}}
    yield Piece("form-glass-wrong", "modal", {**glass(wish, line), **few}, "Too few words are no reason.")
    yield Piece("form-break", "modal", break_modal(asked.request), "The name, typed, breaks the glass.")
    long = _as(shown(plan=plan_of(pod_part(LONG_NAME, 1))), mode=Mode.BREAK_GLASS)
    yield Piece("form-break-long", "modal", break_modal(long.request), "The same with the longest name.")
    said = spoken(f"{asked.request.id}: {how_to_confirm(asked.request)}")
    blocks = [
        *said.blocks,
        *confirming(Page(asked)),
        *(b for b in paint(asked).blocks if b["type"] != "actions"),
    ]
    yield Piece(
        "answer-break-glass",
        "message",
        {"text": said.text, "blocks": blocks, "ephemeral": True},
        "What who asked to break the glass is told, with the button that asks for the name.",
    )


def judged(reason: str, line: str) -> dict[str, str]:
    """Return what is said at the field."""
    return errors_of(Inbound("form", "U0ALICE", name=ids.GLASS, value=line, reason=reason), Known(("prod",)))


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
