"""What would close what stays open, as commands that exist and are possible here: an offer is never a hope."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from bot.domain.addresses import RESERVED, guard
from bot.domain.findings import OFFER_RANK, Forecast, Offer, OfferKind, Refusal
from bot.domain.isolation.choosing import WORDS, choose
from bot.domain.isolation.cutting import StrategyName
from bot.domain.plans import Plan
from bot.domain.quarantine.detached import helps
from bot.domain.quarantine.means import Chosen, means_of
from bot.domain.quarantine.scene import Scene
from bot.domain.queries import Access, Answer, FirewallFacts
from bot.domain.requests import PartRow
from bot.domain.residual.worst import Closing, How

MOST: Final = 3
_FLOORS: Final = frozenset({StrategyName.NETWORK_POLICY, StrategyName.DETACH})
_CLOSABLE: Final = frozenset({Forecast.PARTIAL, Forecast.UNKNOWN})


class Possible(msgspec.Struct, frozen=True):
    """
    What could be done about these targets beside what is planned.

    ``deny`` is what one types for the engine's own deny, empty where there is none or it is what is planned already;
    ``detach`` whether other labels are another way; ``guarded`` are ranges that must never be blocked, with the
    reason, ``None`` without a firewall.
    """

    deny: str = ""
    detach: bool = False
    guarded: tuple[tuple[str, str], ...] | None = None


def possible(scene: Scene, told: Iterable[tuple[Access, Answer]], planned: tuple[Chosen, ...]) -> Possible:
    """Return what is possible for all targets alike: one request takes one strategy."""
    used = {how.strategy.name for how in planned}
    means = means_of(scene, tuple(told))
    denies = (word for word, name in WORDS.items() if name not in _FLOORS)
    usable = (
        word
        for word in denies
        if all(
            not isinstance(choose(scene.engine(pod), means, word), Refusal) for pod in scene.around.targets
        )
    )
    return Possible(
        deny=next(usable, "") if used <= _FLOORS else "",
        detach=used == {StrategyName.NETWORK_POLICY} and _all_escape(scene, planned),
        guarded=guarded(scene),
    )


def guarded(scene: Scene) -> tuple[tuple[str, str], ...] | None:
    """Return what must never be blocked at the cluster's firewall, with the reason; ``None`` without one to block at."""
    return guarded_at(scene.cluster.firewall)


def guarded_at(firewall: FirewallFacts | None) -> tuple[tuple[str, str], ...] | None:
    """Return the same of a firewall."""
    usual = firewall is not None and firewall.cluster_group is not None
    return (*firewall.guarded, *RESERVED) if firewall is not None and usual else None


def _all_escape(scene: Scene, planned: tuple[Chosen, ...]) -> bool:
    return all(helps(scene, pod, how) for pod, how in zip(scene.around.targets, planned, strict=True))


def offers(ways: Iterable[Closing], here: Possible) -> tuple[Offer, ...]:
    """Return what would close a line, best first: as far as it is possible."""
    return tuple(sorted(_offers(ways, here), key=lambda offer: OFFER_RANK[offer.kind]))


def _offers(ways: Iterable[Closing], here: Possible) -> Iterator[Offer]:
    for way in ways:
        match way.how:
            case How.ENGINE_DENY if here.deny:
                yield Offer(OfferKind.DENY, here.deny)
            case How.DETACH if here.detach:
                yield Offer(OfferKind.DETACH, StrategyName.DETACH.value)
            case How.BLOCK_ADDRESS if here.guarded is not None and _free(way.address, here.guarded):
                yield Offer(OfferKind.BLOCK, way.address)
            case _:
                pass


def _free(address: str, guarded: tuple[tuple[str, str], ...]) -> bool:
    try:
        return guard(address, guarded) is None
    except ValueError:
        return False  # a guard that cannot be read refuses all


def closing(plan: Plan, *, decided: bool, rows: Iterable[PartRow] = ()) -> tuple[Offer, ...]:
    """
    Return what is offered for a plan, a few at most: the best first, then what closes the worst.

    ``decided``: it is no longer a question, so that the same pods cannot be asked for in another way. ``rows`` are its
    parts: what was found open since stands before what the plan said.
    """
    found = (offer for row in rows for told in row.evidence for offer in told.offers)
    said = (offer for finding in plan.residual for offer in finding.offers)
    every = dict.fromkeys((*found, *said))
    asked = plan.forecast in _CLOSABLE and not decided
    open_to = (offer for offer in every if asked or offer.kind is OfferKind.BLOCK)
    return tuple(sorted(open_to, key=lambda offer: OFFER_RANK[offer.kind]))[:MOST]
