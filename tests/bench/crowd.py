"""A cluster of ten thousand pods, in a program of its own: its answers must not take our loop's time."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from bot.sandbox.kubernetes.access import User
from bot.sandbox.kubernetes.double import ClusterDouble
from bot.sandbox.kubernetes.incident import stage_incident
from bot.sandbox.scene import TOKEN

PODS = 10_000


async def main(file: Path) -> None:
    cluster = ClusterDouble("prod", clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    incident = stage_incident(cluster)
    cluster.add_user(TOKEN, User("bench"))
    for n in range(PODS):
        cluster.add_pod("payments", f"crowd-{n}", {"app": f"crowd-{n % 500}"}, node="aks-pool1-000001")
    async with cluster.serving():
        cluster.write_kubeconfig(file, TOKEN)
        print(incident.pod, flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
