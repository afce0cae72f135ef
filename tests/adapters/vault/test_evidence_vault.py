"""What is kept opens only whole, only at its place and only with its key, on every shelf."""

import asyncio
import os
import threading
import tracemalloc
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.vault.folder import FolderShelf
from bot.adapters.vault.key import EvidenceKey, load, load_or_create, parsed
from bot.adapters.vault.sealed import FRAME, SealedVault
from bot.domain.errors import VaultError

KEY = EvidenceKey(b"k" * 32)
PLACE = "FB-7K3Q.0/1/01"


class Drawer:
    """A shelf in memory, open to the hands of a test."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def put(self, place: str, chunks: AsyncIterator[bytes]) -> None:
        self.kept[place] = b"".join([chunk async for chunk in chunks])

    async def get(self, place: str) -> AsyncIterator[bytes]:
        if place not in self.kept:
            raise VaultError(f"nothing is kept at {place}")
        body = self.kept[place]
        for start in range(0, len(body), 1000):
            yield body[start : start + 1000]

    async def drop(self, prefix: str) -> None:
        self.kept = {place: body for place, body in self.kept.items() if not place.startswith(f"{prefix}/")}


async def pieces(body: bytes, length: int = 7000) -> AsyncIterator[bytes]:
    for start in range(0, len(body), length):
        yield body[start : start + length]


async def opened(vault: SealedVault, place: str = PLACE) -> bytes:
    return b"".join([piece async for piece in vault.get(place)])


@given(st.integers(0, 3 * FRAME + 5), st.integers(1, 2 * FRAME))
async def test_what_is_kept_comes_back_byte_for_byte_with_the_hash_of_the_original(
    size: int, step: int
) -> None:
    body = (b"firebreak evidence " * (size // 19 + 1))[:size]
    drawer = Drawer()
    vault = SealedVault(drawer, KEY)
    kept = await vault.put(PLACE, pieces(body, step))
    assert (kept.sha256, kept.size, kept.key_id) == (sha256(body).hexdigest(), size, KEY.id)
    assert await opened(vault) == body
    assert len(body) < 20 or body[:20] not in drawer.kept[PLACE]


@given(st.data())
async def test_one_changed_bit_anywhere_is_found(data: st.DataObject) -> None:
    drawer = Drawer()
    vault = SealedVault(drawer, KEY)
    await vault.put(PLACE, pieces(b"x" * (FRAME + 100)))
    whole = bytearray(drawer.kept[PLACE])
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= 1 << data.draw(st.integers(0, 7))
    drawer.kept[PLACE] = bytes(whole)
    with pytest.raises(VaultError):
        await opened(vault)


@given(st.integers(1, FRAME + 120))
async def test_an_end_that_was_cut_off_is_found(less: int) -> None:
    drawer = Drawer()
    vault = SealedVault(drawer, KEY)
    await vault.put(PLACE, pieces(b"x" * (FRAME + 100)))
    drawer.kept[PLACE] = drawer.kept[PLACE][:-less]
    with pytest.raises(VaultError):
        await opened(vault)


async def test_a_content_moved_to_another_place_does_not_open() -> None:
    drawer = Drawer()
    vault = SealedVault(drawer, KEY)
    await vault.put(PLACE, pieces(b"of one pod"))
    drawer.kept["FB-7K3Q.1/1/01"] = drawer.kept[PLACE]
    with pytest.raises(VaultError, match="tampered"):
        await opened(vault, "FB-7K3Q.1/1/01")


async def test_another_key_is_told_by_name_and_not_called_tampering() -> None:
    drawer = Drawer()
    await SealedVault(drawer, KEY).put(PLACE, pieces(b"x"))
    other = EvidenceKey(b"o" * 32)
    with pytest.raises(VaultError, match=f"under the key {KEY.id}.*in force is {other.id}"):
        await opened(SealedVault(drawer, other))


async def test_the_same_content_is_never_the_same_cipher_text() -> None:
    drawer = Drawer()
    vault = SealedVault(drawer, KEY)
    await vault.put(PLACE, pieces(b"the same"))
    first = drawer.kept[PLACE]
    await vault.put(PLACE, pieces(b"the same"))
    assert drawer.kept[PLACE] != first


# -- the folder -----------------------------------------------------------------------------------------------


async def test_the_folder_is_ours_alone_and_nothing_is_written_over(tmp_path: Path) -> None:
    root = tmp_path / "evidence"
    vault = SealedVault(FolderShelf(root), KEY)
    await vault.put(PLACE, pieces(b"first"))
    assert root.stat().st_mode & 0o777 == 0o700
    (file,) = (path for path in root.rglob("*") if path.is_file())
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(VaultError, match="File exists"):
        await vault.put(PLACE, pieces(b"second"))
    assert await opened(vault) == b"first"


async def test_a_stream_that_breaks_leaves_nothing_in_the_folder(tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * (3 * FRAME)
        raise RuntimeError("the pod died")

    vault = SealedVault(FolderShelf(tmp_path / "evidence"), KEY)
    with pytest.raises(RuntimeError):
        await vault.put(PLACE, broken())
    assert not [path for path in (tmp_path / "evidence").rglob("*") if path.is_file()]


async def test_erasing_a_capture_takes_all_its_attempts_and_no_other(tmp_path: Path) -> None:
    vault = SealedVault(FolderShelf(tmp_path / "evidence"), KEY)
    for place in (PLACE, "FB-7K3Q.0/2/01", "FB-7K3Q.1/1/01"):
        await vault.put(place, pieces(b"x"))
    await vault.drop("FB-7K3Q.0")
    await vault.drop("FB-7K3Q.0")
    assert await opened(vault, "FB-7K3Q.1/1/01") == b"x"
    with pytest.raises(VaultError, match="nothing is kept"):
        await opened(vault)


async def test_a_folder_that_hangs_holds_up_neither_the_loop_nor_those_who_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging, freed, hung = threading.Event(), threading.Event(), os.open

    def stuck(path: object, flags: int, mode: int = 0o777) -> int:
        assert threading.current_thread() is not threading.main_thread()
        hanging.set()
        freed.wait()
        return hung(str(path), flags, mode)

    shelf = FolderShelf(tmp_path / "evidence")
    monkeypatch.setattr(os, "open", stuck)
    puts = [asyncio.create_task(shelf.put(f"FB-1.{n}/1/01", pieces(b"x"))) for n in range(40)]
    try:
        while not hanging.is_set():
            await asyncio.sleep(0)
        async with asyncio.timeout(20):
            assert await asyncio.to_thread(lambda: "planned") == "planned"
    finally:
        freed.set()
        await asyncio.gather(*puts)


def test_a_folder_that_others_can_look_into_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with pytest.raises(VaultError, match="chmod 700"):
        FolderShelf(tmp_path)


async def test_a_place_that_would_lead_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    shelf = FolderShelf(tmp_path / "evidence")
    with pytest.raises(VaultError, match="oddly"):
        await shelf.put("../x", pieces(b"x"))


@pytest.mark.slow
async def test_two_hundred_megabytes_pass_through_in_the_memory_of_a_few_frames(tmp_path: Path) -> None:
    async def many() -> AsyncIterator[bytes]:
        line = b"2026-01-01T00:00:00Z GET /healthz 200\n" * 1700
        for _ in range(200 * (1 << 20) // len(line)):
            yield line

    vault = SealedVault(FolderShelf(tmp_path / "evidence"), KEY)
    tracemalloc.start()
    try:
        kept = await vault.put(PLACE, many())
        size = 0
        async for piece in vault.get(PLACE):
            size += len(piece)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size == kept.size
    assert peak * 50 < kept.size, peak


# -- the key --------------------------------------------------------------------------------------------------


def test_the_key_is_made_once_closed_to_others_and_never_shown(tmp_path: Path) -> None:
    path = tmp_path / "evidence.key"
    made = load_or_create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_or_create(path).raw == made.raw
    assert made.raw.hex() not in repr(made)
    assert path.read_text().strip() not in repr(made)


def test_a_key_that_is_open_to_others_is_refused_unless_it_is_mounted_for_the_group(tmp_path: Path) -> None:
    path = tmp_path / "evidence.key"
    load_or_create(path)
    path.chmod(0o640)
    with pytest.raises(VaultError, match="chmod 600"):
        load(path)
    assert load(path, mounted=True).id
    path.chmod(0o644)
    with pytest.raises(VaultError, match="chmod 600"):
        load(path, mounted=True)


@pytest.mark.parametrize("text", ["", "short", "%%%%", "QUJD" * 11])
def test_a_text_that_is_no_key_is_refused_and_not_quoted(text: str) -> None:
    with pytest.raises(VaultError) as caught:
        parsed(text)
    assert not text or text not in str(caught.value)
