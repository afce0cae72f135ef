"""The office of the tests, and its front door over both transports."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from bot.adapters.slack.client import Slack
from bot.adapters.slack.signed import PATH, routes
from bot.adapters.slack.sockets import Sockets
from bot.adapters.store import open_store
from bot.sandbox.slack import SandboxClock, Workspace
from tests.adapters.slack.office import Office, Turned, staffed
from tests.databases import with_tables


@pytest.fixture(autouse=True)
def no_proxy_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """slack_sdk reads the proxy variables and ignores NO_PROXY."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    turned, world = Turned(), staffed()
    url = f"sqlite:///{tmp_path}/firebreak.db"
    await with_tables(url)
    clock = SandboxClock(seconds=turned, wall=turned)
    async with (
        open_store(url, clock=turned.time) as store,
        Workspace(world, clock=clock) as workspace,
        Slack(lambda: world.app.bot_token, workspace.base_url, sleep=turned.sleep) as slack,
    ):
        yield Office(workspace, store, slack, turned)


@pytest.fixture
async def by_socket(office: Office) -> AsyncIterator[Office]:
    """Connect by two websockets."""
    token = office.workspace.world.app.app_token
    # No short pings here: on a busy machine a late pong would renew the connection in the middle of a test.
    sockets = Sockets(office.front, office.slack, lambda: token, seconds=office.turned)
    sockets.open()
    await office.workspace.until(lambda: sockets.connected() == 2, 20.0)
    yield office
    await sockets.close()


@pytest.fixture
async def by_http(office: Office) -> AsyncIterator[Office]:
    """Listen for signed requests."""
    secret = office.workspace.world.app.signing_secret
    application = web.Application()
    application.add_routes(routes(office.front, lambda: secret, office.turned))
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    office.workspace.transport = "http"
    office.workspace.request_url = f"http://127.0.0.1:{runner.addresses[0][1]}{PATH}"
    yield office
    await runner.cleanup()


@pytest.fixture(params=["by_socket", "by_http"])
def either(request: pytest.FixtureRequest) -> Office:
    """Run a test over both transports."""
    found: Office = request.getfixturevalue(request.param)
    return found
