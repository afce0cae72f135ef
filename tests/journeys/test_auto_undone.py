"""Letting go of what a playbook did: whose word it takes, and that wishing it stops the playbook whatever comes of it."""

from pathlib import Path

import pytest

from bot.domain.changes import OwnChange
from bot.domain.errors import DeniedError
from bot.domain.states import PartState
from bot.sandbox.kubernetes.resources import PODS
from bot.sandbox.scene import ALICE, BOB, POLICY
from tests.journeys.acting import ANY_RULE, WIDE, applied, automatic, letting, mining, outfit, until_refused
from tests.journeys.alerting import send
from tests.journeys.stage import Stage, stage
from tests.journeys.test_contain_journey import mark

pytestmark = pytest.mark.timeout(120)

APPROVERS_LET_GO = POLICY.replace(
    "release: [on-call, security]\n    lease: {default: 4h", "release: [security]\n    lease: {default: 4h"
)
"""Who is on call may ask for a quarantine, and so extend it, and may not let it go."""


async def next_alert(bot: Stage) -> None:
    """Have an alert of the same kind name another pod, and see that its playbook is stopped."""
    await send(bot, mining(bot, "ledger-0", "CryptoMinerTwo"))
    await until_refused(bot, "auto-undone", acts=1)


async def test_who_extends_what_a_playbook_did_gets_no_right_to_let_it_go(tmp_path: Path) -> None:
    file = automatic(tmp_path)
    policy = letting(file, rules=APPROVERS_LET_GO)
    async with stage(tmp_path, policy=policy, outfit=outfit(file)) as bot:
        request = await applied(bot, mining(bot))
        refused = "Refused: only members of security may release this"
        assert refused in await bot.ask(ALICE, f"rollback {request.id}")
        assert "You hold it from now on" in await bot.ask(ALICE, f"extend {request.id} 1m")
        assert refused in await bot.ask(ALICE, f"rollback {request.id} because I hold it")
        assert mark(bot) is not None
        assert "Rolling back" in await bot.ask(BOB, f"rollback {request.id}")
        await bot.until_state(request.id, PartState.ROLLED_BACK)
        assert mark(bot) is None


async def test_who_may_let_it_go_may_at_once_also_after_extending_it(tmp_path: Path) -> None:
    file = automatic(tmp_path)
    policy = letting(file, rules=APPROVERS_LET_GO)
    async with stage(tmp_path, policy=policy, outfit=outfit(file)) as bot:
        request = await applied(bot, mining(bot))
        assert "You hold it from now on" in await bot.ask(BOB, f"extend {request.id} 1m")
        assert "Rolling back" in await bot.ask(BOB, f"rollback {request.id}")
        await bot.until_state(request.id, PartState.ROLLED_BACK)


async def test_a_rollback_that_what_others_changed_stopped_stops_the_playbook_all_the_same(
    tmp_path: Path,
) -> None:
    file = automatic(tmp_path, per_hour=5, text=ANY_RULE)
    async with stage(tmp_path, policy=letting(file, rules=WIDE), outfit=outfit(file)) as bot:
        bot.scene.cluster.add_stateful_set("payments", "ledger", 3)
        request = await applied(bot, mining(bot))
        cast = bot.scene.incident
        theirs = {"metadata": {"annotations": {"karpenter.sh/do-not-disrupt": "theirs"}}}
        bot.scene.cluster.edit_by_someone_else(PODS, cast.namespace, cast.pod, theirs)
        assert "Rolling back" in await bot.ask(BOB, f"rollback {request.id}")
        (row,) = await bot.until_rows(
            request.id, lambda rows: bool(rows[0].drift) and rows[0].state is PartState.APPLIED
        )
        assert "Somebody changed what we wrote" in row.trouble
        assert (await bot.request(request.id)).release is None, "its lease counts again"
        await next_alert(bot)


async def test_a_rollback_that_was_denied_and_finished_by_hand_stops_the_playbook_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def denied(_: OwnChange) -> None:
        raise DeniedError("Forbidden", "no")

    file = automatic(tmp_path, per_hour=5, text=ANY_RULE)
    async with stage(tmp_path, policy=letting(file, rules=WIDE), outfit=outfit(file)) as bot:
        bot.scene.cluster.add_stateful_set("payments", "ledger", 3)
        request = await applied(bot, mining(bot))
        await bot.until_rows(request.id, lambda rows: rows[0].due_at is None)
        objects = bot.built.context.objects
        with monkeypatch.context() as broken:
            broken.setattr(objects, "apply", denied)
            await bot.ask(BOB, f"rollback {request.id}")
            (row,) = await bot.until_state(request.id, PartState.NEEDS_HUMAN)
        for change in row.inverse:  # somebody cleans up by hand
            await objects.apply(change)
        await bot.ask(BOB, f"recheck {request.id}")
        await bot.until_state(request.id, PartState.ROLLED_BACK)
        await next_alert(bot)
