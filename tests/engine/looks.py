"""What tests of looks at groups of alerts look with: a clock and a world of their own, and playbooks that always fit."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from bot.adapters.store import SqlStore
from bot.domain.alerts import Alert
from bot.domain.playbooks import Chosen, Match, Outcome, Playbook, Step, Take, Taken, chosen, playbook_hash
from bot.domain.playbooks.playbook import Parameter
from bot.domain.policy.policies import EMPTY
from bot.domain.queries import Absent, Answer, Get, Query, Unavailable
from bot.domain.suggestions import Board
from bot.engine.alerting import _count as counting
from bot.engine.boards import boards
from bot.engine.context import Context
from bot.ports import Objects, SharedThings
from tests.adapters.alerts.made import START
from tests.adapters.slack.office import Chance


class Clock:
    """A clock that stands still unless it is turned."""

    now = datetime(2026, 11, 21, 2, 11, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Cluster:
    """A world that is asked: ``held`` questions wait, ``broken`` ones raise."""

    def __init__(self) -> None:
        self.asked, self.going, self.most = 0, 0, 0
        self.held = asyncio.Event()
        self.held.set()
        self.reached = asyncio.Event()
        self.broken = ""

    async def answer(self, query: Query) -> Answer:
        self.asked += 1
        self.going += 1
        self.most = max(self.most, self.going)
        self.reached.set()
        try:
            await self.held.wait()
        finally:
            self.going -= 1
        if self.broken and self.broken in str(query):
            raise RuntimeError("a fault of ours")
        return Absent(query.ref) if isinstance(query, Get) and "gone" in query.ref.name else Unavailable("no")


class InForce:
    """Playbooks whose conditions all hold."""

    def __init__(self, *names: str) -> None:
        where: dict[str, Parameter] = {
            "cluster": Taken(Take.CLUSTER),
            "namespace": Taken(Take.NAMESPACE),
            "pods": Taken(Take.PODS),
        }
        step = Step("Cut it off", "quarantine-pod", where)
        self.listed = tuple(Playbook(1, name, name, Match("true"), (step,)) for name in names)

    def named(self, name: str) -> Playbook | None:
        return next((each for each in self.listed if each.name == name), None)

    def sha256(self, name: str) -> str:
        return playbook_hash(found) if (found := self.named(name)) else ""

    async def judge(self, playbook: Playbook, alert: Alert) -> Outcome:
        return Outcome(holds=True)

    async def choose(self, alert: Alert) -> Chosen:
        return chosen(self.listed, alert, lambda _, __: Outcome(holds=True))


def looking(store: SqlStore, cluster: Cluster) -> Context:
    """Return what looks are made with: one cluster, two playbooks."""
    return Context(
        store=store,
        world=cluster,
        objects=cast("Objects", None),
        shared=cast("SharedThings", None),
        directory=cast("Any", None),
        entropy=Chance(),
        policy=EMPTY,
        policy_hash="p" * 64,
        home_teams=frozenset,
        clusters=("prod",),
        playbooks=InForce("one", "two"),
    )


async def told(store: SqlStore, *alerts: Alert) -> None:
    """Count alerts, as their worker does."""
    async with store.begin() as tx:
        await counting(tx, alerts)


async def stands(context: Context) -> Sequence[Board]:
    return await boards(context, START - timedelta(days=1000), 1000)


async def due(store: SqlStore, group_id: str) -> datetime | None:
    async with store.begin() as tx:
        look = await tx.suggestions.look(group_id)
    assert look is not None
    return look.due_at
