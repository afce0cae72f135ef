"""Socket Mode stays up: dead addresses, Socket Mode switched off, renewals, and a clean end. No test waits."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.adapters.slack.sockets import Sockets
from tests.adapters.slack.office import Office


@pytest.fixture
async def sockets(office: Office) -> AsyncIterator[Sockets]:
    token = office.workspace.world.app.app_token
    made = Sockets(office.front, office.slack, lambda: token, seconds=office.turned, ping=0.02)
    yield made
    await made.close()


async def test_both_connections_listen(office: Office, sockets: Sockets) -> None:
    sockets.open()
    await office.workspace.until(lambda: sockets.connected() == 2)

    assert len(office.workspace.sockets.connections) == 2
    assert not sockets.disabled


async def test_a_dead_address_is_forgotten_after_ten_seconds(office: Office, sockets: Sockets) -> None:
    office.workspace.sockets.dead_tickets = 2
    sockets.open()
    await office.workspace.until(lambda: office.workspace.sockets.refused_upgrades >= 6)
    await sockets.look()
    office.turned.now += 9
    await sockets.look()
    wedged = (sockets.connected(), len(office.workspace.calls("apps.connections.open")))
    office.turned.now += 1
    await sockets.look()
    await office.workspace.until(lambda: sockets.connected() == 2)

    assert wedged == (0, 2)
    assert len(office.workspace.calls("apps.connections.open")) == 4


async def test_the_other_connection_answers_while_one_is_away(office: Office, sockets: Sockets) -> None:
    sockets.open()
    await office.workspace.until(lambda: sockets.connected() == 2)
    office.workspace.sockets.dead_tickets = 50
    await office.workspace.sockets.drop(office.workspace.sockets.connections[0])
    await office.workspace.until(lambda: sockets.connected() == 1)
    answers = [await office.workspace.slash("U0ALICE", "C0IR", "/ir list") for _ in range(3)]

    assert [a.status for a in answers] == [200, 200, 200]


async def test_after_a_minute_a_connection_is_made_anew(office: Office, sockets: Sockets) -> None:
    office.workspace.faults.down = True
    sockets.open()
    first = list(sockets._links)
    office.turned.now += 60
    await sockets.look()
    office.workspace.faults.down = False
    await office.workspace.until(lambda: sockets.connected() == 2)

    assert all(link.closed for link in first)


async def test_socket_mode_switched_off_is_unhealthy_and_rests(office: Office, sockets: Sockets) -> None:
    sockets.open()
    await office.workspace.until(lambda: sockets.connected() == 2)
    await office.workspace.sockets.disconnect("link_disabled")
    await office.workspace.until(lambda: all(link.disabled for link in sockets._links))
    await sockets.look()
    asked = len(office.workspace.calls("apps.connections.open"))
    for _ in range(59):
        office.turned.now += 1
        await sockets.look()
    rested = len(office.workspace.calls("apps.connections.open"))

    assert (sockets.connected(), sockets.disabled) == (0, True)
    assert rested == asked


async def test_socket_mode_switched_on_again_is_found(office: Office, sockets: Sockets) -> None:
    sockets.open()
    await office.workspace.until(lambda: sockets.connected() == 2)
    await office.workspace.sockets.disconnect("link_disabled")
    await office.workspace.until(lambda: all(link.disabled for link in sockets._links))
    await sockets.look()
    office.workspace.sockets.disabled = False
    office.turned.now += 60
    await sockets.look()
    await office.workspace.until(lambda: sockets.connected() == 2)

    assert not sockets.disabled


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_a_renewal_is_followed(office: Office, sockets: Sockets, reason: str) -> None:
    sockets.open()
    await office.workspace.until(lambda: sockets.connected() == 2)
    first = office.workspace.sockets.connections[0]
    await office.workspace.sockets.disconnect(reason, first)  # type: ignore[arg-type]  # one of the reasons
    await office.workspace.until(lambda: first not in office.workspace.sockets.connections)
    await office.workspace.until(lambda: sockets.connected() == 2)

    assert (await office.workspace.slash("U0ALICE", "C0IR", "/ir list")).acked


async def test_it_runs_until_told_to_stop_and_leaves_no_task(office: Office) -> None:
    token = office.workspace.world.app.app_token
    before = asyncio.all_tasks()
    stop = asyncio.Event()

    async def at_once(_seconds: float) -> None:
        await asyncio.sleep(0)

    made = Sockets(
        office.front, office.slack, lambda: token, seconds=office.turned, sleep=at_once, count=3, ping=0.02
    )
    running = asyncio.create_task(made.run(stop))
    await office.workspace.until(lambda: made.connected() == 3)
    stop.set()
    await running
    await office.workspace.until(lambda: not office.workspace.sockets.connections)

    assert made.connected() == 0
    assert {t for t in asyncio.all_tasks() - before if "slack_sdk" in str(t.get_coro())} == set()


async def test_a_command_on_its_way_at_the_end_is_still_acknowledged(
    office: Office, sockets: Sockets, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, begun = asyncio.Event(), asyncio.Event()
    accept = office.store.doorway.accept

    async def slowly(key: str, kind: str, payload: bytes) -> bool:
        begun.set()
        await gate.wait()
        return await accept(key, kind, payload)

    monkeypatch.setattr(office.store.doorway, "accept", slowly)
    sockets.open()
    await office.workspace.until(lambda: sockets.connected() == 2)
    typed = asyncio.create_task(office.workspace.slash("U0ALICE", "C0IR", "/ir list"))
    await begun.wait()
    closing = asyncio.create_task(sockets.close())
    await asyncio.sleep(0)
    gate.set()
    await closing

    assert (await typed).acked
