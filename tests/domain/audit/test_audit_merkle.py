"""RFC 6962 trees: published vectors, and properties against the definition itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.audit.merkle import (
    EMPTY_ROOT,
    CompactRange,
    Prover,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)

# The eight entries, roots and proofs that the Certificate Transparency implementations test themselves with
# (certificate-transparency, trillian, transparency-dev/merkle).
ENTRIES = [
    bytes.fromhex(each)
    for each in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 3): ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",),
}
CONSISTENCY = {
    (1, 1): (),
    (1, 8): INCLUSION[0, 8],
    (6, 8): (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 5): (
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}
KNOWN = [leaf_hash(entry) for entry in ENTRIES]

sizes = st.integers(0, 130)


def leaves(count: int) -> list[bytes]:
    return [leaf_hash(bytes([index])) for index in range(count)]


def definition(row: list[bytes]) -> bytes:
    """MTH as section 2.1 writes it, over leaf hashes."""
    if len(row) < 2:
        return row[0] if row else EMPTY_ROOT
    k = 1
    while k * 2 < len(row):
        k *= 2
    return node_hash(definition(row[:k]), definition(row[k:]))


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_that_certificate_transparency_publishes(size: int) -> None:
    assert root_of(KNOWN[:size]).hex() == ROOTS[size]
    assert Prover(KNOWN).root(size).hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_inclusion_proofs_are_the_published_ones(index: int, size: int) -> None:
    proof = inclusion_proof(index, KNOWN[:size])

    assert tuple(node.hex() for node in proof) == INCLUSION[index, size]
    assert verify_inclusion(index, size, KNOWN[index], proof, bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize(("old", "size"), CONSISTENCY)
def test_consistency_proofs_are_the_published_ones(old: int, size: int) -> None:
    proof = consistency_proof(old, KNOWN[:size])

    assert tuple(node.hex() for node in proof) == CONSISTENCY[old, size]
    assert verify_consistency(old, size, proof, bytes.fromhex(ROOTS[old]), bytes.fromhex(ROOTS[size]))


@given(sizes)
def test_appending_one_by_one_gives_the_root_of_the_definition(size: int) -> None:
    tree = CompactRange()
    for leaf in leaves(size):
        tree = tree.append(leaf)

    assert tree.root() == root_of(leaves(size)) == Prover(leaves(size)).root() == definition(leaves(size))


@given(sizes, sizes, sizes)
def test_appending_in_batches_is_appending_one_by_one(first: int, second: int, third: int) -> None:
    row = leaves(first + second + third) if first + second + third < 256 else leaves(200)
    batched = (
        CompactRange().extend(row[:first]).extend(row[first : first + second]).extend(row[first + second :])
    )

    assert batched == CompactRange().extend(row)


@given(sizes)
def test_a_stored_range_is_the_same_after_loading(size: int) -> None:
    tree = CompactRange().extend(leaves(size))

    assert CompactRange.load(tree.size, tree.dump()) == tree


@pytest.mark.parametrize(
    ("size", "peaks"), [(1, b""), (2, bytes(64)), (-1, b""), (1, bytes(31)), (3, bytes(32))]
)
def test_a_damaged_range_is_refused(size: int, peaks: bytes) -> None:
    with pytest.raises(ValueError, match=r"peaks|peak"):
        CompactRange.load(size, peaks)


@given(st.integers(1, 130), st.data())
def test_every_inclusion_proof_verifies_and_for_no_other_place(size: int, data: st.DataObject) -> None:
    row = leaves(size)
    index = data.draw(st.integers(0, size - 1))
    proof, root = inclusion_proof(index, row), root_of(row)

    assert verify_inclusion(index, size, row[index], proof, root)
    assert not verify_inclusion((index + 1) % (size + 1), size, row[index], proof, root)
    assert not verify_inclusion(index, size, row[index], (*proof, root), root)
    assert not verify_inclusion(index, size, row[index], proof[:-1], root) or not proof
    assert not verify_inclusion(-1, size, row[index], proof, root)


def test_every_inclusion_proof_up_to_forty_verifies() -> None:
    prover = Prover(leaves(40))

    assert all(
        verify_inclusion(i, n, leaf_hash(bytes([i])), prover.inclusion(i, n), prover.root(n))
        for n in range(1, 41)
        for i in range(n)
    )


def test_every_consistency_proof_up_to_forty_verifies_and_no_wrong_root_does() -> None:
    prover = Prover(leaves(40))
    pairs = [(old, new) for new in range(41) for old in range(new + 1)]
    wrong = leaf_hash(b"wrong")

    assert all(
        verify_consistency(old, new, prover.consistency(old, new), prover.root(old), prover.root(new))
        for old, new in pairs
    )
    assert not any(
        verify_consistency(old, new, prover.consistency(old, new), wrong, prover.root(new))
        for old, new in pairs
    )
    assert not any(
        verify_consistency(old, new, prover.consistency(old, new), prover.root(old), wrong)
        for old, new in pairs
        if old
    )


@given(st.integers(2, 130), st.data())
def test_one_flipped_bit_in_a_proof_is_found(size: int, data: st.DataObject) -> None:
    row = leaves(size)
    prover, root = Prover(row), root_of(row)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size - 1))
    bit = data.draw(st.integers(0, 255))

    path = prover.inclusion(index)
    at = data.draw(st.integers(0, len(path) - 1))
    assert not verify_inclusion(index, size, row[index], flipped(path, at, bit), root)

    path = prover.consistency(old)
    at = data.draw(st.integers(0, len(path) - 1))
    assert not verify_consistency(old, size, flipped(path, at, bit), prover.root(old), root)


def flipped(path: tuple[bytes, ...], at: int, bit: int) -> tuple[bytes, ...]:
    node = bytearray(path[at])
    node[bit // 8] ^= 1 << bit % 8
    return (*path[:at], bytes(node), *path[at + 1 :])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (3, 3), (-1, 3), (0, 4)])
def test_no_proof_is_made_for_a_record_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no record"):
        Prover(leaves(3)).inclusion(index, size)


@pytest.mark.parametrize(("old", "size"), [(2, 1), (-1, 3), (1, 4)])
def test_no_consistency_is_proven_with_a_tree_that_is_not_there(old: int, size: int) -> None:
    with pytest.raises(ValueError, match="no consistency"):
        Prover(leaves(3)).consistency(old, size)
