"""The request that would close what another leaves open: prepared in the form, asked for by whoever sends it."""

import msgspec

from bot.actions import CATALOGUE, revive
from bot.actions.block_address import BlockAddress
from bot.adapters.slack.card.painted import Block
from bot.adapters.slack.commands import Propose
from bot.adapters.slack.form.drawing import ask_form
from bot.adapters.slack.form.spelling import values_of
from bot.domain.findings import OfferKind
from bot.domain.policy.durations import told
from bot.domain.quarantine.closing import closing
from bot.domain.states import FINAL, PartState
from bot.engine.reading import Shown


def wish_of(shown: Shown, place: int) -> Propose | None:
    """Return what the button at this place (from 0) of a card prepares; ``None`` where the card has none there."""
    request = shown.request
    if shown.state in FINAL:
        return None
    offers = closing(request.plan, decided=shown.state is not PartState.PROPOSED, rows=shown.rows)
    if place >= len(offers):
        return None
    offer = offers[place]
    if offer.kind is OfferKind.BLOCK:
        return Propose(BlockAddress(request.plan.cluster, (offer.value,)), reason=request.reason)
    action = revive(request.action, request.parameters)
    return Propose(
        msgspec.structs.replace(action, using=offer.value), request.terms.lease, reason=request.reason
    )


def wish_form(wish: Propose, clusters: int) -> Block:
    """Return the form, filled in."""
    lease = "" if wish.lease is None else told(wish.lease)
    return ask_form(CATALOGUE[wish.action.name].word, values_of(wish, lease), clusters)
