"""
The sandbox's own sender of alerts: it posts what Alertmanager posts, to the door of the real bot.

(prometheus.io/docs/alerting/latest/configuration, ``webhook_config``, version 4.) That the rule fires is a given fact of the
story; that it is over follows from the cluster: once the suspect is quarantined it calls nobody.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

import aiohttp

from bot.domain.isolation import LABEL
from bot.sandbox.kubernetes.incident import Incident
from bot.sandbox.kubernetes.objects import labels_of
from bot.sandbox.kubernetes.resources import PODS
from bot.sandbox.scene import Scene

SOURCE: Final = "alertmanager"
"""What the settings call it."""

RULE: Final = "BeaconingPod"
IN_A_POST: Final = 50
AGAIN: Final = 0.5
"""Seconds until a post that was not taken is sent again."""

Json = Mapping[str, Any]


class NotTakenError(Exception):
    """The bot answered a post with something else than that it has it."""


class Alarm:
    """What fires and is over. ``url`` is the door's; a bot that does not answer is told again, as Alertmanager would."""

    def __init__(self, scene: Scene, url: str, token: str, session: aiohttp.ClientSession) -> None:
        self._scene, self._url, self._session = scene, url, session
        self._headers = {"Authorization": f"Bearer {token}"}
        self._count, self._started = 0, _now()  # none of it fires yet
        self._wanted, self._changed = asyncio.Event(), asyncio.Event()
        scene.cluster.registry.store.listen(lambda *_: self._changed.set())

    def again(self) -> None:
        """Have it fire once more, where it is followed and is over by then."""
        self._wanted.set()

    async def follow(self) -> None:
        """Fire; once the suspect is cut off say that it is over; then wait until it is wanted again."""
        while True:
            await self._until_sent(self.fires)
            await self._until_cut()
            self._wanted.clear()
            await self._until_sent(self.over)
            await self._wanted.wait()

    async def fires(self, count: int = 1) -> None:
        """
        Send so many alerts that fire, of one rule and about one pod, in as few posts as hold them.

        While some fire already, those are told again among them, as Alertmanager repeats itself. Raises `NotTakenError`, and ``aiohttp.ClientError`` where nobody answers.
        """
        if not self._count:
            self._started = _now()
        self._count = max(count, self._count)
        await self._send("firing")

    async def over(self) -> None:
        """Send that all of them are over. Raises as `fires` does."""
        await self._send("resolved")
        self._count = 0

    def cut(self) -> bool:
        """Whether the suspect carries the label of a quarantine."""
        incident = self._scene.incident
        pod = self._scene.cluster.registry.store.find(PODS, incident.namespace, incident.pod)
        return pod is not None and LABEL in labels_of(pod)

    async def _send(self, status: str) -> None:
        items = alerts(self._scene.incident, status, self._started, self._count)
        for first in range(0, len(items), IN_A_POST):
            await self._post(notification(items[first : first + IN_A_POST], status))

    async def _post(self, body: Json) -> None:
        async with self._session.post(self._url, json=body, headers=self._headers) as answer:
            if answer.status != 200:
                raise NotTakenError(f"the bot answered HTTP {answer.status}: {(await answer.text())[:200]}")

    async def _until_sent(self, send: Callable[[], Awaitable[None]]) -> None:
        while True:
            with contextlib.suppress(aiohttp.ClientError, NotTakenError):
                await send()
                return
            await asyncio.sleep(AGAIN)

    async def _until_cut(self) -> None:
        while not self.cut():
            self._changed.clear()
            await self._changed.wait()


@asynccontextmanager
async def alarm(scene: Scene, url: str, token: str) -> AsyncIterator[Alarm]:
    """Have a sender while the block runs; nothing is sent by that alone."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        yield Alarm(scene, url, token, session)


@asynccontextmanager
async def ringing(sender: Alarm) -> AsyncIterator[None]:
    """Have it fire, and be over, by itself while the block runs."""
    following = asyncio.create_task(sender.follow())
    try:
        yield
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


def alerts(incident: Incident, status: str, started: datetime, count: int) -> Sequence[Json]:
    """Return alerts as Alertmanager words them: one for each series of the rule, told apart by its port outside."""
    return [_alert(incident, status, started, number) for number in range(count)]


def _alert(incident: Incident, status: str, started: datetime, number: int) -> Json:
    labels = {
        "alertname": RULE,
        "severity": "critical",
        "cluster": incident.cluster,
        "namespace": incident.namespace,
        "pod": incident.pod,
        "destination_ip": incident.beacon,
        "series": str(number),
    }
    told = f"{started.isoformat()}:{sorted(labels.items())}"
    return {
        "status": status,
        "labels": labels,
        "annotations": {
            "summary": f"Outbound beacon every 20 s to {incident.beacon}:443",
            "description": "One address outside, by the clock, and it is on a threat list.",
        },
        "startsAt": started.isoformat(),
        "endsAt": _now().isoformat() if status == "resolved" else "0001-01-01T00:00:00Z",
        "generatorURL": "",
        "fingerprint": hashlib.sha256(told.encode()).hexdigest()[:16],
    }


def notification(items: Sequence[Json], status: str) -> Json:
    """Return one post with these alerts."""
    common = {"alertname": RULE}
    return {
        "version": "4",
        "groupKey": f'{{}}:{{alertname="{RULE}"}}',
        "truncatedAlerts": 0,
        "status": status,
        "receiver": "firebreak",
        "groupLabels": common,
        "commonLabels": common,
        "commonAnnotations": {},
        "externalURL": "",
        "alerts": list(items),
    }


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the world outside has its own clock
