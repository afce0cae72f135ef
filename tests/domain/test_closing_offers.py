"""What is offered to close an opening: only what is possible here, the best first, a few at most."""

from bot.domain.documents import Document
from bot.domain.findings import Finding, Forecast, Offer, OfferKind
from bot.domain.plans import Plan
from bot.domain.quarantine.closing import MOST, Possible, closing, offers
from bot.domain.residual.worst import Closing, How

EVERY = (Closing(How.BLOCK_ADDRESS, "203.0.113.7"), Closing(How.DETACH), Closing(How.ENGINE_DENY))
DENY, DETACH = Offer(OfferKind.DENY, "calico"), Offer(OfferKind.DETACH, "detach")
BLOCK = Offer(OfferKind.BLOCK, "203.0.113.7")


def plan(forecast: Forecast = Forecast.PARTIAL, *findings: Finding) -> Plan:
    empty = Document.of({})
    return Plan("quarantine-pod", empty, "prod", "u", "", "", (), "", forecast=forecast, residual=findings)


def opening(name: str, *found: Offer) -> Finding:
    return Finding(f"open-{name}", name, name, found)


def test_the_best_stands_first() -> None:
    assert offers(EVERY, Possible("calico", True, ())) == (DENY, DETACH, BLOCK)


def test_what_is_not_possible_here_is_not_offered() -> None:
    assert offers(EVERY, Possible()) == ()
    assert offers((Closing(How.ISOLATE),), Possible("calico", True, ())) == ()


def test_an_address_that_must_never_be_blocked_is_not_offered() -> None:
    assert offers(EVERY, Possible(guarded=(("203.0.113.0/24", "the partner"),))) == ()
    assert offers(EVERY, Possible(guarded=(("not an address", "a slip"),))) == ()


def test_a_question_that_is_decided_leaves_only_the_firewall() -> None:
    asked = plan(Forecast.PARTIAL, opening("internet", DENY, BLOCK))

    assert closing(asked, decided=False) == (DENY, BLOCK)
    assert closing(asked, decided=True) == (BLOCK,)


def test_where_nothing_enforces_no_other_policy_is_offered() -> None:
    assert closing(plan(Forecast.NOT_ENFORCED, opening("internet", DENY, BLOCK)), decided=False) == (BLOCK,)


def test_many_addresses_leave_room_for_what_is_best() -> None:
    blocks = [Offer(OfferKind.BLOCK, f"203.0.113.{n}") for n in range(9)]
    found = closing(
        plan(Forecast.PARTIAL, opening("internet", *blocks), opening("nodes", DENY)), decided=False
    )

    assert found == (DENY, *blocks[: MOST - 1])
