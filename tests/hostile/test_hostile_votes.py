"""Votes that must not count: outdated, double, late, after the decision, without a reason."""

import asyncio

import pytest

from bot.domain.states import PartState
from bot.sandbox.kubernetes.resources import PODS
from bot.sandbox.scene import ALICE, BOB, CARA, CHANNEL, DAN
from bot.sandbox.slack.answers import Answer
from tests.hostile.gate import REASON, Gate

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_an_outdated_plan_cannot_be_approved_though_its_changes_are_the_same(either: Gate) -> None:
    request_id, old = await _renewed(either)
    new = await either.value(request_id)
    assert (old.split(":")[1], new.split(":")[1]) == ("1", "2")

    clicked = await either.press(CARA, request_id, forged=True, value=old)
    await either.refused(clicked, "outdated-plan")
    typed = await either.slash(CARA, f"approve {request_id} {old.rpartition(':')[2]}")
    await either.refused(typed, "outdated-plan")

    assert await either.state(request_id) is PartState.PROPOSED
    assert not await either.records("intent")


async def test_who_approved_the_plan_that_became_void_can_approve_the_new_one(either: Gate) -> None:
    request_id, _ = await _renewed(either)

    said = await either.told(await either.press(BOB, request_id))

    assert "approved and starts now" in said
    await either.bot.until_state(request_id, PartState.APPLIED)
    votes = [r for r in await either.records("vote") if r["request"] == request_id]
    assert len({record["digest"] for record in votes}) == len(votes) == 2


async def test_a_world_that_became_worse_asks_for_the_approvers_that_it_calls_for(gate: Gate) -> None:
    request_id = await gate.asked()
    cast = gate.scene.incident
    for sibling in cast.siblings:
        gate.scene.cluster.set_ready(PODS, cast.namespace, sibling, ready=False)

    await gate.told(await gate.press(BOB, request_id))
    await gate.bot.until(lambda: _asked_anew(gate, request_id))
    said = await gate.told(await gate.press(BOB, request_id))

    assert "counts; 1 more needed" in said
    assert "approved and starts now" in await gate.told(await gate.press(CARA, request_id))
    await gate.bot.until_state(request_id, PartState.APPLIED)


async def _renewed(gate: Gate) -> tuple[str, str]:
    """Have BOB approve while the world becomes worse: the plan is asked anew. Return id and the old card's value."""
    request_id = await gate.asked()
    old = await gate.value(request_id)
    cast = gate.scene.incident
    gate.scene.cluster.add_service(cast.namespace, "late", {"app": "api"})
    await gate.told(await gate.press(BOB, request_id))
    await gate.bot.until(lambda: _asked_anew(gate, request_id))
    return request_id, old


async def _asked_anew(gate: Gate, request_id: str) -> bool:
    return (await gate.bot.request(request_id)).revision == 2


async def test_a_double_click_is_one_vote(either: Gate) -> None:
    request_id = await either.asked()
    card = await either.bot.card(request_id)

    async def click() -> Answer:
        return await either.workspace.click(BOB, CHANNEL, card.ts, "ir_approve")

    answers = await asyncio.gather(*(click() for _ in range(6)))
    said = [await either.told(answer) for answer in answers]
    await either.bot.until_state(request_id, PartState.APPLIED)

    assert all(answer.acked for answer in answers)
    assert any("approved and starts now" in each for each in said)
    assert len(await either.records("vote")) == 1
    assert set(await either.refusals()) <= {"already-decided", "voted-already"}
    assert len(await either.refusals()) == 5
    assert [r["outcome"] for r in await either.records("result")].count("accepted") == 1


async def test_two_approvers_at_once_are_one_approval(either: Gate) -> None:
    request_id = await either.asked()

    answers = await asyncio.gather(either.press(BOB, request_id), either.press(CARA, request_id))
    for answer in answers:
        await either.told(answer)
    await either.bot.until_state(request_id, PartState.APPLIED)

    assert len(await either.records("vote")) == 1
    assert await either.refusals() == ["already-decided"]
    assert len(await either.records("intent")) == 1


