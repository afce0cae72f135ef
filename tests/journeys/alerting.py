"""Alerts sent to the real bot through its own door, and what it made of them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import aiohttp
import msgspec
from pydantic import SecretStr

from bot.adapters.slack.board.marks import PREPARE, WHOLE
from bot.adapters.slack.form import ids
from bot.domain.suggestions import Board
from bot.engine.boards import boards
from bot.sandbox.scene import CHANNEL
from bot.sandbox.slack.answers import Answer, texts
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.views import View
from bot.settings import Settings
from bot.settings.alerts import AlertSourceSettings
from tests.alerts.senders import TOKEN, bearer
from tests.journeys.stage import PATIENCE, REQUEST, Stage

SOURCE: Final = "siem"
STARTED: Final = "2026-11-21T02:11:00Z"
EVER: Final = datetime(2000, 1, 1, tzinfo=UTC)


def listening(*playbooks: str, cluster: str = "prod") -> Callable[[Settings], Settings]:
    """Return what has the bot take alerts of one sender, with these playbooks (``shipped`` unless said)."""

    def outfit(settings: Settings) -> Settings:
        source = AlertSourceSettings(format="generic", cluster=cluster, token=SecretStr(TOKEN), burst=5000)
        changed = {"alerts": {SOURCE: source}, "playbooks": playbooks or ("shipped",)}
        return settings.model_copy(update=changed)

    return outfit


def thing(kind: str, name: str, namespace: str = "", **more: str) -> dict[str, str]:
    """Return a subject as the sender names it."""
    return {"kind": kind, "name": name, "namespace": namespace, **more}


def item(rule: str, *subjects: Mapping[str, str], number: int = 0, **more: Any) -> dict[str, Any]:
    """Return one alert as the sender writes it."""
    told = {"rule": rule, "started": STARTED, "severity": "critical", "title": f"{rule} fired"}
    return {**told, "fingerprint": f"{rule}-{number}", "subjects": list(subjects), **more}


def beacon(bot: Stage, *more: dict[str, str], number: int = 0, **how: Any) -> dict[str, Any]:
    """Return the alert of the story: the suspect calls its address."""
    cast = bot.scene.incident
    subjects = (
        thing("pod", cast.pod, cast.namespace),
        thing("address", cast.beacon, role="destination"),
    )
    return item("BeaconingPod", *(more or subjects), number=number, **how)


async def send(bot: Stage, *items: Mapping[str, Any], source: str = SOURCE) -> int:
    """Post alerts to the running bot; return the status."""
    address = bot.scene.workspace.request_url.replace("/slack/events", f"/alerts/{source}")
    raw = msgspec.json.encode({"version": 1, "alerts": list(items)})
    async with aiohttp.ClientSession() as web, web.post(address, data=raw, headers=bearer(TOKEN)) as got:
        return got.status


async def every(bot: Stage) -> tuple[Board, ...]:
    """Return all groups as their cards show them."""
    return await boards(bot.built.context, EVER, 200)


async def counted(bot: Stage, number: int) -> tuple[Board, ...]:
    """Wait until there are so many groups, all of them looked at, and return those."""

    async def there() -> tuple[Board, ...] | None:
        found = await every(bot)
        return found if len(found) == number and all(one.looked_at for one in found) else None

    async def instead() -> Sequence[object]:
        return [(one.group.id, one.looked_at) for one in await every(bot)]

    return await bot.until(there, instead)


async def seen(bot: Stage, enough: Callable[[Board], object] = lambda board: board.looked_at) -> Board:
    """Wait until there is one group, and it is so."""

    async def there() -> Board | None:
        found = await every(bot)
        return found[0] if len(found) == 1 and enough(found[0]) else None

    async def instead() -> Sequence[object]:
        return [(one.group.id, one.looked_at, told(one)) for one in await every(bot)]

    return await bot.until(there, instead)


async def pressed(bot: Stage, user: str, board: Board, button: str, opens: str = ids.ASK) -> View:
    """Press a button of the card of a group, and return what opens."""
    return await form_of(bot, await click(bot, user, board, button), opens)


async def click(bot: Stage, user: str, board: Board, button: str) -> Answer:
    """Press a button of the card of a group, once it stands with it."""
    message = await card(bot, board, button)
    return await bot.scene.workspace.click(user, CHANNEL, message.ts, button)


async def card(bot: Stage, board: Board, *words: str) -> Message:
    """Return the one card of a group, once it stands and all of this is in it."""

    async def there() -> Message | None:
        painted = await bot.built.desk.cards.get(board.group.id)
        found = [m for m in bot.scene.workspace.messages(CHANNEL) if painted and m.ts == painted.ts]
        bot.clock.turn(seconds=0.2)  # cards are painted every few seconds
        return found[0] if found and all(word in str(found[0].blocks) for word in words) else None

    return await bot.until(there)


async def form_of(bot: Stage, answer: Answer, callback_id: str, *says: str) -> View:
    """Wait until this kind of view stands before the person, and says so."""
    assert answer.acked, (answer.status, answer.error)

    def stands() -> View | None:
        view = answer.view
        if view is None or view.body["callback_id"] != callback_id:
            return None
        words = "\n".join(texts(view.blocks))
        return view if all(word in words for word in says) else None

    return await bot.scene.workspace.until(stands, PATIENCE)


async def take(bot: Stage, user: str, board: Board, step: int) -> str:
    """Press the button that prepares a step, look at its plan, ask for it; return the request's id."""
    workspace = bot.scene.workspace
    form = await pressed(bot, user, board, f"{PREPARE}{step}" if step >= 0 else WHOLE)
    plan = await form_of(bot, await workspace.submit_view(user, form.id), ids.PLAN)
    over = await form_of(bot, await workspace.submit_view(user, plan.id), ids.NOTHING, "Asked as")
    return str(REQUEST.findall("\n".join(texts(over.blocks)))[0])


def told(board: Board) -> Sequence[str]:
    """Return what is told of the subjects, by name."""
    return [f"{each.subject.name}: {each.standing.value}: {each.text}" for each in board.resolved]
