"""The manifest asks for what the calls need, and for nothing else: held against the emulated workspace."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

import bot.adapters.slack
from bot.adapters.slack.form.ids import SHORTCUTS
from bot.adapters.slack.manifest import SCOPELESS, SCOPES, manifest
from bot.sandbox.slack import App, Channel, Group, User, Workspace, World
from bot.sandbox.slack.api.methods import METHODS

SOURCES = sorted(Path(bot.adapters.slack.__path__[0]).rglob("*.py"))
ARGUMENTS: dict[str, dict[str, str]] = {
    "chat.postMessage": {"channel": "C0IR", "text": "hello"},
    "chat.update": {"channel": "C0IR", "ts": "1.0", "text": "hello"},
    "chat.postEphemeral": {"channel": "C0IR", "user": "U0ALICE", "text": "hello"},
    "users.info": {"user": "U0ALICE"},
    "usergroups.users.list": {"usergroup": "S0ONCALL"},
    "conversations.open": {"users": "U0ALICE"},
    "conversations.create": {"name": "in-1", "is_private": "true"},
    "conversations.list": {"types": "private_channel"},
    "views.open": {"trigger_id": "1", "view": "{}"},
    "views.update": {"view_id": "V1", "view": "{}"},
}
KINDS = {"channels": "C0IR", "groups": "G0SECRET", "im": "D0U0ALICE"}
CALLS = [(scope, method) for scope, methods in SCOPES.items() for method in methods]


@pytest.fixture(autouse=True)
def no_proxy_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


def staffed(scopes: frozenset[str]) -> World:
    world = World(app=App(scopes=scopes))
    world.add_user(User("U0ALICE", "alice"))
    world.add_channel(Channel("C0IR", "incident", frozenset({"U0ALICE"})))
    world.add_channel(Channel("G0SECRET", "secret", frozenset({"U0ALICE"}), kind="group"))
    world.add_group(Group("S0ONCALL", "oncall", ("U0ALICE",)))
    world.direct("U0ALICE")
    return world


async def error_of(scope: str, method: str, granted: frozenset[str]) -> str:
    """Call a method of the real protocol with a token of these scopes; return its error, or nothing."""
    arguments = dict(ARGUMENTS.get(method, {}))
    if method.startswith("conversations.") and not arguments:
        arguments = {"channel": KINDS.get(scope.partition(":")[0], "C0IR"), "ts": "1.0"}
    world = staffed(granted)
    async with Workspace(world) as workspace, aiohttp.ClientSession() as session:
        client = AsyncWebClient(
            world.app.bot_token, base_url=workspace.base_url, session=session, retry_handlers=[]
        )
        try:
            await client.api_call(method, params=arguments)
        except SlackApiError as refused:
            return str(refused.response["error"])
    return ""


@pytest.mark.parametrize(("scope", "method"), CALLS)
async def test_with_the_scopes_of_the_manifest_no_call_lacks_one(scope: str, method: str) -> None:
    assert await error_of(scope, method, frozenset(SCOPES)) != "missing_scope"


@pytest.mark.parametrize(("scope", "method"), CALLS)
async def test_each_scope_taken_away_breaks_the_calls_that_it_stands_for(scope: str, method: str) -> None:
    assert await error_of(scope, method, frozenset(SCOPES) - {scope}) == "missing_scope"


def test_every_scope_but_that_of_the_command_has_its_call() -> None:
    assert [scope for scope, methods in SCOPES.items() if not methods] == ["commands"]


def called() -> Iterator[str]:
    """Yield every name of a Web API method that stands in the adapter's source, the manifest's own aside."""
    for source in SOURCES:
        if source.name != "manifest.py":
            for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and node.value in METHODS:
                    yield str(node.value)
                if isinstance(node, ast.Attribute):
                    yield from (name for name in METHODS if name.replace(".", "_") == node.attr)


def test_the_adapter_calls_no_method_that_the_manifest_does_not_know() -> None:
    known = {method for methods in SCOPES.values() for method in methods} | set(SCOPELESS)

    assert set(called()) <= known


def flat(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def test_socket_mode_names_no_address_and_signed_requests_name_theirs() -> None:
    socket = manifest("socket")
    http = manifest("http", "https://ir.example.com/slack/events")

    assert socket["settings"]["socket_mode_enabled"] is True
    assert "https://" not in flat(socket)
    assert http["settings"]["socket_mode_enabled"] is False
    assert http["settings"]["interactivity"]["request_url"] == "https://ir.example.com/slack/events"
    assert http["settings"]["event_subscriptions"]["request_url"] == "https://ir.example.com/slack/events"
    assert http["features"]["slash_commands"][0]["url"] == "https://ir.example.com/slack/events"
    assert http["features"]["slash_commands"][0]["command"] == "/ir"


def test_nothing_but_commands_clicks_and_an_opened_home_is_asked_for() -> None:
    settings = manifest()["settings"]

    assert settings["event_subscriptions"] == {"bot_events": ["app_home_opened"]}
    assert settings["interactivity"] == {"is_enabled": True}
    assert set(manifest()["oauth_config"]["scopes"]) == {"bot"}


def test_shortcuts_are_those_that_forms_are_opened_for_and_their_names_fit() -> None:
    offered = manifest()["features"]["shortcuts"]

    assert {each["callback_id"] for each in offered} == SHORTCUTS
    assert {each["type"] for each in offered} == {"global", "message"}
    assert all(len(each["name"]) <= 24 and len(each["description"]) <= 140 for each in offered)


def test_searches_are_sent_where_clicks_are() -> None:
    http = manifest("http", "https://ir.example.com/slack/events")["settings"]["interactivity"]

    assert http["message_menu_options_url"] == http["request_url"]


def test_signed_requests_over_plain_http_are_refused() -> None:
    with pytest.raises(ValueError, match="https"):
        manifest("http", "http://ir.example.com")
