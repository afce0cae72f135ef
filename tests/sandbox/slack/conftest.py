"""A small workspace with people of every sort, and the real slack_sdk client against it."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import SandboxClock, Workspace, World
from tests.sandbox.slack.stage import BoltApp, Turned, close, staffed


@pytest.fixture(autouse=True)
def no_proxy_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """slack_sdk reads the proxy variables and ignores NO_PROXY."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def world() -> World:
    return staffed()


@pytest.fixture
def turned() -> Turned:
    return Turned()


@pytest.fixture
async def workspace(world: World) -> AsyncIterator[Workspace]:
    async with Workspace(world) as running:
        yield running


@pytest.fixture
async def slow_workspace(world: World, turned: Turned) -> AsyncIterator[Workspace]:
    """Run a workspace whose deadlines pass only when the test turns the clock."""
    async with Workspace(world, clock=SandboxClock(seconds=turned)) as running:
        yield running


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened
        await asyncio.sleep(0)


@pytest.fixture
def client(workspace: Workspace, world: World, session: aiohttp.ClientSession) -> AsyncWebClient:
    return AsyncWebClient(
        world.app.bot_token, base_url=workspace.base_url, session=session, retry_handlers=[]
    )


@pytest.fixture
def slow_client(slow_workspace: Workspace, world: World, session: aiohttp.ClientSession) -> AsyncWebClient:
    return AsyncWebClient(
        world.app.bot_token, base_url=slow_workspace.base_url, session=session, retry_handlers=[]
    )


@pytest.fixture
async def bolt(workspace: Workspace, session: aiohttp.ClientSession) -> BoltApp:
    return BoltApp(workspace, session)


@pytest.fixture
async def by_socket(workspace: Workspace, bolt: BoltApp) -> AsyncIterator[Workspace]:
    """Connect the app by one websocket."""
    connection = await bolt.connect(workspace)
    yield workspace
    await close(connection)


@pytest.fixture
async def by_http(workspace: Workspace, bolt: BoltApp) -> AsyncIterator[Workspace]:
    """Let the app listen for signed requests."""
    application = web.Application()
    application.router.add_post("/slack/events", bolt.listen)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    workspace.transport = "http"
    workspace.request_url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    yield workspace
    await runner.cleanup()


@pytest.fixture(params=["by_socket", "by_http"])
def either(request: pytest.FixtureRequest) -> Workspace:
    """Run a test over both transports."""
    found: Workspace = request.getfixturevalue(request.param)
    return found
