"""Alerts about a pod that a request has and does not hold: nobody is told that it is cut off, and it is not passed over."""

from pathlib import Path

import pytest

from bot.domain.states import PartState
from bot.domain.suggestions import Board
from bot.sandbox.scene import ALICE, BOB
from tests.journeys.acting import BY_HAND
from tests.journeys.alerting import card, item, listening, seen, send, take, thing
from tests.journeys.stage import Stage, stage
from tests.journeys.test_misfortunes_after import contained, open_policy, remove_label

pytestmark = pytest.mark.timeout(120)


def listens(folder: Path) -> str:
    """Write a playbook that does nothing by itself, and return its file."""
    file = folder / "miner.yaml"
    file.write_text(BY_HAND.format(), encoding="utf-8")
    return str(file)


async def told_of(bot: Stage, *names: str) -> Board:
    """Have an alert name these pods, and return its board once all of them were looked up."""
    pods = [thing("pod", name, bot.scene.incident.namespace) for name in names]
    await send(bot, item("CryptoMiner", *pods, number=len(names)))
    bot.clock.turn(seconds=31)
    return await seen(bot, lambda board: len(board.resolved) == len(names))


async def opened_again(bot: Stage, request_id: str) -> None:
    """Have others take our label off until it is written no more."""
    for count in range(1, 4):
        remove_label(bot, request_id)
        await bot.until_said(request_id, f"written again under the original approval ({count} of 3)")
        await bot.until_rows(
            request_id, lambda rows: rows[0].state is PartState.APPLIED and not rows[0].restoring
        )
    remove_label(bot, request_id)
    await bot.until_state(request_id, PartState.TAMPERED)


async def test_a_pod_whose_label_others_take_off_again_and_again_is_never_passed_over(tmp_path: Path) -> None:
    async with stage(tmp_path, outfit=listening(listens(tmp_path))) as bot:
        cast, before = bot.scene.incident, bot.scene.cluster.snapshot("payments")
        first = await contained(bot)
        await opened_again(bot, first)

        board = await told_of(bot, cast.pod, cast.siblings[0])

        one, other = board.resolved
        assert (one.subject.name, one.held, one.loose, one.taken) == (cast.pod, "", first, False)
        assert one.text.startswith(f"{first} was OPENED AGAIN BY OTHERS and does not stand now. ")
        assert (other.held, other.loose) == ("", "")
        plan = board.suggestions[0].steps[0].plan
        assert plan is not None
        assert {part.target.name for part in plan.parts} == {cast.pod, cast.siblings[0]}
        shown = str((await card(bot, board, "OPENED AGAIN BY OTHERS")).blocks)
        assert f"/ir reapply {first}, /ir rollback {first}" in shown
        assert "🔓" in shown
        assert "cut off already" not in shown

        again = await take(bot, ALICE, board, 0)
        await bot.approve(BOB, again)
        await bot.until_state(again, PartState.APPLIED)
        await bot.until_shown(
            again, f"has another request on record already: {first} was OPENED AGAIN BY OTHERS"
        )
        for each in (again, first):
            await bot.ask(ALICE, f"rollback {each}")
            await bot.until_state(each, PartState.ROLLED_BACK)
        assert bot.scene.cluster.snapshot("payments") == before


async def test_a_pod_whose_policy_is_open_is_told_of_and_keeps_nobody_else_from_being_cut(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, outfit=listening(listens(tmp_path))) as bot:
        cast = bot.scene.incident
        first = await contained(bot)
        await bot.stop()
        open_policy(bot, first)
        await bot.start()
        await bot.until_rows(first, lambda rows: bool(rows[0].drift))

        alone = await told_of(bot, cast.pod)

        refusal = alone.suggestions[0].steps[0].refusal
        assert refusal is not None
        said = f"is taken by {first} already, and is not known to be cut off by it now: {first} was changed by others"
        assert said in refusal.text
        assert refusal.remedy == f"Look at it: /ir status {first}"

        both = await told_of(bot, cast.pod, cast.siblings[0])

        one = both.resolved[0]
        assert (one.subject.name, one.held, one.loose, one.taken) == (cast.pod, "", first, True)
        plan = both.suggestions[0].steps[0].plan
        assert plan is not None
        assert [part.target.name for part in plan.parts] == [cast.siblings[0]]
        shown = str((await card(bot, both, f"{first} was changed by others")).blocks)
        assert "cut off already" not in shown
