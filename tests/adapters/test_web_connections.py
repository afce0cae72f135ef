"""Idle and half-open connections are bounded and starve nobody; a renewed certificate counts for the next connection."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry

from bot.adapters.web import accepting
from bot.adapters.web.certificates import CertificateError, Certificates, Files
from bot.adapters.web.server import listening, serving
from bot.sandbox.tls import MutualCertificates, mint, mint_mutual
from tests.alerts.trust import trusting

NOW = datetime.now(UTC)  # noqa: TID251 - certificates are made by that clock
PATIENCE = 20.0  # real seconds: more than anything here takes on a crowded machine
ASK = b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n"

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Callers:
    """Opens connections, and closes them at the end."""

    port: int
    lines: list[Line] = field(default_factory=list)

    async def call(self, tls: ssl.SSLContext | None = None) -> Line:
        line = await asyncio.open_connection("localhost" if tls else "127.0.0.1", self.port, ssl=tls)
        self.lines.append(line)
        return line

    async def hang_up(self) -> None:
        for _, writer in self.lines:
            writer.transport.abort()


async def asked(line: Line, request: bytes = ASK) -> bytes:
    """Ask, and return the first line of the answer; empty where the connection is closed."""
    reader, writer = line
    try:
        writer.write(request)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
        length = re.search(rb"(?i)content-length: (\d+)", head)
        await reader.readexactly(int(length[1]) if length else 0)
        return head.partition(b"\r\n")[0]
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


async def cut(line: Line) -> bool:
    """Wait until the other side ends a connection."""
    with suppress(ConnectionError):
        await asyncio.wait_for(line[0].read(), PATIENCE)
    return True


@asynccontextmanager
async def plain(*routes: web.RouteDef) -> AsyncIterator[Callers]:
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(serving(("127.0.0.1", 0), dict, CollectorRegistry(), routes))
        callers = Callers(port)
        stack.push_async_callback(callers.hang_up)
        yield callers


OK = b"HTTP/1.1 200 OK"


async def test_idle_connections_beyond_the_cap_make_room_the_oldest_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(accepting, "OPEN", 4)
    async with plain() as callers:
        lines = [await callers.call() for _ in range(4)]
        first = [await asked(line) for line in lines]
        more = [await callers.call() for _ in range(2)]
        later = [await asked(line) for line in more]
        gone = [await cut(line) for line in lines[:2]]
        left = [await asked(line) for line in lines[2:]]

    assert (first, later, left) == ([OK] * 4, [OK] * 2, [OK] * 2)
    assert gone == [True, True]


async def test_connections_that_say_nothing_keep_no_probe_from_its_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(accepting, "OPEN", 5)
    async with plain() as callers:
        for _ in range(40):
            await callers.call()
        answered = await asked(await callers.call())

    assert answered == OK


async def test_one_that_is_being_answered_is_not_cut_and_where_all_are_a_new_one_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(accepting, "OPEN", 1)
    monkeypatch.setattr(accepting, "MOST", 2)
    inside, go = asyncio.Semaphore(0), asyncio.Event()

    async def slow(_: web.Request) -> web.Response:
        inside.release()
        await go.wait()
        return web.Response()

    async with plain(web.get("/slow", slow)) as callers:
        request = ASK.replace(b"/healthz", b"/slow")
        waiting = []
        for _ in range(2):
            waiting.append(asyncio.create_task(asked(await callers.call(), request)))
            await inside.acquire()
        refused = await cut(await callers.call())
        go.set()
        answered = await asyncio.gather(*waiting)
        after = await asked(await callers.call())

    assert refused
    assert answered == [OK] * 2
    assert after == OK


async def test_one_that_sends_nothing_or_never_ends_its_head_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accepting, "IDLE", 0.05)
    async with plain() as callers:
        silent, dripping, used = [await callers.call() for _ in range(3)]
        dripping[1].write(b"GET /healthz HTTP/1.1\r\nHost:")
        answered = await asked(used)
        gone = [await cut(line) for line in (silent, dripping, used)]

    assert answered == OK
    assert all(gone)


@asynccontextmanager
async def secured(folder: Path) -> AsyncIterator[tuple[Callers, MutualCertificates, Certificates, Files]]:
    made, files = mint_mutual(folder, "alerts.example"), Files(folder / "server.crt", folder / "server.key")
    put(files, made)
    certificates = Certificates(files)

    async def alive(_: web.Request) -> web.Response:
        return web.Response()

    async with AsyncExitStack() as stack:
        given = (("127.0.0.1", 0), [web.get("/healthz", alive)], certificates)
        callers = Callers(await stack.enter_async_context(listening(*given)))
        stack.push_async_callback(callers.hang_up)
        yield callers, made, certificates, files


def put(files: Files, made: MutualCertificates) -> None:
    """Put a certificate in its place as a mount does: another file behind the same name."""
    for place, content in ((files.cert, made.chain), (files.key, made.key)):
        fresh = place.with_suffix(".new")
        fresh.write_bytes(content)
        fresh.replace(place)


async def test_handshakes_that_never_end_are_bounded_and_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accepting, "HANDSHAKES", 3)
    monkeypatch.setattr(accepting, "HANDSHAKE", 0.5)
    async with secured(tmp_path) as (callers, made, _, _):
        silent = [await callers.call() for _ in range(4)]
        gone = [await cut(line) for line in reversed(silent)]
        babble = await callers.call()
        babble[1].write(b"GET / HTTP/1.1\r\n\r\n")
        refused = await cut(babble)
        answered = await asked(await callers.call(trusting(made.ca_file)))

    assert all(gone)
    assert refused
    assert answered == OK


def crowded(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """Let so many shake hands, each for longer than a test waits: what is cut then was cut to make room."""
    for name, value in {"HANDSHAKES": most, "HANDSHAKE": 3 * PATIENCE, "PRESSED": 3 * PATIENCE}.items():
        monkeypatch.setattr(accepting, name, value)


async def test_connections_that_never_shake_hands_keep_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowded(monkeypatch, 8)
    async with secured(tmp_path) as (callers, made, _, _):
        silent = [await callers.call() for _ in range(24)]
        answered = [await asked(await callers.call(trusting(made.ca_file))) for _ in range(3)]
        gone = [await cut(line) for line in silent[:16]]

    assert answered == [OK] * 3
    assert all(gone), "the oldest, long before their time is over"


async def test_whoever_has_the_most_that_never_shake_hands_makes_room_and_no_other_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowded(monkeypatch, 4)
    async with secured(tmp_path) as (callers, made, _, _):
        slow = await asyncio.open_connection("127.0.0.1", callers.port, local_addr=("127.0.0.2", 0))
        callers.lines.append(slow)
        for _ in range(40):
            await callers.call()
        last = await asked(await callers.call(trusting(made.ca_file)))
        await slow[1].start_tls(trusting(made.ca_file), server_hostname="localhost")
        answered = await asked(slow)

    assert (last, answered) == (OK, OK)


def test_a_peer_is_counted_by_its_address_and_of_ipv6_by_its_network() -> None:
    peers = (("::ffff:10.1.2.3", 4), ("2001:db8:1:2:3::4", 4), ("fe80::1%eth0", 4), ("", 0), ())

    sites = ["10.1.2.3", "2001:db8:1:2::/64", "fe80::/64", "", ""]
    assert [accepting._site(peer) for peer in peers] == sites


async def test_a_certificate_that_is_renewed_counts_for_the_next_connection_without_a_restart(
    tmp_path: Path,
) -> None:
    (tmp_path / "next").mkdir()
    async with secured(tmp_path) as (callers, made, certificates, files):
        standing = await callers.call(trusting(made.ca_file))
        before = await asked(standing)
        renewed = mint_mutual(tmp_path / "next", "alerts.example")
        put(files, renewed)
        after = await asked(await callers.call(trusting(renewed.ca_file)))
        kept = await asked(standing)
        with pytest.raises(ssl.SSLError):
            await callers.call(trusting(made.ca_file))

    assert (before, after, kept, certificates.noted(NOW)) == (OK, OK, OK, "")


async def test_half_of_a_renewal_leaves_the_former_one_in_force_and_is_noted_until_it_is_whole(
    tmp_path: Path,
) -> None:
    (tmp_path / "next").mkdir()
    async with secured(tmp_path) as (callers, made, certificates, files):
        renewed = mint_mutual(tmp_path / "next", "alerts.example")
        files.cert.write_bytes(renewed.chain)  # its key is still the former one's
        between = await asked(await callers.call(trusting(made.ca_file)))
        noted = certificates.noted(NOW)
        files.cert.unlink()
        gone = await asked(await callers.call(trusting(made.ca_file)))
        put(files, renewed)
        whole = await asked(await callers.call(trusting(renewed.ca_file)))

    assert (between, gone, whole) == (OK, OK, OK)
    assert "cannot be used" in noted
    assert certificates.noted(NOW) == ""


def test_a_certificate_that_ends_soon_or_has_ended_is_noted(tmp_path: Path) -> None:
    made, files = (
        mint_mutual(tmp_path, "alerts.example"),
        Files(tmp_path / "server.crt", tmp_path / "server.key"),
    )
    put(files, made)
    certificates = Certificates(files)
    ends = certificates._ends

    assert certificates.noted(ends - timedelta(days=4)) == ""
    assert certificates.noted(ends - timedelta(days=1)).startswith("the certificate ends at ")
    assert certificates.noted(ends).startswith("the certificate ended at ")


def test_files_that_cannot_be_used_to_begin_with_are_refused_without_what_is_in_them(tmp_path: Path) -> None:
    made = mint_mutual(tmp_path, "alerts.example")
    (tmp_path / "server.crt").write_bytes(made.chain)
    (tmp_path / "server.key").write_bytes(b"no key")
    for files in (
        Files(tmp_path / "server.crt", tmp_path / "server.key"),
        Files(tmp_path / "nowhere.crt", tmp_path / "server.key"),
        Files(tmp_path / "server.crt", made.key_file),
    ):
        with pytest.raises(CertificateError) as refused:
            Certificates(files)
        assert "no key" not in str(refused.value)
        assert "cert_file" in refused.value.advice


async def test_an_address_that_is_taken_is_refused(tmp_path: Path) -> None:
    context = mint(tmp_path).context
    async with listening(("127.0.0.1", 0), [], lambda: context) as port:
        with pytest.raises(OSError, match="in use"):
            async with listening(("127.0.0.1", port), [], lambda: context):
                pass
