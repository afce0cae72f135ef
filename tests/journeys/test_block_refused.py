"""Every way in which Azure says no, or says nothing: told apart, waited out within bounds, and ended rightly."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.domain.states import PartState
from bot.sandbox.azure import Behaviour, Fault, LostAnswer, LostRequest, faults
from bot.sandbox.scene import ALICE, BOB
from tests.journeys.firewall import ADDRESS, MINUTES, entries, puts
from tests.journeys.stage import stage
from tests.journeys.test_block_journey import BLOCK


@dataclass(frozen=True)
class Case:
    """
    A fault, where the part ends, what people are told, and how many writes are asked for in all.

    After a lost connection aiohttp may repeat a request by itself, if the connection had been used before.
    """

    fault: Fault
    ends: PartState
    told: str = ""
    asked: tuple[int, ...] = (1,)
    stands: bool = True


CASES = {
    "busy is waited out": Case(faults.busy(), PartState.APPLIED, asked=(2,)),
    "outdated is read again": Case(faults.outdated(), PartState.APPLIED, asked=(2,)),
    "throttled is waited out": Case(faults.throttled(1), PartState.APPLIED, asked=(2,)),
    "a lock is told": Case(faults.locked(), PartState.FAILED, "ScopeLocked", stands=False),
    "no permission is told": Case(faults.denied(), PartState.FAILED, "AuthorizationFailed", stands=False),
    "an Azure Policy is told": Case(
        faults.denied("RequestDisallowedByPolicy"), PartState.FAILED, "Azure Policy forbids", stands=False
    ),
    "a failed operation asks for a person": Case(
        faults.operation_fails(), PartState.NEEDS_HUMAN, "not everything agrees"
    ),
    "a failed firewall asks for a person": Case(faults.firewall_fails(), PartState.NEEDS_HUMAN, "hub"),
    "a failed group asks for a person": Case(faults.ip_group_fails(), PartState.NEEDS_HUMAN, "ir-block-prod"),
    "a lost answer is looked up": Case(LostAnswer(), PartState.APPLIED, asked=(1, 2)),
    "a lost request is sent again": Case(LostRequest(), PartState.APPLIED, asked=(2,)),
    "a forgotten operation is read back": Case(faults.operation_forgotten(), PartState.APPLIED),
    "an operation elsewhere is not followed": Case(
        faults.operation_elsewhere("https://203.0.113.99/operations/1"), PartState.APPLIED
    ),
}


IN_SHORT = {
    "busy is waited out",
    "outdated is read again",
    "a lock is told",
    "no permission is told",
    "a failed operation asks for a person",
    "a lost answer is looked up",
}
MARKED = [
    pytest.param(case, id=name, marks=[] if name in IN_SHORT else [pytest.mark.slow])
    for name, case in CASES.items()
]


@pytest.mark.parametrize("case", MARKED)
async def test_each_refusal_of_azure_has_its_own_end(case: Case, tmp_path: Path) -> None:
    async with stage(tmp_path, behaviour=Behaviour(turn_per_poll=MINUTES, speed=600)) as bot:
        bot.scene.arm.fail_next(case.fault)
        request_id = await bot.propose(ALICE, BLOCK)
        await bot.approve(BOB, request_id)
        (row,) = await bot.until_state(request_id, PartState.APPLIED, PartState.FAILED, PartState.NEEDS_HUMAN)

        assert row.state is case.ends, row.trouble
        assert case.told in row.trouble
        await bot.until_shown(request_id, *([case.told] if case.told else ["APPLIED"]))
        assert bot.scene.arm.faults_waiting == ()
        assert entries(bot) == ({ADDRESS} if case.stands else set())
        assert puts(bot) in case.asked
        if case.ends is PartState.NEEDS_HUMAN:
            await bot.until_said(request_id, f"{request_id} needs a person")
            await bot.ask(ALICE, f"rollback {request_id} because nobody knows")
            await bot.until_state(request_id, PartState.ROLLED_BACK)
            assert entries(bot) == set()


async def test_an_update_that_never_ends_asks_for_a_person_after_half_an_hour(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as bot:
        bot.scene.arm.fail_next(faults.never_ends())
        request_id = await bot.propose(ALICE, BLOCK)
        await bot.approve(BOB, request_id)
        await bot.until_state(request_id, PartState.ACCEPTED)
        bot.clock.turn(minutes=31)

        (row,) = await bot.until_state(request_id, PartState.NEEDS_HUMAN)
        assert "has not ended" in row.trouble
        await bot.until_said(request_id, "needs a person")
        assert puts(bot) == 1
