"""A trace asks on about pods in other namespaces: what their addresses did before they had them is not told."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from bot.domain.flows.asked import Asked
from bot.domain.flows.flow import Endpoint, Flow, Observer, Verdict
from bot.domain.flows.taken import Silent, Taken
from bot.engine import tracing
from bot.engine.flows import gathered
from bot.ports import FlowSource
from bot.sandbox.kubernetes.objects import rfc3339
from bot.sandbox.kubernetes.resources import PODS
from bot.sandbox.scene import ALICE
from tests.journeys.seeing import suspect, table
from tests.journeys.stage import Stage, stage

pytestmark = pytest.mark.timeout(120)
BEFORE, SINCE = "198.51.100.77", "198.51.100.78"


def make_young(bot: Stage) -> None:
    """Have every pod of the cluster's DNS there for five minutes only."""
    registry = bot.scene.cluster.registry
    for body in registry.store.each(PODS, "kube-system"):
        created = rfc3339(bot.clock() - timedelta(minutes=5))
        changed = {**body, "metadata": {**body["metadata"], "creationTimestamp": created}}
        registry.store.put(PODS, registry.signed(PODS, changed, "staging"))


async def test_what_an_address_did_before_the_pod_had_it_is_told_to_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_on: list[Asked] = []

    async def logged(
        sources: Iterable[FlowSource], asked: Asked, within: float
    ) -> tuple[Taken | Silent, ...]:
        asked_on.append(asked)
        at = (asked.until - timedelta(minutes=30), BEFORE), (asked.until - timedelta(seconds=1), SINCE)
        whole = asked.subject.namespace == "kube-system"
        rows = tuple(row(moment, asked.subject.addresses[0], far) for moment, far in at if whole)
        return (*await gathered(sources, asked, within), Taken("firewall", rows))

    monkeypatch.setattr(tracing, "gathered", logged)
    async with stage(tmp_path, transport="http", relay=True) as bot:
        make_young(bot)
        told = await bot.ask(ALICE, f"trace {suspect(bot)} since 1h")
        rows = msgspec.json.encode(await table(bot)).decode()

    assert "kube-system" in {one.subject.namespace for one in asked_on}
    assert SINCE in rows
    assert BEFORE not in rows
    assert "not told: 1 of the rows, of before its pods were there" in told


def row(moment: datetime, own: str, far: str) -> Flow:
    source, destination = Endpoint(own), Endpoint(far)
    return Flow(
        moment,
        moment,
        source,
        destination,
        Observer("firewall", "hub", "network rule"),
        source_port=51_000,
        destination_port=443,
        protocol="TCP",
        verdict=Verdict.ALLOWED,
        reply=False,
    )
