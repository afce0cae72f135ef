"""The real Blob SDK against the double: kept whole, never written over, erased, and every refusal has a name."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.adapters.azure.blobs import BLOCK, BlobShelf, open_container
from bot.adapters.azure.client import SandboxEndpoint
from bot.domain.errors import OutsideError, VaultError
from bot.sandbox import tls
from bot.sandbox.azure.blobs import BlobDouble

URL = "https://example.blob.core.windows.net/evidence"
PLACE = "FB-7K3Q.0/1/01"


@pytest.fixture
async def double(tmp_path: Path) -> AsyncIterator[BlobDouble]:
    async with BlobDouble(tls.mint(tmp_path).context) as made:
        yield made


@pytest.fixture
async def shelf(double: BlobDouble, tmp_path: Path) -> AsyncIterator[BlobShelf]:
    endpoint = SandboxEndpoint(double.url, tmp_path / "ca.pem")
    async with open_container(URL, None, sandbox=endpoint) as opened:
        yield opened


async def pieces(*given: bytes) -> AsyncIterator[bytes]:
    for piece in given:
        yield piece


async def kept(shelf: BlobShelf, place: str = PLACE) -> bytes:
    return b"".join([piece async for piece in shelf.get(place)])


@pytest.mark.parametrize("body", [b"", b"short", b"x" * (3 * BLOCK + 17)], ids=["empty", "short", "long"])
async def test_what_is_put_comes_back_in_blocks(shelf: BlobShelf, double: BlobDouble, body: bytes) -> None:
    await shelf.put(PLACE, pieces(body[:100], body[100:]))
    assert await kept(shelf) == body
    assert sum("PUT block " in call for call in double.calls) == -(-len(body) // BLOCK)


async def test_nothing_is_written_over(shelf: BlobShelf, double: BlobDouble) -> None:
    await shelf.put(PLACE, pieces(b"first"))
    with pytest.raises(OutsideError, match="BlobAlreadyExists"):
        await shelf.put(PLACE, pieces(b"second"))
    assert double.blobs[PLACE] == b"first"


async def test_a_stream_that_breaks_leaves_no_blob(shelf: BlobShelf, double: BlobDouble) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * (2 * BLOCK)
        raise RuntimeError("the pod died")

    with pytest.raises(RuntimeError):
        await shelf.put(PLACE, broken())
    assert not double.blobs


async def test_erasing_takes_all_below_a_path_and_again_is_no_error(
    shelf: BlobShelf, double: BlobDouble
) -> None:
    for place in (PLACE, "FB-7K3Q.0/2/01", "FB-7K3Q.01/1/01"):
        await shelf.put(place, pieces(b"x"))
    await shelf.drop("FB-7K3Q.0")
    await shelf.drop("FB-7K3Q.0")
    assert list(double.blobs) == ["FB-7K3Q.01/1/01"]
    with pytest.raises(VaultError, match="nothing is kept"):
        await kept(shelf)


async def test_a_locked_container_refuses_to_erase_and_says_so(shelf: BlobShelf, double: BlobDouble) -> None:
    await shelf.put(PLACE, pieces(b"x"))
    double.locked = True
    with pytest.raises(OutsideError, match="BlobImmutableDueToPolicy"):
        await shelf.drop("FB-7K3Q.0")
    assert PLACE in double.blobs


async def test_an_outage_is_an_error_of_our_own_tree(shelf: BlobShelf, double: BlobDouble) -> None:
    double.down = True
    with pytest.raises(OutsideError, match="ServerBusy"):
        await shelf.put(PLACE, pieces(b"x"))
    with pytest.raises(OutsideError):
        await kept(shelf)


async def test_without_an_azure_section_nobody_knows_who_the_bot_is() -> None:
    with pytest.raises(VaultError, match="azure"):
        async with open_container(URL, None):
            raise AssertionError
