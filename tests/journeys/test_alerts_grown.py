"""An alert that grows, ends and comes back, what its sender left out, and two clusters' same alert: at the real bot."""

import json
from pathlib import Path
from typing import Final

import aiohttp
import pytest
from pydantic import SecretStr

from bot.sandbox.scene import ALICE
from bot.sandbox.slack.answers import texts
from bot.settings import Settings
from bot.settings.alerts import AlertSourceSettings
from tests.adapters.alerts.recorded import body
from tests.alerts.senders import TOKEN, bearer
from tests.journeys.alerting import beacon, card, counted, every, item, listening, seen, send, thing
from tests.journeys.stage import Stage, stage

pytestmark = pytest.mark.timeout(120)

MANAGER: Final = "alertmanager"


def both(settings: Settings) -> Settings:
    """Take alerts of Alertmanager too."""
    source = AlertSourceSettings(format=MANAGER, cluster="prod", token=SecretStr(TOKEN))
    heard = listening()(settings)
    return heard.model_copy(update={"alerts": {**heard.alerts, MANAGER: source}})


async def notified(bot: Stage, status: str, *, left_out: int = 0, alerts: int = 2) -> bool:
    """Have Alertmanager send the notification that it has; return whether it was known."""
    sent = json.loads(body(f"{MANAGER}.{status}")) | {"truncatedAlerts": left_out}
    sent["alerts"] = sent["alerts"][:alerts]
    address = bot.scene.workspace.request_url.replace("/slack/events", f"/alerts/{MANAGER}")
    async with aiohttp.ClientSession() as web, web.post(address, json=sent, headers=bearer(TOKEN)) as got:
        assert got.status == 200
        return bool((await got.json())["known"])


async def test_a_pod_that_an_alert_names_later_is_on_its_card_and_in_what_is_suggested(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, transport="http", outfit=listening()) as bot:
        cast = bot.scene.incident
        pods = [thing("pod", name, cast.namespace) for name in (cast.pod, cast.siblings[0])]
        await send(bot, beacon(bot, pods[0]))
        board = await seen(bot)
        await send(bot, beacon(bot, *pods))
        await seen(bot, lambda found: len(found.group.named) == 2)
        bot.clock.turn(seconds=31)
        again = await seen(bot, lambda found: found.looked_at != board.looked_at)
        await card(bot, again, cast.siblings[0])

    assert again.group.total == 1
    assert {each.subject.name for each in again.resolved} == {cast.pod, cast.siblings[0]}
    plans = [step.plan for made in again.suggestions for step in made.steps if step.plan is not None]
    assert any({cast.pod, cast.siblings[0]} <= {part.target.name for part in plan.parts} for plan in plans)


async def test_what_fires_again_as_it_was_stands_as_firing_and_offers_what_it_offered(tmp_path: Path) -> None:
    async with stage(tmp_path, transport="http", outfit=both) as bot:
        assert not await notified(bot, "firing", alerts=1)
        assert await notified(bot, "firing", alerts=1), "sent again at once, it is known"
        await seen(bot)
        await notified(bot, "resolved", alerts=1)
        board = await seen(bot, lambda found: found.group.resolved == 1)
        await card(bot, board, "OVER")
        bot.clock.turn(minutes=6)
        assert not await notified(bot, "firing", alerts=1)
        again = await seen(bot, lambda found: found.group.firing == 1 and found.looked_at != board.looked_at)
        message = await card(bot, again, "🔥")

    assert again.group.total == 1
    assert "OVER" not in "".join(texts(list(message.blocks)))


async def test_what_alertmanager_left_out_is_told_on_the_card_and_in_full_also_when_nothing_else_is_new(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, transport="http", outfit=both) as bot:
        await notified(bot, "firing")
        await seen(bot)
        await notified(bot, "firing", left_out=17)
        board = await seen(bot, lambda found: found.group.left_out == 17)
        await card(bot, board, "its sender left 17 more alerts out of a post")
        whole = await bot.ask(ALICE, f"alerts {board.group.id}")
        await notified(bot, "resolved")
        over = await seen(bot, lambda found: found.group.resolved > 0)

    assert "its sender left 17 more alerts out of a post" in whole
    assert (board.group.total, over.group.left_out) == (2, 17)


async def test_an_unreadable_name_stands_on_the_card_when_good_alerts_come_after_it(tmp_path: Path) -> None:
    async with stage(tmp_path, transport="http", outfit=listening()) as bot:
        cast = bot.scene.incident
        odd = thing("pod", "no pod's name", cast.namespace)
        good = thing("pod", cast.pod, cast.namespace)
        await send(bot, beacon(bot, odd, good))
        await send(bot, beacon(bot, good, number=1))
        board = await seen(bot, lambda found: found.group.total == 2 and found.looked_at)
        await card(bot, board, "not looked up")
        whole = await bot.ask(ALICE, f"alerts {board.group.id}")

    assert board.group.newest.unread == ()
    assert "no pod's name" in whole


async def test_one_detection_in_two_clusters_is_two_groups_and_one_ends_alone(tmp_path: Path) -> None:
    async with stage(tmp_path, outfit=listening(cluster="")) as bot:
        pod = thing("pod", "api-0", "pay")
        trap = {**item("Trap", pod), "fingerprint": ""}
        prod, staging = ({**trap, "cluster": name} for name in ("prod", "staging"))
        await send(bot, prod)
        await send(bot, staging)
        await counted(bot, 2)
        await send(bot, prod | {"status": "resolved", "ended": "2026-11-21T02:31:00Z"}, staging)

        async def one_ended() -> dict[str, int] | None:
            found = {one.group.cluster: one.group.firing for one in await every(bot)}
            return found if found["prod"] == 0 else None

        firing = await bot.until(one_ended)

    assert firing == {"prod": 0, "staging": 1}
