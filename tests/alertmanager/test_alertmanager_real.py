"""A real Alertmanager, told by a real Prometheus, posts to the real bot: over TLS, proved, and again when we were away."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from aiohttp import web
from pydantic import SecretStr

from bot.domain.alerts import Alert, Severity, Status
from bot.domain.alerts.grouping import Group
from bot.sandbox.tls import MutualCertificates, mint_mutual
from bot.settings import Settings
from bot.settings.alerts import AlertServerSettings, AlertSourceSettings
from tests.adapters.alerts.recorded import body
from tests.alertmanager.programs import Programs
from tests.alertmanager.watching import PATIENCE, RULE, Watched, served, watching
from tests.alerts.pages import DOCS, blocks
from tests.alerts.senders import PASSWORD, TOKEN
from tests.controlplane.server import free_ports
from tests.controlplane.waiting import eventually
from tests.journeys.stage import Stage, stage, whole_log

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SOURCES = ("alertmanager", "other-alertmanager")


@dataclass(frozen=True)
class Lab:
    """The bot, and what tells it."""

    bot: Stage
    watched: Watched

    async def groups(self) -> dict[str, Group]:
        """Return the group of each source."""
        async with self.bot.built.context.store.begin() as tx:
            found = await tx.alerts.recent(datetime(2000, 1, 1, tzinfo=UTC), 100)
        assert len({group.source for group in found}) == len(found), (
            "a second group for what belongs together"
        )
        return {group.source: group for group in found}

    async def grouped(self, check: Callable[[Group], bool]) -> dict[str, Group]:
        """Wait until the groups of both sources are so."""

        async def are() -> dict[str, Group] | None:
            found = await self.groups()
            return found if len(found) == len(SOURCES) and all(map(check, found.values())) else None

        try:
            found = await eventually(are, within=PATIENCE)
        except TimeoutError:
            raise AssertionError(await self.groups()) from None
        assert found is not None
        return found

    async def alerts(self, group: Group) -> list[Alert]:
        """Return the alerts of a group as they are kept."""
        async with self.bot.built.context.store.begin() as tx:
            return list(await tx.alerts.of(group.id, 100))

    async def told_more(self) -> dict[str, int]:
        """Return how many alerts the log says told something new, by group."""
        counted: dict[str, int] = {}
        async for record in whole_log(self.bot.settings.database):
            if record["event"] == "alert":
                for group, count in record["details"]["groups"].items():
                    counted[group] = counted.get(group, 0) + count
        return counted


@asynccontextmanager
async def lab(programs: Programs, folder: Path) -> AsyncIterator[Lab]:
    """Run it all; the port of the intake stays the same over a restart, as it does where it is deployed."""
    (folder / "tls").mkdir()
    certificates = mint_mutual(folder / "tls", "alerts.example")
    (port,) = free_ports(1)
    async with (
        stage(folder, outfit=lambda given: _with_alerts(given, certificates, folder / "tls", port)) as bot,
        watching(programs, folder, _receivers(certificates, folder, port)) as watched,
    ):
        yield Lab(bot, watched)


def _with_alerts(given: Settings, made: MutualCertificates, folder: Path, port: int) -> Settings:
    chain, key = folder / "server.crt", folder / "server.key"
    chain.write_bytes(made.chain)
    key.write_bytes(made.key)
    first, other = SOURCES
    sources = {
        first: AlertSourceSettings(format="alertmanager", cluster="prod", token=SecretStr(TOKEN)),
        other: AlertSourceSettings(
            format="alertmanager", cluster="prod", user="monitoring", password=SecretStr(PASSWORD)
        ),
    }
    own = AlertServerSettings(port=port, cert_file=chain, key_file=key)
    return given.model_copy(update={"alerts": sources, "alert_server": own})


def _receivers(made: MutualCertificates, folder: Path, port: int) -> list[dict[str, Any]]:
    """One is that of docs/alerts/alertmanager.md, proved by a token in a file; the other shows name and password."""
    (text,) = blocks(DOCS / "alertmanager.md", "yaml")
    (said,) = [each for each in yaml.safe_load(text)["receivers"] if each["name"] == "firebreak"]
    (hook,) = said["webhook_configs"]
    token = folder / "firebreak.token"
    token.write_text(TOKEN, "utf-8")
    tls = {"tls_config": {"ca_file": str(made.ca_file)}}
    shown = {**hook["http_config"]["authorization"], "credentials_file": str(token)}
    proofs: list[dict[str, Any]] = [
        {"authorization": shown},
        {"basic_auth": {"username": "monitoring", "password": PASSWORD}},
    ]
    return [
        {
            "name": name,
            "webhook_configs": [
                {**hook, "url": f"https://localhost:{port}/alerts/{name}", "http_config": {**tls, **proof}}
            ],
        }
        for name, proof in zip(SOURCES, proofs, strict=True)
    ]


async def test_a_rule_fires_and_its_alerts_stand_as_one_group_of_each_source_until_they_are_resolved(
    programs: Programs, tmp_path: Path
) -> None:
    async with lab(programs, tmp_path) as made:
        calls = made.watched.exporter.calls
        calls |= {"api-1": 40, "api-2": 50, "quiet": 1}
        firing = await made.grouped(lambda group: group.total == 2)
        kept = [each for group in firing.values() for each in await made.alerts(group)]
        calls["api-1"] = 0
        half = await made.grouped(lambda group: group.resolved == 1)
        calls["api-2"] = 0
        over = await made.grouped(lambda group: group.resolved == 2)
        counted = await made.told_more()

    for source, group in firing.items():
        assert (group.source, group.rule, group.cluster, group.namespace) == (
            source,
            RULE,
            "prod",
            "payments",
        )
        assert group.severity is Severity.CRITICAL
        assert {named.subject.name for named in group.named} >= {"api-1", "api-2", "203.0.113.66"}
    assert {alert.kind for alert in kept} == {"alertmanager"}
    assert {alert.title for alert in kept} == {
        f"{pod} calls 203.0.113.66 again and again" for pod in ("api-1", "api-2")
    }
    assert all((group.firing, group.total) == (1, 2) for group in half.values())
    assert all((group.firing, group.total) == (0, 2) for group in over.values())
    assert all(group.newest.status is Status.RESOLVED for group in over.values())
    assert counted == {group.id: 4 for group in over.values()}


async def test_what_fires_and_ends_while_the_bot_is_away_is_there_once_when_it_is_back(
    programs: Programs, tmp_path: Path
) -> None:
    async with lab(programs, tmp_path) as made:
        calls = made.watched.exporter.calls
        calls["api-1"] = 40
        before = await made.grouped(lambda group: group.total == 1)
        await made.bot.stop()
        calls |= {"api-1": 0, "api-2": 50, "api-3": 60}

        async def tried() -> bool:
            known = await made.watched.known()
            return known == {"api-2", "api-3"} and await made.watched.failed() >= 2 * len(SOURCES)

        await eventually(tried, within=PATIENCE)
        await made.bot.start()
        after = await made.grouped(lambda group: (group.total, group.resolved) == (3, 1))
        calls |= {"api-2": 0, "api-3": 0}
        over = await made.grouped(lambda group: group.resolved == 3)
        counted = await made.told_more()

    assert {source: group.id for source, group in after.items()} == {
        source: group.id for source, group in before.items()
    }
    assert all((group.total, group.firing) == (3, 0) for group in over.values())
    assert counted == {group.id: 6 for group in over.values()}


NEWER = {".notification_reason", ".routeLabels"}  # of versions after the one that Debian has


async def test_what_it_sends_is_of_the_shape_that_is_recorded(programs: Programs, tmp_path: Path) -> None:
    got: list[bytes] = []

    async def take(request: web.Request) -> web.Response:
        got.append(await request.read())
        return web.Response()

    async def told() -> bool:
        return bool(got)

    async with served(web.post("/", take)) as port:
        hook = {"url": f"http://127.0.0.1:{port}/", "send_resolved": True}
        async with watching(programs, tmp_path, [{"name": "here", "webhook_configs": [hook]}]) as watched:
            watched.exporter.calls["api-1"] = 40
            await eventually(told, within=PATIENCE)

    sent, recorded = (
        _paths(msgspec.json.decode(got[0])),
        _paths(msgspec.json.decode(body("alertmanager.firing"))),
    )
    assert sent - recorded == set()
    assert recorded - sent <= NEWER


def _paths(value: Any, at: str = "") -> set[str]:
    """Return where there is something, with its kind; what people name themselves (labels, annotations) is one place."""
    match value:
        case dict() if at.endswith(("abels", "nnotations")):
            return {at}
        case dict():
            return {path for name, below in value.items() for path in _paths(below, f"{at}.{name}")}
        case list():
            return {path for below in value for path in _paths(below, f"{at}[]")}
        case _:
            return {at}
