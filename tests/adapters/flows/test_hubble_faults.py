"""A relay that hangs, never ends, breaks off, sends garbage, is not who it says, or is none at all."""

import asyncio
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography import x509

from bot.adapters.flows.hubble import Hubble, ends
from bot.adapters.flows.hubble.receipt import PATIENCE, Receipt
from bot.domain.errors import BusyError, DeniedError, OutsideError
from bot.domain.flows import concerning
from bot.domain.flows.concerning import matcher
from bot.domain.flows.taken import Garbled, Partial, Truncated
from bot.sandbox.flows.events import End, Wire, event
from bot.sandbox.flows.protocol import message
from bot.sandbox.flows.relay import RelayDouble
from bot.sandbox.tls import mint_mutual
from tests.adapters.flows.hubble_stage import (
    API,
    EVIL,
    NAME,
    NOON,
    hubble,
    question,
    relay_double,
    see,
    staged,
)

SHORT = 1.0


def one(number: int) -> bytes:
    """Encode one flow of our pod, each to another peer."""
    peer = End(f"203.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}")
    flow = event(
        Wire(API, peer, 443, 1024 + number % 60_000), NOON + timedelta(microseconds=number), verdict=1
    )
    encoded: bytes = message("GetFlowsResponse")(flow=flow, node_name="default/aks-1").SerializeToString()
    return encoded


@pytest.fixture
def double() -> RelayDouble:
    double = relay_double()
    see(double, [event(Wire(API, EVIL, 443), NOON + timedelta(seconds=n), verdict=1) for n in range(5)])
    return double


async def test_a_relay_that_says_nothing_is_no_answer(double: RelayDouble, tmp_path: Path) -> None:
    double.faults.hang = 0
    async with staged(double, tmp_path) as hubble:
        with pytest.raises(BusyError, match="no answer in time"):
            await hubble.ask(question(), SHORT)


async def test_what_came_before_a_relay_hung_is_a_part_of_the_answer(
    double: RelayDouble, tmp_path: Path
) -> None:
    double.faults.hang = 3
    async with staged(double, tmp_path) as hubble:
        taken = await hubble.ask(question(), SHORT)

    assert len(taken.flows) == 2
    assert Partial("the time for it was over") in taken.losses
    assert taken.window is None  # it did not say how far back it reaches


async def test_what_came_before_a_relay_broke_off_is_a_part_of_the_answer(
    double: RelayDouble, tmp_path: Path
) -> None:
    double.faults.die = 4
    async with staged(double, tmp_path) as hubble:
        taken = await hubble.ask(question(), 10)

    assert len(taken.flows) == 3
    assert Partial("the relay broke off (UNAVAILABLE: the relay goes down)") in taken.losses
    assert taken.window is not None
    assert taken.window.until == NOON + timedelta(seconds=2)


async def test_a_relay_that_never_ends_is_left_in_time_with_the_newest_flows(
    double: RelayDouble, tmp_path: Path
) -> None:
    double.faults.endless = one
    async with staged(double, tmp_path) as hubble:
        taken = await hubble.ask(question(limit=50), SHORT)

    assert len(taken.flows) == 50
    assert {Truncated(50), Partial("the time for it was over")} <= set(taken.losses)
    assert double.streamed > 60


async def test_others_have_their_turn_between_any_two_messages(double: RelayDouble, tmp_path: Path) -> None:
    double.faults.before = [one(number) for number in range(2000)]
    turns = 0

    async def look() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async with staged(double, tmp_path) as hubble:
        looking = asyncio.create_task(look())
        taken = await hubble.ask(question(), 60)
        looking.cancel()

    assert len(taken.flows) == 2005
    assert turns > 2000


def test_memory_does_not_grow_with_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ends, "REMEMBERED", 300)
    monkeypatch.setattr(concerning, "_REMEMBERED", 300)
    receipt = Receipt("hubble", matcher(question()), 500)
    tracemalloc.start()
    try:
        for number in range(1_500):
            receipt.take(one(number))
        settled = tracemalloc.get_traced_memory()[0]
        for number in range(1_500, 9_000):
            receipt.take(one(number))
        grown = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()

    assert len(receipt.kept) == 500
    assert receipt.told == 9_000
    assert grown < settled * 1.5


async def test_garbage_is_counted_and_left_out(double: RelayDouble, tmp_path: Path) -> None:
    huge = message("GetFlowsResponse")()
    huge.flow.source_names.append("x" * 40_000)
    double.faults.before = (b"\xff\xff\xff", b"", huge.SerializeToString())
    async with staged(double, tmp_path) as hubble:
        taken = await hubble.ask(question(), 10)

    assert len(taken.flows) == 5
    assert Garbled(3) in taken.losses


async def test_a_message_beyond_all_size_ends_the_answer(double: RelayDouble, tmp_path: Path) -> None:
    double.faults.before = (one(1), b"x" * 1_000_000)
    async with staged(double, tmp_path) as hubble:
        taken = await hubble.ask(question(), 10)

    assert len(taken.flows) == 1
    assert Partial("the relay sent a message that is larger than any flow") in taken.losses


