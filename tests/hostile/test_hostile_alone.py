"""Acting alone, tried by whoever may not, on what must not be, and twice."""

import pytest

from bot.domain.states import PartState
from bot.sandbox.kubernetes.resources import PODS
from bot.sandbox.scene import ALICE, BOB, CARA, DAN, GUEST, STRANGER
from tests.hostile.gate import REASON, Gate

pytestmark = pytest.mark.asyncio(loop_scope="module")

WHY = f"because {REASON} and nobody can be waited for"


def _typed(alone: Gate, text: str) -> str:
    cast = alone.scene.incident
    here = f"prod/{cast.namespace}"
    found = {"POD": f"{here}/{cast.pod}", "PAIR": f"{here}/{cast.pod},{cast.siblings[0]}"}
    found["DNS"] = "prod/kube-system/guarded"
    for word, value in found.items():
        text = text.replace(word, value)
    return text


REFUSED = {
    "two pods solo": (ALICE, f"quarantine PAIR solo {WHY}", "solo-one-pod"),
    "an address solo": (ALICE, f"block 203.0.113.9 solo {WHY}", "solo-not-here"),
    "four hours solo": (ALICE, f"quarantine POD for 4h solo {WHY}", "lease-too-long"),
    "a pod that is protected, solo": (ALICE, f"quarantine DNS solo {WHY}", "target-protected"),
    "a pod that is protected, by break-glass": (
        ALICE,
        f"quarantine DNS break-glass {WHY}",
        "target-protected",
    ),
    "the estate by break-glass": (
        ALICE,
        f"block 203.0.113.9 scope estate break-glass {WHY}",
        "break-glass-estate",
    ),
    "three hours by break-glass": (ALICE, f"quarantine POD for 3h break-glass {WHY}", "lease-too-long"),
    "break-glass without a reason": (ALICE, "quarantine POD break-glass", "reason-needed"),
    "break-glass with a reason of blanks": (
        ALICE,
        "quarantine POD break-glass because a . . . . . . b",
        "reason-needed",
    ),
    "a reviewer who is not on call": (CARA, f"quarantine POD solo {WHY}", "not-a-member"),
    "a member of nothing": (DAN, f"quarantine POD break-glass {WHY}", "not-a-member"),
    "a guest": (GUEST, f"quarantine POD solo {WHY}", "person-restricted"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_nobody_may_do_alone_is_refused_recorded_and_does_nothing(alone: Gate, case: str) -> None:
    user, text, code = REFUSED[case]

    await alone.refused(await alone.slash(user, _typed(alone, text)), code)

    assert not await alone.records("intent")


async def test_somebody_of_another_organisation_acts_alone_as_little(alone: Gate) -> None:
    answer = await alone.slash(STRANGER, _typed(alone, f"quarantine POD solo {WHY}"), forged=True)

    assert (await alone.told(answer)).startswith("Refused: ")
    assert not await alone.records("intent")


async def test_the_last_ready_replica_asks_for_more_than_one_person(alone: Gate) -> None:
    cast, cluster = alone.scene.incident, alone.scene.cluster
    for sibling in cast.siblings:
        cluster.set_ready(PODS, cast.namespace, sibling, ready=False)

    said = await alone.refused(
        await alone.slash(ALICE, _typed(alone, f"quarantine POD solo {WHY}")), "solo-asks-more"
    )

    assert "the last Ready replica" in said
    for sibling in cast.siblings:
        cluster.set_ready(PODS, cast.namespace, sibling, ready=True)


async def test_solo_and_break_glass_are_off_until_the_policy_has_them(gate: Gate) -> None:
    for word in ("solo", "break-glass"):
        said = await gate.refused(
            await gate.slash(ALICE, _typed(gate, f"quarantine POD {word} {WHY}")), f"{word}-off"
        )
        assert "off until it is configured" in said


async def test_only_who_broke_the_glass_confirms_it_once_by_its_plan_and_name(alone: Gate) -> None:  # noqa: PLR0915 - one story
    bot = alone.bot
    request_id = await bot.propose(ALICE, _typed(alone, f"quarantine POD break-glass {WHY}"))
    plan = (await alone.value(request_id)).rpartition(":")[2]
    name = alone.scene.incident.pod
    confirm = f"confirm {request_id} {plan} name {name}"

    await alone.refused(await alone.slash(BOB, confirm), "not-yours")
    await alone.refused(await alone.slash(GUEST, confirm), "person-restricted")
    await alone.refused(await alone.slash(ALICE, f"confirm {request_id} {plan} name {name}x"), "name-needed")
    await alone.refused(
        await alone.slash(ALICE, f"confirm {request_id} {'0' * 12} name {name}"), "outdated-plan"
    )
    await alone.refused(await alone.slash(BOB, f"approve {request_id} {plan}"), "not-by-vote")
    forged = await alone.press(
        CARA, request_id, "ir_approve", forged=True, value=await alone.value(request_id)
    )
    await alone.refused(forged, "not-by-vote")
    await alone.refused(await alone.slash(BOB, f"review {request_id} because fine"), "nothing-to-review")
    await alone.undecided(request_id)

    confirmed = await alone.slash(ALICE, confirm)
    assert "Refused" not in await alone.told(confirmed)
    await bot.until_state(request_id, PartState.APPLIED)
    await alone.workspace.replay(confirmed)
    await alone.refused(await alone.slash(ALICE, confirm), "already-decided")
    assert len([r for r in await alone.records("decided") if r["request"] == request_id]) == 1

    await alone.refused(await alone.slash(ALICE, f"review {request_id} because I say so"), "own-review")
    await alone.refused(await alone.slash(DAN, f"review {request_id} because fine"), "not-a-member")
    pressed = await alone.press(DAN, request_id, "ir_review")
    view = await alone.workspace.until(lambda: pressed.view)
    sent = await alone.workspace.submit_view(DAN, view.id, {"reason": {"text": "fine"}})
    await alone.refused(sent, "not-a-member")
    assert (await bot.request(request_id)).review is not None
    assert "review open" in await bot.ask(BOB, "reviews")
