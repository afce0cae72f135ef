"""The whole bot, put together: what is opened, in which order, and who runs beside whom."""

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING

from aiohttp import web

from bot.actions import CATALOGUE
from bot.adapters.drawing.drawer import Drawer
from bot.adapters.policy import load as load_policy
from bot.adapters.slack.client import Slack
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.directory import SlackDirectory
from bot.adapters.slack.front import Front
from bot.adapters.slack.home.publishing import Homes
from bot.adapters.slack.installation import Installation
from bot.adapters.slack.pace import Pace
from bot.adapters.slack.pump import Pump
from bot.adapters.slack.sender import Sender
from bot.adapters.slack.signed import routes
from bot.adapters.slack.sockets import Sockets
from bot.adapters.store import SqlStore
from bot.bootstrap.alerts import Authority, Clocks, Intakes, intakes
from bot.bootstrap.anchors import anchors
from bot.bootstrap.entropy import SystemEntropy, utc_now
from bot.bootstrap.evidence import evidence
from bot.bootstrap.ledger import Ledger, open_ledger
from bot.bootstrap.outside import Outside, outside
from bot.bootstrap.playbooks import in_force
from bot.bootstrap.selftests import sites
from bot.bootstrap.signing import settings_hash
from bot.domain.errors import FirebreakError
from bot.domain.policy import Policy, policy_hash
from bot.domain.policy.policies import with_own_namespace
from bot.engine.alerting import Alerting
from bot.engine.anchoring import Anchorer
from bot.engine.checkpointing import Checkpointer
from bot.engine.context import Context, Limits
from bot.engine.context import Pace as SelfTestPace
from bot.engine.names import Names
from bot.engine.opening import Start
from bot.engine.resting import rest
from bot.engine.running import run as run_engine
from bot.engine.suggesting import Suggesting
from bot.engine.suppressed import sum_up
from bot.engine.wellness import Wellness
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.adapters.azure.client import SandboxEndpoint


VERSION = version("firebreak")
KEPT = timedelta(days=7)
PRUNE_EVERY = 3600.0


@dataclass(frozen=True)
class Laboratory:
    """What a rehearsal or a test puts in the place of the world's own: clocks, limits, a double of ARM."""

    azure: "SandboxEndpoint | None" = None
    blobs: "SandboxEndpoint | None" = None
    logs: "SandboxEndpoint | None" = None
    clock: Callable[[], datetime] = utc_now
    seconds: Callable[[], float] = time.monotonic
    limits: Limits | None = None
    pace: SelfTestPace = field(default_factory=SelfTestPace)
    pace_burst: float = 4.0
    authority: Authority | None = None


@dataclass(frozen=True)
class House:
    """The bot, opened and not yet running."""

    settings: Settings
    context: Context
    store: SqlStore
    checkpointer: Checkpointer
    anchorer: Anchorer
    outside: Outside
    desk: Desk
    front: Front
    pump: Pump
    sender: Sender
    sockets: Sockets | None
    wellness: Wellness
    routes: Sequence[web.RouteDef] = field(default_factory=tuple)
    alerts: Intakes = field(default_factory=Intakes)

    def unwell(self) -> Mapping[str, str]:
        """Name what is not well, for ``/readyz`` and `firebreak check`."""
        wrong = dict(self.outside.unwell())
        if not self.context.home_teams():
            wrong["slack"] = "Slack has not said yet whose token this is"
        if self.sockets is not None and not self.sockets.connected():
            wrong["socket mode"] = "no connection is up"
        return wrong

    def noted(self) -> Mapping[str, str]:
        """Name what somebody should look at, though the bot can contain: anchors that do not answer, or have lost what they kept, sources of flows, senders of alerts."""
        return {
            **self.alerts.noted(),
            **self.anchorer.unwell(),
            **self.outside.unwatched(),
            **self.wellness.unwell(),
        }

    async def run(self, stop: asyncio.Event) -> None:
        """Run everything until ``stop`` is set, then finish what was begun."""
        async with asyncio.TaskGroup() as group:
            group.create_task(run_engine(self.context, _owner(), stop, self.settings.engine.workers))
            group.create_task(self.checkpointer.run(stop))
            group.create_task(self.anchorer.run(stop))
            group.create_task(self.desk.installation.hold(stop))
            group.create_task(self.pump.run(stop))
            group.create_task(self.desk.names.run(stop))
            group.create_task(self.sender.run(stop))
            group.create_task(Homes(self.desk).run(stop))
            group.create_task(self.wellness.run(stop))
            group.create_task(Alerting(self.context, self.store.doorway, _owner()).run(stop))
            group.create_task(Suggesting(self.context).run(stop))
            group.create_task(_prune(self.store, stop))
            group.create_task(self.alerts.run(stop))
            if self.outside.watching is not None:
                group.create_task(self.outside.watching.run(stop))
            if self.sockets is not None:
                group.create_task(self.sockets.run(stop))