async def test_what_only_sends_garbage_is_no_relay(double: RelayDouble, tmp_path: Path) -> None:
    double.faults.before = [b"\xff\xff\xff"] * PATIENCE
    async with staged(double, tmp_path) as hubble:
        with pytest.raises(DeniedError, match="NotHubble"):
            await hubble.ask(question(), 10)


async def test_a_server_of_another_protocol_is_no_relay(double: RelayDouble, tmp_path: Path) -> None:
    double.faults.foreign = True
    async with staged(double, tmp_path) as hubble:
        with pytest.raises(DeniedError, match="NotHubble"):
            await hubble.ask(question(), 10)
        assert "does not speak Hubble" in await hubble.health()


async def test_where_nobody_listens_is_busy_and_unhealthy(double: RelayDouble, tmp_path: Path) -> None:
    async with staged(double, tmp_path) as hubble:
        pass

    with pytest.raises(BusyError, match="Connection refused"):
        await hubble.ask(question(), 10)
    assert "Connection refused" in await hubble.health()


async def test_a_relay_of_another_authority_is_not_believed(double: RelayDouble, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    async with staged(double, tmp_path) as relay:
        other = mint_mutual(tmp_path / "other", NAME)
        fooled = Hubble(msgspec.structs.replace(relay._relay, ca_file=str(other.ca_file)), lambda: NOON)
        with pytest.raises(DeniedError, match=r"Untrusted.*CERTIFICATE_VERIFY_FAILED"):
            await fooled.ask(question(), 10)


async def test_a_relay_that_is_called_otherwise_is_not_believed(double: RelayDouble, tmp_path: Path) -> None:
    async with staged(double, tmp_path) as relay:
        fooled = Hubble(
            msgspec.structs.replace(relay._relay, server_name="another.example.com"), lambda: NOON
        )
        with pytest.raises(DeniedError, match=r"Untrusted.*server_name"):
            await fooled.ask(question(), 10)


async def test_without_our_certificate_a_relay_that_wants_one_refuses(
    double: RelayDouble, tmp_path: Path
) -> None:
    async with staged(double, tmp_path) as relay:
        bare = msgspec.structs.replace(relay._relay, cert_file="", key_file="")
        with pytest.raises(OutsideError, match="certificate of ours"):
            await Hubble(bare, lambda: NOON).ask(question(), 10)


async def test_a_renewed_certificate_is_used_without_a_restart(double: RelayDouble, tmp_path: Path) -> None:
    async with staged(double, tmp_path) as relay:
        first = await relay.ask(question(), 10)
    async with double.serving(mint_mutual(tmp_path, NAME)):
        again = Hubble(msgspec.structs.replace(relay._relay, address=double.address), lambda: NOON)
        second = await again.ask(question(), 10)

    assert first.flows == second.flows


def _away(folder: Path) -> None:
    (folder / "ca.crt").unlink()


def _no_certificate(folder: Path) -> None:
    (folder / "tls.crt").write_text("-----BEGIN NOTHING-----\n", "utf-8")


def _no_key(folder: Path) -> None:
    (folder / "tls.key").write_text("secret that is not a key", "utf-8")


def _foreign_key(folder: Path) -> None:
    (folder / "more").mkdir()
    (folder / "tls.key").write_bytes(mint_mutual(folder / "more", NAME).key_file.read_bytes())


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_away, "hubble.ca_file cannot be read"),
        (_no_certificate, "hubble.cert_file holds no certificate"),
        (_no_key, "hubble.key_file holds no private key"),
        (_foreign_key, "hubble.key_file is not the key of cert_file"),
    ],
)
async def test_files_that_cannot_be_used_are_named_without_what_is_in_them(
    double: RelayDouble, tmp_path: Path, spoil: Callable[[Path], None], told: str
) -> None:
    proof = mint_mutual(tmp_path, NAME)
    double.port = 1
    spoil(tmp_path)
    with pytest.raises(DeniedError, match=told) as refused:
        await hubble(double, proof).ask(question(), 10)

    assert "secret" not in str(refused.value)


async def test_a_certificate_that_ended_is_named(
    double: RelayDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof = mint_mutual(tmp_path, NAME)
    ended = property(lambda _: datetime(2025, 1, 1, tzinfo=UTC))
    real = x509.load_pem_x509_certificates

    def old(pem: bytes) -> list[object]:
        real(pem)
        return [type("Old", (), {"not_valid_after_utc": ended})()]

    monkeypatch.setattr(x509, "load_pem_x509_certificates", old)
    with pytest.raises(DeniedError, match="ended on 2025-01-01: renew it"):
        await hubble(double, proof).ask(question(), 10)


async def test_an_address_that_is_none_cannot_be_asked_about(double: RelayDouble, tmp_path: Path) -> None:
    async with staged(double, tmp_path) as relay:
        subject = msgspec.structs.replace(question().subject, about="address", name="1.2.3")
        with pytest.raises(DeniedError, match="NotAskable"):
            await relay.ask(question(subject), 10)
