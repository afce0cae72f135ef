"""Who may talk to the page: its own browser page, and nobody else."""

import aiohttp
import pytest

from bot.sandbox.scene import CHANNEL
from tests.sandbox.page.page_under_test import Open

SAYING = {"act": "say", "person": "U0ALICE", "text": "hello"}


async def _posted(visited: Open, headers: dict[str, str]) -> int:
    async with visited.session.post(f"{visited.address}act", json=SAYING, headers=headers) as answer:
        return answer.status


def _heard(visited: Open) -> bool:
    return any(message.text == "hello" for message in visited.scene.workspace.messages(CHANNEL))


async def test_the_page_itself_may_act(visited: Open) -> None:
    assert (await visited.act(**SAYING))["ok"]
    assert _heard(visited)


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1", "", "http://127.0.0.1:1"]
)
async def test_another_page_in_the_same_browser_is_refused(visited: Open, origin: str) -> None:
    headers = {"X-Sandbox-Token": await visited.token()} | ({"Origin": origin} if origin else {})

    assert await _posted(visited, headers) == 403
    assert not _heard(visited)


@pytest.mark.parametrize("token", ["", "x", "ü"])
async def test_a_post_without_this_starts_token_is_refused(visited: Open, token: str) -> None:
    headers = {"Origin": visited.address.rstrip("/"), "X-Sandbox-Token": token}

    assert await _posted(visited, headers) == 403
    assert not _heard(visited)


async def test_a_form_of_another_page_cannot_be_taken_for_an_act(visited: Open) -> None:
    headers = {
        "Origin": visited.address.rstrip("/"),
        "X-Sandbox-Token": await visited.token(),
        "Content-Type": "text/plain",
    }
    body = aiohttp.JsonPayload(SAYING)
    async with visited.session.post(f"{visited.address}act", data=body, headers=headers) as answer:
        assert answer.status == 403
    assert not _heard(visited)


@pytest.mark.parametrize("path", ["", "events", "static/app.js", "complete?text=/"])
@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1.nip.io"])
async def test_a_name_that_points_at_this_machine_is_refused(visited: Open, path: str, host: str) -> None:
    async with visited.session.get(visited.address + path, headers={"Host": host}) as answer:
        assert answer.status == 421


async def test_a_request_that_a_browser_calls_cross_site_is_refused(visited: Open) -> None:
    async with visited.session.get(visited.address, headers={"Sec-Fetch-Site": "cross-site"}) as answer:
        assert answer.status == 403


@pytest.mark.parametrize("path", ["", "static/app.js", "events", "static/none.js", "complete?text=/"])
async def test_every_answer_allows_nothing_from_elsewhere(visited: Open, path: str) -> None:
    async with visited.session.get(visited.address + path) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"act": 1}',
        b'{"act": "say", "extra": 1}',
        b"\xff",
        b'{"act": "say", "person": "U0NOBODY"}',
    ],
)
async def test_what_is_no_act_is_told_so(visited: Open, body: bytes) -> None:
    headers = {
        "Origin": visited.address.rstrip("/"),
        "X-Sandbox-Token": await visited.token(),
        "Content-Type": "application/json",
    }
    async with visited.session.post(f"{visited.address}act", data=body, headers=headers) as answer:
        told = await answer.text()
    assert answer.status == 400 or "there is not" in told
