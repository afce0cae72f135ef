"""What is asked beside the flows fails, comes late, or lacks a node: then the answer claims no time, and no absence."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest

from bot.adapters.flows.hubble import source
from bot.domain.flows.knowing import absence
from bot.domain.flows.merging import merge
from bot.domain.flows.taken import Overrun, Taken
from bot.domain.quarantine.replays import blank
from bot.sandbox.flows.events import Wire, forwarded
from bot.sandbox.flows.relay import Node, RelayDouble
from tests.adapters.flows.hubble_stage import API, DNS, EVIL, NODES, NOON, TWIN, question, see, staged

QUARTER = question(since=NOON - timedelta(minutes=15), until=NOON)
FORGOT = Overrun("ring buffer of aks-1")


class Beside(RelayDouble):
    """A relay that tells all flows, and not its nodes' oldest events: it aborts, is ``late``, or leaves one node out."""

    def __init__(self, mode: str) -> None:
        super().__init__([Node(NODES[0], capacity=4), Node(NODES[1]), Node(NODES[2])])
        self.mode = mode

    async def _get_flows(self, request: Any, context: Any) -> AsyncIterator[bytes]:
        if request.number and request.first:
            if self.mode == "busy":
                await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "busy")
            if self.mode == "late":
                await asyncio.Event().wait()
        async for raw in super()._get_flows(request, context):
            yield raw

    def _from(self, node: Node, request: Any) -> list[Any]:
        lacking = self.mode == "lacks one" and request.first and node.name == NODES[0]
        return [] if lacking else super()._from(node, request)


async def told(mode: str, folder: Path) -> Taken:
    """Ask for a pod whose only connection was overwritten by its twin's."""
    double = Beside(mode)
    see(double, forwarded(Wire(API, EVIL, 443), NOON - timedelta(seconds=60)))
    see(double, forwarded(Wire(TWIN, DNS, 53, 50003, "UDP"), NOON - timedelta(seconds=2)))
    async with staged(double, folder) as hubble:
        return await hubble.ask(QUARTER, 10)


@pytest.mark.parametrize("mode", ["", "busy", "late", "lacks one"])
async def test_a_full_node_that_did_not_say_its_oldest_event_hides_no_loss(
    mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "LOOK", 0.5)

    taken = await told(mode, tmp_path)

    assert taken.flows == ()
    assert FORGOT in taken.losses
    assert (taken.window is None) == bool(mode)
    merged = merge([taken])
    assert absence(merged, QUARTER).sure == ()
    assert "not known" in blank([(QUARTER, merged)])
