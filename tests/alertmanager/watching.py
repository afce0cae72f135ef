"""A Prometheus with one rule, an Alertmanager that tells us, and what they watch: numbers that a test sets."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from tests.alertmanager.programs import Programs
from tests.controlplane.leash import leashed
from tests.controlplane.waiting import eventually

PATIENCE = 60.0  # seconds: another's programs start and look around in their own time
RULE = "BeaconingPod"
LISTENING = re.compile(r'msg="Listening on" address=127\.0\.0\.1:(\d+)')


@dataclass
class Exporter:
    """What Prometheus scrapes: how often each pod called one address outside."""

    calls: dict[str, int] = field(default_factory=dict)
    namespace: str = "payments"
    address: str = "203.0.113.66"
    port: int = 0

    async def answer(self, _: web.Request) -> web.Response:
        """Show the numbers as an exporter does."""
        lines = [
            f'beacon_calls{{namespace="{self.namespace}",pod="{pod}",destination_ip="{self.address}"}} {count}'
            for pod, count in self.calls.items()
        ]
        return web.Response(text="\n".join(("# TYPE beacon_calls gauge", *lines, "")))


@dataclass(frozen=True)
class Watched:
    """Both programs, running."""

    exporter: Exporter
    alertmanager: str

    async def failed(self) -> float:
        """Return how many posts to a webhook Alertmanager counts as failed."""
        async with aiohttp.ClientSession() as web_, web_.get(f"{self.alertmanager}/metrics") as got:
            text = await got.text()
        found = re.findall(
            r'^alertmanager_notification_requests_failed_total\{integration="webhook"\} (\S+)',
            text,
            re.MULTILINE,
        )
        return sum(map(float, found))

    async def known(self) -> set[str]:
        """Return the pods of which Alertmanager has an alert that fires."""
        address = f"{self.alertmanager}/api/v2/alerts?active=true"
        async with aiohttp.ClientSession() as web_, web_.get(address) as got:
            return {each["labels"]["pod"] for each in await got.json()}


@asynccontextmanager
async def watching(
    programs: Programs, folder: Path, receivers: list[dict[str, Any]]
) -> AsyncIterator[Watched]:
    """Run both until the block is left; each of the receivers gets every alert."""
    async with AsyncExitStack() as stack:
        exporter = Exporter()
        exporter.port = await stack.enter_async_context(served(web.get("/metrics", exporter.answer)))
        config = folder / "alertmanager.yml"
        config.write_text(json.dumps(_routed(receivers)), "utf-8")  # JSON is YAML
        flags = [
            f"--config.file={config}",
            f"--storage.path={folder / 'alertmanager'}",
            "--web.listen-address=127.0.0.1:0",
            "--cluster.listen-address=",
        ]
        log = folder / "alertmanager.log"
        stack.enter_context(leashed([*programs.alertmanager_in_its_place(), *flags], log))
        port = await _port(log)
        log = folder / "prometheus.log"
        stack.enter_context(leashed([programs.prometheus, *_prometheus(folder, exporter, port)], log))
        await _port(log)
        yield Watched(exporter, f"http://127.0.0.1:{port}")


def _routed(receivers: list[dict[str, Any]]) -> dict[str, Any]:
    names = [each["name"] for each in receivers]
    return {
        "route": {
            "receiver": names[0],
            "group_by": ["alertname", "namespace"],
            "group_wait": "1s",
            "group_interval": "1s",
            "repeat_interval": "1h",
            "routes": [{"receiver": name, "continue": True} for name in names],
        },
        "receivers": receivers,
    }


def _prometheus(folder: Path, exporter: Exporter, alertmanager: int) -> list[str]:
    """Write its files; return its flags."""
    rules, config = folder / "rules.yml", folder / "prometheus.yml"
    rule = {
        "alert": RULE,
        "expr": "beacon_calls > 10",
        "labels": {"severity": "critical"},
        "annotations": {"summary": "{{ $labels.pod }} calls {{ $labels.destination_ip }} again and again"},
    }
    rules.write_text(json.dumps({"groups": [{"name": "beacons", "rules": [rule]}]}), "utf-8")
    said = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(rules)],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager}"]}]}]},
        "scrape_configs": [
            {"job_name": "beacons", "static_configs": [{"targets": [f"127.0.0.1:{exporter.port}"]}]}
        ],
    }
    config.write_text(json.dumps(said), "utf-8")
    return [
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'metrics'}",
        "--web.listen-address=127.0.0.1:0",
        "--rules.alert.resend-delay=1s",
    ]


async def _port(log: Path) -> int:
    """Wait until a program says where it listens. Fails with what it says instead."""

    async def said() -> int:
        found = LISTENING.search(_said(log))
        return int(found[1]) if found else 0

    try:
        return await eventually(said, within=PATIENCE)
    except TimeoutError:
        raise AssertionError(_said(log)[-2000:]) from None


def _said(log: Path) -> str:
    return log.read_text("utf-8")


@asynccontextmanager
async def served(route: web.RouteDef) -> AsyncIterator[int]:
    """Answer at one address of this machine until the block is left; yields the port."""
    app = web.Application()
    app.add_routes([route])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