@asynccontextmanager
async def house(settings: Settings, laboratory: Laboratory | None = None) -> AsyncIterator[House]:
    """
    Open everything that the settings name, and close it at the end of the block.

    Raises ``FirebreakError`` with the remedy for what cannot be opened: a policy, a playbook, a key, a database that is
    not migrated or in use by another program.
    """
    lab = laboratory or Laboratory()
    policy = with_own_namespace(
        load_policy(settings.policy_file, tuple(CATALOGUE)), os.environ.get("POD_NAMESPACE", "firebreak")
    )
    async with AsyncExitStack() as stack:
        playbooks = in_force(stack, settings)
        said = await _what_is_said(stack, settings)
        places = await anchors(stack, settings, (said.slack, said.installation), lab.blobs)
        kept = await open_ledger(stack, settings, lab.clock, places)
        rules = (settings_hash(settings), policy_hash(policy))
        hashes = {each.name: playbooks.sha256(each.name) for each in playbooks.listed}
        await kept.begin(stack, Start(VERSION, *rules, kept.key, hashes))
        around = await stack.enter_async_context(outside(settings, lab.clock, lab.azure, lab.logs))
        context = _context(settings, lab, policy, (said, kept, around))
        looking = await evidence(stack, settings, kept.store, around.witness, lab.blobs)
        context = replace(
            context, evidence=looking, notary=kept.notary(), playbooks=playbooks, misfits=kept.store.misfits
        )
        stack.push_async_callback(sum_up, context)
        taken = await intakes(stack, settings, kept.store, Clocks(lab.clock, lab.seconds), lab.authority)
        yield replace(_assembled(settings, lab, context, (said, kept, around)), alerts=taken)


@dataclass(frozen=True)
class _Said:
    """The way to Slack, and who is known there."""

    slack: Slack
    installation: Installation
    directory: SlackDirectory


async def _what_is_said(stack: AsyncExitStack, settings: Settings) -> _Said:
    slack = await stack.enter_async_context(Slack(_bot_token(settings), settings.slack.api_url))
    installation = Installation(slack)
    return _Said(slack, installation, SlackDirectory(slack, installation))


def _context(
    settings: Settings, lab: Laboratory, policy: Policy, opened: tuple[_Said, Ledger, Outside]
) -> Context:
    said, kept, around = opened
    return Context(
        store=kept.store,
        world=around.world,
        objects=around.objects,
        shared=around.shared,
        directory=said.directory,
        changes=around.watching,
        entropy=SystemEntropy(),
        policy=policy,
        policy_hash=policy_hash(policy),
        alert_sources=frozenset(settings.alerts),
        home_teams=lambda: _teams(said.installation, settings),
        clusters=_clusters(settings),
        channels=dict(settings.slack.channels),
        limits=lab.limits or _limits(settings),
        self_tests=sites(settings),
        pace=lab.pace,
        flows=around.flows,
    )


def _assembled(  # the last step of composition: everything meets here
    settings: Settings, lab: Laboratory, context: Context, opened: tuple[_Said, Ledger, Outside]
) -> House:
    said, kept, around = opened
    store = kept.store
    desk = Desk(
        context,
        *(said.slack, said.installation, said.directory),
        *(store.doorway, store.sending, store.cards),
        names=Names(context, lab.seconds),
        homes=store.homes,
        drawing=Drawer(),
    )
    front = Front(desk.installation, desk.doorway, lambda: context.clusters, desk.names)
    given = settings.slack
    sockets = None
    served: list[web.RouteDef] = []
    if given.transport == "socket" and given.app_token is not None:
        app_token = given.app_token
        sockets = Sockets(
            front, desk.slack, app_token.get_secret_value, seconds=lab.seconds, count=given.connections
        )
    elif given.signing_secret is not None:
        secret = given.signing_secret
        served = routes(front, secret.get_secret_value, lambda: lab.clock().timestamp())
    return House(
        settings=settings,
        context=context,
        store=store,
        checkpointer=kept.checkpointer,
        anchorer=kept.anchorer,
        outside=around,
        desk=desk,
        front=front,
        pump=Pump(desk, _owner()),
        sender=Sender(desk, _owner(), Pace(lab.seconds, lab.pace_burst)),
        sockets=sockets,
        wellness=Wellness(context.flows, context.clusters),
        routes=served,
    )


def _bot_token(settings: Settings) -> Callable[[], str]:
    return settings.slack.bot_token.get_secret_value


def _teams(installation: Installation, settings: Settings) -> frozenset[str]:
    found = installation.teams
    return found | frozenset(settings.slack.home_teams) if found else found


def _clusters(settings: Settings) -> tuple[str, ...]:
    named = [*settings.clusters, *(settings.azure.groups if settings.azure else ())]
    return tuple(dict.fromkeys(named))


def _limits(settings: Settings) -> Limits:
    given = settings.engine
    return Limits(
        lease=timedelta(seconds=given.lease),
        call=timedelta(seconds=given.call),
        poll=timedelta(seconds=given.poll),
        backoff=timedelta(seconds=given.backoff),
        watch=timedelta(seconds=given.watch),
    )


async def _prune(store: SqlStore, stop: asyncio.Event) -> None:
    """Once an hour, forget what came in and was said more than a week ago; requests and the log stay."""
    while not stop.is_set():
        with contextlib.suppress(FirebreakError):  # the database is away: there is time
            async with store.begin() as tx:
                now = tx.now
            await store.prune(now - KEPT)
        await rest(stop, PRUNE_EVERY)


def _owner() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"
