"""What was agreed of each step of a plan is kept, and held against what it says when it is made again."""

from typing import Any

import msgspec
import pytest

from bot.actions import parameters
from bot.actions.contain import Single
from bot.actions.quarantine_pod import QuarantinePod
from bot.domain.composing import alone, joined
from bot.domain.digests import digest, worse
from bot.domain.documents import Document
from bot.domain.findings import BlastRadius, Finding, Forecast, Unseen
from bot.domain.plans import Plan
from tests.actions.staged import NOW, REQUEST, planned, pod
from tests.actions.test_contain_plan import CART, TERMS, WEB, contain, world


def fallen(plan: Plan, number: int, **changed: Any) -> Plan:
    steps = list(plan.steps)
    steps[number] = msgspec.structs.replace(steps[number], **changed)
    return msgspec.structs.replace(plan, steps=tuple(steps))


def test_what_one_step_gains_hides_nothing_that_another_loses() -> None:
    plan = planned(contain(), world())
    better = fallen(plan, 3, forecast=Forecast.FULL, blast_radius=BlastRadius())
    first = plan.steps[0]

    assert worse(plan, plan, 0) == ()
    assert worse(plan, better, 0) == ()
    (found,) = worse(plan, fallen(better, 0, forecast=Forecast.NOT_ENFORCED), 0)
    assert (found.code, found.subject) == ("forecast", "step 1, quarantine-pod")
    grown = msgspec.structs.replace(first.blast_radius, services=("payments/api", "payments/more"))
    (found,) = worse(plan, fallen(better, 0, blast_radius=grown), 0)
    assert found.code == "blast-radius"


def joined_of(pod: Plan, web: Plan) -> Plan:
    plan = joined("contain", Document.of({}), (pod, web))
    assert isinstance(plan, Plan), plan
    return plan


@pytest.mark.parametrize("field", ["residual", "side_effects", "warnings"])
def test_what_one_step_said_already_hides_nothing_that_another_says_anew(field: str) -> None:
    made = world()
    made.put(pod("web", namespace="shop", labels={"app": "solo"}))
    pods, web = planned(QuarantinePod("prod", "shop", ("web",)), made), planned(WEB, made)
    found = Finding("open-ingress", "shop/web", "anybody can reach it")
    said = msgspec.structs.replace(pods, **{field: (found,)})
    before, after = joined_of(said, web), joined_of(said, msgspec.structs.replace(web, **{field: (found,)}))

    assert worse(before, before, 0) == ()
    (gained,) = worse(before, after, 0)
    assert (gained.code, gained.subject) == ("open-ingress", "shop/web")
    assert gained.text == "step 2: anybody can reach it"
    (gained,) = worse(joined_of(pods, web), joined_of(said, web), 0)
    assert gained == found, "what nobody said before is told once, and not of the step again"


def test_what_one_step_could_not_see_before_hides_no_other_that_is_blind_now() -> None:
    pods, web = planned(CART, world()), planned(WEB, world())
    blind = Unseen("which policies there are", "403")
    said = msgspec.structs.replace(pods, unseen=(blind,))
    before = joined_of(said, msgspec.structs.replace(web, unseen=()))
    after = joined_of(said, msgspec.structs.replace(web, unseen=(blind,)))

    (gained,) = worse(before, after, 0)
    assert gained.text == "step 2: no longer seen"


def numbered_from(first: int, step: Single) -> Plan:
    made, planning = world(), step.plan(NOW, REQUEST, first)
    batch = next(planning)
    plan: object = None
    while plan is None:
        try:
            batch = planning.send(tuple(made.answer(query) for query in batch))
        except StopIteration as stop:
            plan = stop.value
    assert isinstance(plan, Plan), plan
    return plan


def test_what_is_agreed_of_one_step_is_what_it_would_be_alone_under_the_same_numbers() -> None:
    action, made = contain(), world()
    plan = planned(action, made)
    for number, step in enumerate(action.steps):
        first = plan.span_of(number).start
        again = numbered_from(first, step)
        own = alone(plan, number, parameters(step))
        assert digest(own, TERMS) == digest(again, TERMS)
        assert worse(own, again, 0) == ()
        assert own.also == again.also == plan.also_of(number)
        assert [plan.step_of(first + n) for n in range(len(own.parts))] == [number] * len(own.parts)
