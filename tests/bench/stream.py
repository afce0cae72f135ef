"""A relay with a hundred thousand flows to tell, or with flows that never end, in a program of its own: it must not take our loop's time."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta

from bot.sandbox.flows.events import End, Wire, forwarded
from bot.sandbox.flows.protocol import message
from bot.sandbox.flows.relay import Node, RelayDouble

FLOWS = 100_000
START = datetime(2026, 1, 1, 12, tzinfo=UTC)
API = End(
    "10.244.1.7",
    "payments",
    "api-0",
    "api",
    ("app=api", "tier=front", "team=pay", "version=7"),
    identity=1000,
)


def messages(flows: int) -> tuple[bytes, ...]:
    """Encode what the nodes tell of connections to two hundred peers, five events for each."""
    found: list[bytes] = []
    for number in range(flows // 5):
        peer = number % 200
        labels = (f"app=db-{peer % 20}", "tier=back", "team=orders", "version=3")
        server = End(
            f"10.244.{peer // 100 + 2}.{peer % 100}", "orders", f"db-{peer}", "db", labels, 2000 + peer
        )
        wire = Wire(API, server, 5432, from_port=1024 + number % 60_000)
        for flow in forwarded(wire, START + timedelta(milliseconds=number)):
            told = message("GetFlowsResponse")(
                flow=flow, node_name=f"default/node-{peer % 3}", time=flow.time
            )
            found.append(told.SerializeToString())
    return tuple(found)


async def main(flows: int, *, endless: bool) -> None:
    relay = RelayDouble([Node("default/node-0")])
    told = messages(flows)
    if endless:
        relay.faults.endless = lambda number: told[number % flows]
    else:
        relay.faults.before = told
    async with relay.serving(None):
        print(relay.port, flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), endless="endless" in sys.argv[2:]))
