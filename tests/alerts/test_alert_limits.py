"""What the intake refuses of a proved sender: too large, too slow, too many, misshapen, and never with a 500."""

import asyncio
import io
import json
import ssl
from collections.abc import AsyncIterator

import pytest

from bot.adapters.alerts import door
from bot.adapters.alerts.wire import LARGEST
from bot.domain.alerts.posts import HEAD
from bot.domain.hidden import hidden
from tests.adapters.alerts.recorded import BROKEN, body, kind
from tests.alerts.conftest import Post
from tests.alerts.senders import TOKEN, basic, bearer

FIRING = body("alertmanager.firing")


async def test_what_does_not_fit_is_told_with_its_path_counted_and_kept_for_a_person(post: Post) -> None:
    status, said = await post.answered(
        "alertmanager", body("broken/alertmanager.time-is-a-number"), bearer(TOKEN)
    )
    (kept,) = await post.store.misfits.recent(10)

    assert status == 400
    assert json.loads(said) == {"error": "$.alerts[1].startsAt: Expected `datetime`, got `int`"}
    assert (kept.source, kept.path) == ("alertmanager", "$.alerts[1].startsAt")
    assert kept.head.startswith('{ "version": "4", "groupKey"')
    assert 'firebreak_alert_posts_total{outcome="misfit",source="alertmanager"} 1.0' in post.metrics()
    assert await post.kept() == 0


async def test_only_the_newest_heads_are_kept_each_cut_and_legible(post: Post) -> None:
    for number in range(23):
        raw = b"\x00\xff\xe2\x80\xae<!channel>" + b"x" * 5000 + str(number).encode()
        assert await post.send("alertmanager", raw, bearer(TOKEN)) == 400
    kept = await post.store.misfits.recent(100)

    assert len(kept) == 20
    assert max(len(each.head) for each in kept) <= HEAD
    assert not any(hidden(character) for each in kept for character in each.head)


async def test_a_body_that_is_too_large_or_packed_is_not_read(post: Post) -> None:
    chunks = await post.send("alertmanager", _in_pieces(LARGEST + 1), bearer(TOKEN))
    told = await post.send("alertmanager", io.BytesIO(b" " * (LARGEST + 1)), bearer(TOKEN))
    packed = await post.send("alertmanager", b"\x1f\x8b", {**bearer(TOKEN), "Content-Encoding": "gzip"})

    assert (chunks, told, packed) == (413, 413, 415)


async def _in_pieces(size: int) -> AsyncIterator[bytes]:
    for _ in range(0, size, 65536):
        yield b" " * 65536
    yield b" "


async def test_a_stranger_is_refused_before_the_body_is_waited_for(post: Post) -> None:
    reader, writer = await _opened(post)
    writer.write(b"POST /alerts/alertmanager HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\n")
    answer = await reader.readline()
    writer.close()

    assert answer.startswith(b"HTTP/1.1 401")


async def test_a_body_that_does_not_come_is_cut(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "PATIENCE", 0.05)
    reader, writer = await _opened(post)
    head = f"POST /alerts/alertmanager HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
    writer.write(f"{head}Content-Length: 900\r\n\r\n{{".encode())
    answer = await reader.readline()
    rest = await reader.read()
    writer.close()

    assert answer.startswith(b"HTTP/1.1 408")
    assert b"connection: close" in rest.lower()


async def _opened(post: Post) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    tls: ssl.SSLContext = post.tls(certificate=False)
    return await asyncio.open_connection("localhost", int(post.url.rpartition(":")[2]), ssl=tls)


async def test_a_source_beyond_its_rate_is_told_when_to_come_again(post: Post) -> None:
    sent = body("generic.firing")
    statuses = [await post.send("slow", sent, bearer(TOKEN)) for _ in range(3)]
    async with post.session.post(
        f"{post.url}/alerts/slow", data=sent, headers=bearer(TOKEN), ssl=post.tls(certificate=False)
    ) as got:
        again = got.headers["Retry-After"]
    post.ticks[0] += 1
    later = await post.send("slow", sent, bearer(TOKEN))

    assert (statuses, again, later) == ([200, 200, 429], "1", 200)


async def test_strangers_do_not_use_up_the_rate_of_a_source(post: Post) -> None:
    for _ in range(5):
        assert await post.send("slow", FIRING, bearer("x" * 24)) == 401

    assert await post.send("slow", body("generic.firing"), bearer(TOKEN)) == 200


async def test_other_paths_and_methods_are_nothing(post: Post) -> None:
    found = [await post.send(each, FIRING, bearer(TOKEN)) for each in ("nobody", "..%2fmetrics", "a" * 3000)]
    async with post.session.get(f"{post.url}/alerts/alertmanager", ssl=post.tls(certificate=False)) as got:
        method = got.status

    assert (found, method) == ([404, 404, 404], 405)
    assert "nobody" not in post.metrics()


async def test_posts_beyond_those_that_are_read_at_once_are_told_to_come_again(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "AT_ONCE", 0)

    assert await post.send("alertmanager", FIRING, bearer(TOKEN)) == 503


async def test_a_database_that_is_away_is_no_acknowledgement(post: Post) -> None:
    async with post.store.working() as work:
        await work.connection.exec_driver_sql("ALTER TABLE inbox RENAME TO away")
    status = await post.send("alertmanager", FIRING, bearer(TOKEN))
    async with post.store.working() as work:
        await work.connection.exec_driver_sql("ALTER TABLE away RENAME TO inbox")

    assert status == 500
    assert await post.send("alertmanager", FIRING, bearer(TOKEN)) == 200
    assert await post.kept() == 1


async def test_a_source_whose_posts_are_not_taken_is_noted_until_one_is(post: Post) -> None:
    for _ in range(3):
        await post.send("alertmanager", b"{}", bearer(TOKEN))
    noted = dict(post.built.noted())
    await post.send("alertmanager", FIRING, bearer(TOKEN))

    assert list(noted) == ["alerts of alertmanager"]
    assert "misfit: $: Object missing required field `version`" in noted["alerts of alertmanager"]
    assert post.built.noted() == {}


@pytest.mark.parametrize("name", [each for each in BROKEN if kind(each) in ("alertmanager", "generic")])
async def test_every_broken_body_gets_a_400(post: Post, name: str) -> None:
    headers = bearer(TOKEN) if kind(name) == "alertmanager" else basic("pager", "p" * 24)

    assert await post.send(kind(name), body(f"broken/{name}"), headers) == 400


async def test_no_secret_and_no_text_of_a_post_is_in_the_program_s_log(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    await post.send("alertmanager", FIRING, bearer("y" * 24))
    await post.send("alertmanager", body("broken/alertmanager.old-version"), bearer(TOKEN))
    told = "\n".join(
        f"{record.getMessage()} {record.__dict__}" for record in caplog.records if "firebreak" in record.name
    )

    assert "alert_refused" in told
    assert not any(text in told for text in (TOKEN, "y" * 24, "checkout", "203.0.113"))


async def test_a_connection_that_breaks_off_keeps_nothing(post: Post) -> None:
    _, writer = await _opened(post)
    head = f"POST /alerts/alertmanager HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
    writer.write(f"{head}Content-Length: {len(FIRING)}\r\n\r\n".encode() + FIRING[:-5])
    await writer.drain()
    writer.close()
    await post.send("alertmanager", b"{}", bearer(TOKEN))

    assert await post.kept() == 0
