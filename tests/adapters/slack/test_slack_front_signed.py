"""Signed requests: whatever is not truly Slack's, or not now, or too large, is refused without a word."""

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.adapters.slack.signed import LARGEST, PATH, routes
from bot.sandbox.slack import Attack
from bot.sandbox.slack.signing import sign
from tests.adapters.slack.office import Office

FORM = "application/x-www-form-urlencoded"


async def sent(office: Office, body: bytes, **headers: str) -> tuple[int, str]:
    """Send bytes truly signed, but for what the headers replace."""
    stamp = str(int(office.turned()))
    signed = {
        "Content-Type": FORM,
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": sign(office.workspace.world.app.signing_secret, stamp, body),
    }
    async with (
        aiohttp.ClientSession() as session,
        session.post(office.workspace.request_url, data=body, headers={**signed, **headers}) as answer,
    ):
        return answer.status, await answer.text()


@pytest.mark.parametrize("attack", list(Attack))
async def test_a_request_that_slack_did_not_sign_now_is_refused(by_http: Office, attack: Attack) -> None:
    answer = await by_http.workspace.slash("U0ALICE", "C0IR", "/ir list", attack=attack)
    await by_http.work()

    assert (answer.status, answer.body) == (401, None)
    assert await by_http.records() == []


async def test_five_minutes_are_within_the_window(by_http: Office) -> None:
    body = b'payload={"type":"url_verification","challenge":"c"}'
    early = sign(by_http.workspace.world.app.signing_secret, str(int(by_http.turned()) - 300), body)
    status, _ = await sent(
        by_http,
        body,
        **{
            "X-Slack-Request-Timestamp": str(int(by_http.turned()) - 300),
            "X-Slack-Signature": early,
        },
    )

    assert status == 200


@pytest.mark.parametrize("stamp", ["", " 1", "+1", "1e9", "-5", "9" * 13, "\u0661", "nan"])
async def test_a_timestamp_is_digits_only(by_http: Office, stamp: str) -> None:
    signature = sign(by_http.workspace.world.app.signing_secret, stamp, b"x=1")
    headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature}

    assert await sent(by_http, b"x=1", **headers) == (401, "")


async def test_digits_of_other_scripts_are_no_timestamp(by_http: Office) -> None:
    stamp = str(int(by_http.turned())).translate({ord("0") + n: 0x0660 + n for n in range(10)})
    signature = sign(by_http.workspace.world.app.signing_secret, stamp, b"x=1")
    headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature}

    assert await sent(by_http, b"x=1", **headers) == (401, "")


async def test_a_body_beyond_64_kib_is_refused_though_signed(by_http: Office) -> None:
    assert await sent(by_http, b"x=" + b"a" * LARGEST) == (400, "")


async def test_a_body_of_64_kib_in_pieces_is_read_and_no_more(by_http: Office) -> None:
    async def pieces() -> object:
        for _ in range(70):
            yield b"a" * 1024

    stamp = str(int(by_http.turned()))
    headers = {"Content-Type": FORM, "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": "v0=0"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(by_http.workspace.request_url, data=pieces(), headers=headers) as answer,
    ):
        assert answer.status == 400


async def test_another_content_type_is_refused(by_http: Office) -> None:
    assert await sent(by_http, b"<x/>", **{"Content-Type": "text/xml"}) == (400, "")


@pytest.mark.parametrize(
    "body",
    [
        b"payload=\xff\xfe",
        b"payload=%FF",
        b"payload={",
        b"payload=" + b"[" * 20_000,
        b"payload=[1]",
        b"a=1&" * 60,
    ],
)
async def test_what_does_not_parse_is_refused_without_echo(by_http: Office, body: bytes) -> None:
    assert await sent(by_http, body) == (400, "")


async def test_an_unsigned_ssl_check_learns_nothing(by_http: Office) -> None:
    assert await sent(by_http, b"ssl_check=1", **{"X-Slack-Signature": "v0=0"}) == (401, "")


async def test_an_empty_secret_lets_nobody_in(by_http: Office) -> None:
    application = web.Application()
    application.add_routes(routes(by_http.front, str, by_http.turned))
    stamp = str(int(by_http.turned()))
    headers = {
        "Content-Type": FORM,
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": sign("", stamp, b"x=1"),
    }
    async with TestClient(TestServer(application)) as client:
        answer = await client.post(PATH, data=b"x=1", headers=headers)

    assert answer.status == 401
