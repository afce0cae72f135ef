"""Files that the bot uploads: shown with their message, opened without becoming the page, saved as they are."""

from typing import Any

import pytest
from aiohttp import ClientResponse

from bot.sandbox.page.files import attached, handed
from bot.sandbox.page.render import Attached
from bot.sandbox.scene import CHANNEL
from bot.sandbox.slack.files import File
from bot.sandbox.slack.messages import Content, Message
from tests.sandbox.page.page_under_test import Open

HOSTILE = "<img src=x onerror=alert(1)>\u202e.html"
SCRIPT = b"<!doctype html><title>x</title><script>document.title = 'ran'</script>"


def _uploaded(visited: Open, name: str, content: bytes) -> str:
    """Upload a file as the Web API does, and return its id."""
    core = visited.scene.workspace._core
    file = core.files.expect(name, len(content))
    core.files.receive(file.id, content)
    core.files.share(file.id, name, CHANNEL)
    core.ledger.post(Message(CHANNEL, "", core.world.app.bot_user, Content("a report"), files=(file.id,)))
    return file.id


async def _fetched(visited: Open, path: str, **headers: str) -> tuple[ClientResponse, bytes]:
    async with visited.session.get(f"{visited.address}{path}", headers=headers) as answer:
        return answer, await answer.read()


async def test_a_file_stands_in_its_message_with_name_kind_and_size(visited: Open) -> None:
    file = _uploaded(visited, "FB-1-report.md", b"x" * 2345)

    shown = await visited.shown("feed")

    assert "FB-1-report.md" in shown
    assert "MD · 2.3 kB" in shown
    assert f'href="/file/{file}" target="_blank" rel="noopener noreferrer"' in shown
    assert f'href="/file/{file}?save" download="FB-1-report.md"' in shown


async def test_a_hostile_name_stays_a_name(visited: Open) -> None:
    file = _uploaded(visited, HOSTILE, b"x")

    shown = await visited.shown("feed")
    answer, _ = await _fetched(visited, f"file/{file}?save")

    assert "<img" not in shown
    assert "&lt;img" in shown
    assert answer.headers["Content-Disposition"].isascii()
    assert "<" not in answer.headers["Content-Disposition"]


async def test_a_page_opens_without_scripts_and_without_this_pages_origin(visited: Open) -> None:
    answer, body = await _fetched(visited, f"file/{_uploaded(visited, 'r.html', SCRIPT)}")

    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert body == SCRIPT
    assert answer.content_type == "text/html"
    assert {"sandbox", "default-src 'none'", "form-action 'none'", "frame-ancestors 'none'"} <= {*policy}
    assert not any(part.startswith("script-src") for part in policy)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["a.md", "a.json", "a.svg", "a.js", "noend"])
async def test_any_other_text_is_text(visited: Open, name: str) -> None:
    answer, body = await _fetched(visited, f"file/{_uploaded(visited, name, SCRIPT)}")

    assert (answer.content_type, body) == ("text/plain", SCRIPT)
    assert "sandbox" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a\0b"])
async def test_what_is_no_text_is_only_saved(visited: Open, content: bytes) -> None:
    answer, body = await _fetched(visited, f"file/{_uploaded(visited, 'core.html', content)}")

    assert body == content
    assert answer.content_type == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert ">Open<" not in await visited.shown("feed")


async def test_a_png_is_shown_as_a_picture_with_its_words_and_runs_nothing(visited: Open) -> None:
    content = b"\x89PNG\r\n\x1a\n" + SCRIPT
    answer, _ = await _fetched(visited, f"file/{_uploaded(visited, 'core.html', content)}")

    assert answer.content_type == "image/png"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert 'alt="a picture that nobody described"' in await visited.shown("feed")


@pytest.mark.parametrize("path", ["file/F99999999", "file/..%2f..%2fetc%2fpasswd"])
async def test_there_is_no_other_file(visited: Open, path: str) -> None:
    assert (await _fetched(visited, path))[0].status == 404


async def test_another_page_in_the_browser_is_handed_nothing(visited: Open) -> None:
    file = _uploaded(visited, "r.html", SCRIPT)

    answer, body = await _fetched(visited, f"file/{file}", **{"Sec-Fetch-Site": "cross-site"})

    assert answer.status == 403
    assert SCRIPT not in body


def test_bytes_that_never_came_are_an_empty_file() -> None:
    file = File("F1", "x.txt", 3)

    assert attached(("F1", "F2"), {"F1": file}) == (Attached("F1", "x.txt", 3, opens=True),)
    assert handed(file, save=True).body == b""


@pytest.mark.parametrize(
    ("name", "size", "expected"),
    [
        ("a.html", 1, ("HTML", "1 byte")),
        ("a", 999, ("file", "999 bytes")),
        ("a.b.superlongend", 1000, ("file", "1.0 kB")),
        (".x", 2_500_000, ("X", "2.5 MB")),
    ],
)
def test_kind_and_size_are_told_for_people(name: str, size: int, expected: tuple[Any, ...]) -> None:
    one = Attached("F1", name, size)

    assert (one.kind, one.measure) == expected
