"""The bot's side of Slack on real parts: the store on SQLite, the emulated workspace, and a clock that tests turn."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from bot.adapters.slack.client import Slack
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.directory import SlackDirectory
from bot.adapters.slack.front import Front
from bot.adapters.slack.installation import Home, Installation
from bot.adapters.slack.pace import Pace
from bot.adapters.slack.pump import Pump
from bot.adapters.slack.sender import Sender
from bot.adapters.store import SqlStore
from bot.adapters.store.tables import audit
from bot.domain.digests import Terms, digest
from bot.domain.people import Principal
from bot.domain.policy import Duration, Need, Policy, Requirements
from bot.domain.policy.rules import Group, Lease, Rule
from bot.domain.requests import Request, part_rows
from bot.engine.context import Context
from bot.engine.names import Names
from bot.engine.routing import NoObjects, NoShared
from bot.engine.saying import card
from bot.ports import Note, Painted
from bot.sandbox.slack import Channel, SandboxClock, User, Workspace, World
from bot.sandbox.slack import Group as Usergroup
from tests.adapters.slack.staging import plan_of

ALICE, BOB = Principal("T0HOST", "U0ALICE"), Principal("T0HOST", "U0BOB")
FIRST = "FB-7K3Q1"
TERMS = Terms(14_400, "hold", 1)
NEEDS = Requirements(
    needs=(Need(1, ("security",), "rule 1"),),
    quorum=1,
    mention=("security", "leads"),
    because=(),
    approval_expiry=1800,
    lease_default=14_400,
    lease_maximum=86_400,
    on_expiry=None,
)
POLICY = Policy(
    version=1,
    groups={
        "security": Group(usergroup="S0ONCALL"),
        "leads": Group(users=(BOB.key,)),
    },
    reads=("security",),
    rules=(
        Rule(
            actions=("*",),
            clusters=("*",),
            request=("security",),
            approve=("security",),
            release=("security",),
            lease=Lease(default=Duration(3600), maximum=Duration(86_400)),
        ),
    ),
)


class Turned:
    """Seconds since 1970 that stand still until the test turns them."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def time(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)

    async def sleep(self, seconds: float) -> None:
        """Sleep by turning the clock."""
        self.now += seconds


class Chance:
    """Entropy that repeats itself."""

    def request_id(self) -> str:
        return FIRST

    def salt(self) -> bytes:
        return bytes(16)

    def incident_id(self) -> str:
        return "IN-TEST"

    def operation_id(self) -> str:
        return "00000000-0000-4000-8000-000000000000"


def staffed() -> World:
    """Alice and Bob on call, a guest, a stranger of another organisation, someone who left."""
    world = World()
    for user in (
        User("U0ALICE", "alice"),
        User("U0BOB", "bob"),
        User("U0GUEST", "guest", is_restricted=True),
        User("U0STRANGER", "mallory", team="T0OTHER"),
        User("U0LEFT", "left", deleted=True),
        User("U0HIDDEN", "hidden", visible=False),
    ):
        world.add_user(user)
    everyone = frozenset({"U0ALICE", "U0BOB", "U0GUEST"})
    world.add_channel(Channel("C0IR", "incident", everyone))
    world.add_channel(Channel("C0TWO", "second", everyone))
    world.add_group(Usergroup("S0ONCALL", "oncall", ("U0ALICE", "U0BOB")))
    return world


@dataclass
class Office:
    """Everything of one test. ``turn`` is the clock of all of it."""

    workspace: Workspace
    store: SqlStore
    slack: Slack
    turned: Turned
    desk: Desk = field(init=False)
    front: Front = field(init=False)

    def __post_init__(self) -> None:
        world = self.workspace.world
        installation = Installation(self.slack, Home(world.team, world.app.bot_user, world.app.id))
        directory = SlackDirectory(self.slack, installation)
        nothing = NoObjects()
        context = Context(
            store=self.store,
            world=nothing,
            objects=nothing,
            shared=NoShared(),
            directory=directory,
            entropy=Chance(),
            policy=POLICY,
            policy_hash="p" * 64,
            home_teams=lambda: installation.teams,
            clusters=("prod",),
            channels={"*": "C0IR"},
        )
        doors = (self.store.doorway, self.store.sending, self.store.cards)
        names = Names(context, self.turned)
        self.desk = Desk(
            context, self.slack, installation, directory, *doors, names=names, homes=self.store.homes
        )
        self.front = Front(installation, self.store.doorway, lambda: context.clusters, names)
        self.pump, self.sender = self.new_pump(), self.new_sender()

    def new_pump(self) -> Pump:
        """Start over, as after a crash."""
        return Pump(self.desk, "pump", sleep=self.turned.sleep)

    def new_sender(self) -> Sender:
        """Start over, as after a crash."""
        return Sender(self.desk, "sender", Pace(self.turned, burst=100))

    async def work(self) -> None:
        """Carry out what came in, and say what that makes."""
        while await self.pump.turn():
            await self.pump.settle()
        await self.say()

    async def say(self) -> None:
        """Say everything that may be said now."""
        while await self.sender.turn():
            pass

    async def waits(self, seconds: float) -> None:
        """Turn the clock, then say what is due."""
        self.turned.now += seconds
        await self.say()

    async def ask(self, request_id: str = FIRST, channel: str = "C0IR") -> Request:
        """Store a request of Alice's, its card queued."""
        plan, now = plan_of(), self.turned.time()
        request = Request(
            id=request_id,
            action=plan.action,
            parameters=plan.parameters,
            plan=plan,
            terms=TERMS,
            digest=digest(plan, TERMS),
            requester=ALICE,
            needs=NEEDS,
            policy_hash="p" * 64,
            created_at=now,
            expires_at=now + timedelta(minutes=30),
            reason="beaconing",
            channel=channel,
        )
        async with self.store.begin() as tx:
            assert await tx.requests.add(request, part_rows(request.id, plan, now))
            await card(tx, request)
        return request

    async def asked(self, request_id: str = FIRST) -> tuple[Request, Painted]:
        """Store a request, post its card, and return both."""
        request = await self.ask(request_id)
        await self.say()
        return request, await self.card(request_id)

    async def card(self, request_id: str = FIRST) -> Painted:
        """Where the card is."""
        found = await self.store.cards.get(request_id)
        assert found is not None
        return found

    async def note(self, kind: str, text: str = "x", request_id: str = FIRST) -> None:
        """Queue a note of a request's topic."""
        async with self.store.begin() as tx:
            await tx.outbox.put(Note(topic=request_id, kind=kind, request_id=request_id, text=text))

    async def outcomes(self) -> list[str]:
        """Outcomes of all records, in order."""
        return [str(record.get("outcome", "")) for record in await self.records()]

    async def records(self) -> list[dict[str, Any]]:
        """All records of the audit log, in order."""
        import json

        async with self.store.working() as work:
            rows = await work.rows(select(audit).order_by(audit.c.seq))
        return [json.loads(row.body) for row in rows]


async def turning(turned: Turned) -> SandboxClock:
    """The workspace's clock, by ours."""
    return SandboxClock(seconds=turned, wall=turned)
