"""The signing key: made once, for its owner only, and never shown."""

import copy
import os
import pickle
import stat
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from bot.adapters.keys.ed25519 import Ed25519Signer, Ed25519Verifier, verifier
from bot.adapters.keys.files import KeyFileError, load, load_or_create
from bot.domain.audit import notes
from bot.domain.audit.notes import NoteError, VerifierKey

NAME = "firebreak.example/sandbox"


def put(path: Path, content: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def pem(private: Ed25519PrivateKey) -> bytes:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_the_first_start_makes_a_key_that_only_its_owner_can_read(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        made = load_or_create(tmp_path / "audit.pem", NAME)
    finally:
        os.umask(old)

    assert stat.S_IMODE((tmp_path / "audit.pem").stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["audit.pem"]
    assert made.name == NAME


def test_later_starts_take_the_same_key(tmp_path: Path) -> None:
    first = load_or_create(tmp_path / "audit.pem", NAME)

    assert load_or_create(tmp_path / "audit.pem", NAME).key_id == first.key_id
    assert load(tmp_path / "audit.pem", NAME).verifier.key == first.verifier.key


def test_two_first_starts_at_once_end_with_one_key(tmp_path: Path) -> None:
    made: list[Ed25519Signer] = []
    gate = threading.Barrier(8)

    def start() -> None:
        gate.wait()
        made.append(load_or_create(tmp_path / "audit.pem", NAME))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 8
    assert len({each.key_id for each in made}) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_a_signature_verifies_under_the_handed_out_key_and_no_other(tmp_path: Path) -> None:
    signer = load_or_create(tmp_path / "one.pem", NAME)
    other = load_or_create(tmp_path / "two.pem", NAME)
    public = verifier(f"{signer.verifier.key}\n")
    signature = signer.sign(b"text\n")

    assert public.verify(b"text\n", signature)
    assert not public.verify(b"text", signature)
    assert not public.verify(b"text\n", signature[:-1])
    assert not public.verify(b"text\n", b"")
    assert not other.verifier.verify(b"text\n", signature)
    assert notes.verified(notes.sign("text\n", [signer]), [public]) == (NAME,)


def test_every_flipped_bit_of_a_signature_is_found(tmp_path: Path) -> None:
    signer = load_or_create(tmp_path / "audit.pem", NAME)
    signature = signer.sign(b"text\n")
    for bit in range(512):
        changed = bytearray(signature)
        changed[bit // 8] ^= 1 << bit % 8
        assert not signer.verifier.verify(b"text\n", bytes(changed))


def test_no_key_is_made_where_only_loading_was_asked(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "audit.pem", NAME)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o666, 0o610])
def test_a_key_that_others_can_reach_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    path = put(tmp_path / "audit.pem", pem(Ed25519PrivateKey.generate()), mode)

    with pytest.raises(KeyFileError, match="chmod 600"):
        load_or_create(path, NAME)


@pytest.mark.parametrize(("mode", "fine"), [(0o440, True), (0o400, True), (0o444, False), (0o460, False)])
def test_a_mounted_secret_may_be_read_by_its_group_and_no_more(tmp_path: Path, mode: int, fine: bool) -> None:
    path = put(tmp_path / "audit.pem", pem(Ed25519PrivateKey.generate()), mode)

    if fine:
        assert load(path, NAME, mounted=True).name == NAME
    else:
        with pytest.raises(KeyFileError, match="chmod 600"):
            load(path, NAME, mounted=True)


def test_what_is_not_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir(mode=0o700)
    os.mkfifo(tmp_path / "fifo", 0o600)

    for name in ("folder", "fifo"):
        with pytest.raises(KeyFileError, match="is not a file"):
            load_or_create(tmp_path / name, NAME)


def test_a_link_to_the_key_is_followed_since_secrets_are_mounted_as_links(tmp_path: Path) -> None:
    made = load_or_create(tmp_path / "real.pem", NAME)
    (tmp_path / "audit.pem").symlink_to(tmp_path / "real.pem")

    assert load(tmp_path / "audit.pem", NAME).key_id == made.key_id


def test_a_file_that_holds_no_usable_key_is_refused_without_quoting_it(tmp_path: Path) -> None:
    other = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    locked = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"sandbox")
    )

    for content in (b"", b"sandbox words", other, locked, b"x" * 20_000):
        with pytest.raises(KeyFileError) as caught:
            load(put(tmp_path / "audit.pem", content), NAME)
        assert "sandbox words" not in str(caught.value)
        assert caught.value.__cause__ is None


def test_a_folder_that_is_not_there_is_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="give this user the folder"):
        load_or_create(tmp_path / "missing" / "audit.pem", NAME)


def test_no_form_of_the_signer_shows_or_carries_the_key() -> None:
    seed = bytes(range(32))
    signer = Ed25519Signer(NAME, Ed25519PrivateKey.from_private_bytes(seed))

    assert str(signer.verifier.key) in repr(signer)
    assert seed.hex() not in repr(signer) + str(signer)
    assert not hasattr(signer, "__dict__")
    with pytest.raises(TypeError, match="not copied or pickled"):
        pickle.dumps(signer)
    with pytest.raises(TypeError, match="not copied or pickled"):
        copy.copy(signer)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "line\nbreak"])
def test_a_name_that_notes_cannot_carry_is_refused(name: str) -> None:
    with pytest.raises(NoteError):
        Ed25519Signer(name, Ed25519PrivateKey.generate())


@pytest.mark.parametrize(("kind", "size"), [(2, 32), (1, 31), (4, 32)])
def test_a_verifier_key_of_another_kind_is_refused(kind: int, size: int) -> None:
    with pytest.raises(NoteError, match="not Ed25519"):
        Ed25519Verifier(VerifierKey("name", kind, bytes(size)))