async def test_yes_and_no_at_once_are_one_decision(gate: Gate) -> None:
    request_id = await gate.asked()

    answers = await asyncio.gather(
        gate.press(BOB, request_id), gate.slash(CARA, f"deny {request_id} because {REASON}")
    )
    for answer in answers:
        await gate.told(answer)

    decided = [r["outcome"] for r in await gate.records("decided")]
    assert len(decided) == 1
    assert await gate.refusals() == ["already-decided"]
    wanted = PartState.APPLIED if decided == ["approve"] else PartState.DENIED
    await gate.bot.until_state(request_id, wanted)


async def test_an_approval_after_the_question_closed_is_late(gate: Gate) -> None:
    request_id = await gate.asked()
    value = await gate.value(request_id)
    gate.bot.clock.turn(hours=2)
    await gate.bot.until_state(request_id, PartState.EXPIRED)

    await gate.refused(await gate.press(BOB, request_id, forged=True, value=value), "already-decided")
    plan = value.rpartition(":")[2]
    await gate.refused(await gate.slash(BOB, f"approve {request_id} {plan}"), "already-decided")

    assert not await gate.records("vote")
    assert not await gate.records("intent")


async def test_an_approval_that_overtakes_the_expiry_is_late_too(gate: Gate) -> None:
    request_id = await gate.asked()
    gate.bot.clock.turn(hours=2)  # and the vote comes before the clock's next tick, or after: late either way

    said = await gate.told(await gate.press(BOB, request_id, forged=True, value=await gate.value(request_id)))

    assert said.startswith("Refused: ")
    assert set(await gate.refusals()) <= {"approval-expired", "already-decided"}
    assert not await gate.records("vote")


async def test_an_approval_after_a_denial_is_refused_and_the_denial_stands(either: Gate) -> None:
    request_id = await either.asked()
    value = await either.value(request_id)
    await either.told(await either.slash(CARA, f"deny {request_id} because {REASON}"))

    await either.refused(await either.press(BOB, request_id, forged=True, value=value), "already-decided")

    assert await either.state(request_id) is PartState.DENIED
    assert not await either.records("intent")


async def test_a_denial_without_words_is_sent_back_to_its_form(either: Gate) -> None:
    request_id = await either.asked()
    view = await either.denying(BOB, request_id)

    for reason in ("", "   ", "\n\t", "\u200b\u200b", "\u2060", "\u3164", "\u202e"):
        answer = await either.workspace.submit_view(BOB, view.id, {"reason": {"text": reason}}, forged=True)
        assert set(answer.errors) == {"reason"}, reason

    await either.undecided(request_id)
    again = await either.workspace.submit_view(BOB, view.id, {"reason": {"text": REASON}})
    assert again.errors == {}
    await either.bot.until_state(request_id, PartState.DENIED)


async def test_a_typed_denial_without_a_reason_is_not_understood(gate: Gate) -> None:
    request_id = await gate.asked()

    for line in (f"deny {request_id}", f"deny {request_id} because", f"deny {request_id} because \u200b"):
        assert "reason" in await gate.told(await gate.slash(BOB, line))

    await gate.undecided(request_id)


async def test_a_denial_of_somebody_who_may_not_approve_is_refused(either: Gate) -> None:
    request_id = await either.asked()

    await either.refused(await either.slash(DAN, f"deny {request_id} because {REASON}"), "not-a-member")
    view = await either.denying(DAN, request_id)
    await either.refused(
        await either.workspace.submit_view(DAN, view.id, {"reason": {"text": REASON}}), "not-a-member"
    )

    await either.undecided(request_id)


async def test_the_requester_may_withdraw_but_that_is_no_approval(gate: Gate) -> None:
    request_id = await gate.asked()

    await gate.told(await gate.slash(ALICE, f"deny {request_id} because {REASON}"))

    await gate.bot.until_state(request_id, PartState.CANCELLED)
    assert not await gate.records("intent")
