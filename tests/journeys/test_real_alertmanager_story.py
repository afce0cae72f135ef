"""The whole story with nothing of ours in front: a rule fires, Alertmanager tells us, people contain and undo by cause."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.domain.alerts import Status
from bot.domain.states import PartState
from bot.domain.suggestions import Board
from bot.sandbox.scene import ALICE, BOB, CARA
from bot.settings import Settings
from bot.settings.alerts import AlertSourceSettings
from tests.alertmanager.programs import Programs
from tests.alertmanager.watching import RULE, Watched, watching
from tests.alerts.senders import TOKEN
from tests.controlplane.server import free_ports
from tests.controlplane.waiting import eventually
from tests.journeys.alerting import every, seen, take
from tests.journeys.outfit import Outfitted
from tests.journeys.stage import Stage, in_order, stage, whole_log

CONFIRM = re.compile(r"rollback alert \S+ confirm [0-9a-f]{12}")


def taking(port: int) -> Callable[[Settings], Settings]:
    """Return what has the bot take Alertmanager's alerts at a port, with the playbooks that are shipped."""

    def outfit(given: Settings) -> Settings:
        source = AlertSourceSettings(format="alertmanager", cluster="prod", token=SecretStr(TOKEN))
        server = given.server.model_copy(update={"port": port})
        changed = {"alerts": {"alertmanager": source}, "playbooks": ("shipped",), "server": server}
        return given.model_copy(update=changed)

    return outfit


def receiver(port: int) -> dict[str, Any]:
    """Return what tells Alertmanager of it."""
    hook = {
        "url": f"http://127.0.0.1:{port}/alerts/alertmanager",
        "send_resolved": True,
        "http_config": {"authorization": {"type": "Bearer", "credentials": TOKEN}},
    }
    return {"name": "firebreak", "webhook_configs": [hook]}


async def suggested(bot: Stage, watched: Watched, outfitted: Outfitted) -> Board:
    """Have the suspect call its address so often that the rule fires, and wait for what is suggested."""
    cast, exporter = outfitted.incident, watched.exporter
    exporter.namespace, exporter.address = cast.namespace, cast.beacon
    exporter.calls[cast.pod] = 40

    async def told() -> bool:
        return bool(await every(bot))

    await eventually(told, within=60)
    return await seen(bot, lambda found: found.suggestions)


async def contained(bot: Stage, board: Board) -> str:
    """Take the step that quarantines, have another person approve it; return the request's id."""
    (suggestion,) = board.suggestions
    assert (board.group.rule, suggestion.playbook) == (RULE, "beaconing")
    step = next(n for n, each in enumerate(suggestion.steps) if each.action == "quarantine-pod")
    request_id = await take(bot, ALICE, board, step)
    assert "Refused" in await bot.approve(ALICE, request_id), "who clicked is who asks, and can't approve"
    await bot.approve(BOB, request_id)
    await bot.until_state(request_id, PartState.APPLIED)
    return request_id


async def undone(bot: Stage, board: Board, request_id: str) -> None:
    """Undo all that came of the alert."""
    shown = await bot.ask(CARA, f"rollback alert {board.group.id}")
    confirm = CONFIRM.search(shown)
    assert confirm is not None, shown
    await bot.ask(CARA, f"{confirm[0]} because it is cleaned up")
    await bot.until_state(request_id, PartState.ROLLED_BACK)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_rule_that_fires_ends_in_a_containment_that_people_chose_and_is_undone_by_its_alert(
    outfitted: Outfitted, programs: Programs, tmp_path: Path
) -> None:
    (port,) = free_ports(1)
    async with (
        stage(tmp_path, cluster=outfitted, outfit=taking(port)) as bot,
        watching(programs, tmp_path, [receiver(port)]) as watched,
    ):
        before = await outfitted.photograph()
        board = await suggested(bot, watched, outfitted)
        assert await outfitted.photograph() == before, "an alert alone does nothing"
        request_id = await contained(bot, board)
        standing = await outfitted.policies()

        watched.exporter.calls.clear()  # the alert is over, and nothing is undone by that
        over = await seen(bot, lambda found: found.group.newest.status is Status.RESOLVED)
        assert over.group.id == board.group.id
        assert await outfitted.policies() == standing

        await undone(bot, board, request_id)
        after = await outfitted.photograph()
        story = await bot.story(request_id)
        heard = [each async for each in whole_log(bot.settings.database) if each["event"] == "alert"]

    assert [name for name in standing if name.startswith("firebreak")], sorted(standing)
    assert after == before
    assert in_order(story, "command", "plan_shown", "vote", "intent", "result", "rollback")
    assert [each["details"]["sources"] for each in heard] == [["alertmanager"]] * 2
