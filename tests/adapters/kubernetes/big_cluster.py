"""A double with many pods in a process of its own, so that its work does not hold up the loop under test.

`python -m tests.adapters.kubernetes.big_cluster COUNT` prints its URL and serves until its input ends.
"""

import asyncio
import sys
from datetime import UTC, datetime

from bot.sandbox.kubernetes.access import User
from bot.sandbox.kubernetes.double import ClusterDouble

TOKEN = "sandbox-bot"


async def main(count: int) -> None:
    double = ClusterDouble("prod", lambda: datetime(2026, 3, 1, 12, 0, tzinfo=UTC))
    double.add_user(TOKEN, User("bot"))
    double.add_node("node-a")
    for number in range(count):
        labels = {"app": f"app-{number % 100}", "pod-template-hash": "5f6d8c7b9", "tier": "backend"}
        double.add_pod("default", f"app-{number}", labels)
    async with double.serving() as url:
        print(url, flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
