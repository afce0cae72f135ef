"""The sandbox's own sender: what it posts is what the bot's reader of Alertmanager takes, and it keeps at it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.adapters.alerts.alertmanager import parse
from bot.adapters.alerts.wire import Intake
from bot.domain.alerts import Alert, Status, SubjectKind
from bot.domain.isolation import LABEL
from bot.sandbox.alerts import IN_A_POST, RULE, Alarm, NotTakenError, alarm, alerts, ringing
from bot.sandbox.kubernetes.resources import PODS
from bot.sandbox.scene import Scene, scene

TOKEN = "a-token-of-this-test"
NOW = datetime(2026, 11, 21, 2, 11, tzinfo=UTC)


@dataclass
class Door:
    """Takes posts as the bot's door does, and keeps what they say; the first ``failing`` of them fail."""

    failing: int = 0
    posts: list[tuple[Alert, ...]] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        """Answer one post."""
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.Response(status=401)
        if self.failing:
            self.failing -= 1
            return web.Response(status=503)
        self.posts.append(parse(await request.read(), Intake("alertmanager", "prod")))
        self.came.set()
        return web.Response()

    async def newest(self) -> tuple[Alert, ...]:
        """Wait for the next post."""
        await self.came.wait()
        self.came.clear()
        return self.posts[-1]


@asynccontextmanager
async def opened(
    folder: Path, token: str = TOKEN, failing: int = 0
) -> AsyncIterator[tuple[Scene, Door, Alarm]]:
    door, app = Door(failing), web.Application()
    app.router.add_post("/alerts", door.take)
    async with (
        scene(folder) as staged,
        TestServer(app, host="127.0.0.1") as server,
        alarm(staged, str(server.make_url("/alerts")), token) as sender,
    ):
        yield staged, door, sender


def cut(staged: Scene, value: str | None) -> None:
    patch = {"metadata": {"labels": {LABEL: value}}}
    staged.cluster.edit_by_someone_else(PODS, staged.incident.namespace, staged.incident.pod, patch)


async def test_it_fires_until_the_pod_is_cut_and_again_when_it_is_wanted(tmp_path: Path) -> None:
    async with opened(tmp_path, failing=1) as (staged, door, sender), ringing(sender):
        (first,) = await door.newest()
        cut(staged, "x")
        (over,) = await door.newest()
        cut(staged, None)
        sender.again()
        (second,) = await door.newest()

    assert [each.status for each in (first, over, second)] == [Status.FIRING, Status.RESOLVED, Status.FIRING]
    assert (first.fingerprint, first.started) == (over.fingerprint, over.started)
    assert second.fingerprint != first.fingerprint
    assert first.rule == RULE
    assert {(each.kind, each.name) for each in first.subjects} == {
        (SubjectKind.POD, staged.incident.pod),
        (SubjectKind.ADDRESS, staged.incident.beacon),
    }


async def test_a_storm_tells_what_fires_already_among_the_others(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, door, sender):
        await sender.fires()
        await sender.fires(2 * IN_A_POST + 1)
        await sender.over()

    told = [each for post in door.posts for each in post]
    assert [len(post) for post in door.posts] == [1, 50, 50, 1, 50, 50, 1]
    assert len({each.fingerprint for each in told}) == 2 * IN_A_POST + 1


async def test_a_post_that_is_turned_away_is_told(tmp_path: Path) -> None:
    async with opened(tmp_path, token="a-wrong-one") as (_, door, sender):
        with pytest.raises(NotTakenError, match="HTTP 401"):
            await sender.fires()

    assert door.posts == []


async def test_one_that_fires_has_no_end_yet(tmp_path: Path) -> None:
    async with scene(tmp_path) as staged:
        (firing,) = alerts(staged.incident, "firing", NOW, 1)

    assert firing["endsAt"] == "0001-01-01T00:00:00Z"
    assert firing["startsAt"] == "2026-11-21T02:11:00+00:00"
