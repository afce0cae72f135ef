"""Signed notes, checkpoints and proofs: the examples of the specifications, and everything that is refused."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.keys.ed25519 import verifier
from bot.domain.audit import checkpoint, notes
from bot.domain.audit.checkpoint import Checkpoint
from bot.domain.audit.merkle import EMPTY_ROOT, Prover, leaf_hash, verify_inclusion
from bot.domain.audit.notes import NoteError, VerifierKey
from bot.domain.audit.proofs import Proof, proven
from tests.domain.audit.samples import ORIGIN, log, note, signer

# golang.org/x/mod/sumdb/note: key and note of its documentation.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETERS_NOTE = """\
If you think cryptography is the answer to your problem,
then you don't know what your problem is.

\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
""".encode()
# c2sp.org/signed-note: the text holds an empty line of its own.
QUASIMODO = """\
Ognuno sta solo sul cuor della terra
trafitto da un raggio di sole:

ed \u00e8 subito sera.

\u2014 quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=
"""
# c2sp.org/tlog-checkpoint
SOFA = """\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
"""
# A record of the Go checksum database, its audit path and the root of the tree of 58,253,265 records, as that
# database proved it (transparency-dev/incubator, cmd/tlog-verify/testdata).
GO_RECORD = b"""\
github.com/transparency-dev/tessera v1.0.0 h1:4OT1V9xJLa5NnYlFWWlCdZkCm18/o12rdd+bCTje7XE=
github.com/transparency-dev/tessera v1.0.0/go.mod h1:TLvfjlkbmsmKVEJUtzO2eb9Q2IBnK3EJ0dI4G0oxEOU=
"""
GO_PROOF = """\
c2sp.org/tlog-proof@v1
index 43930254
Q2cuq1e21q4UC1RQ6wtmXmCxk2q3Wqz/yFvD12P2KSM=
VdgHwjNYSv9fZVxvYzn8kySGvrjqeCnzdJqJILieWf4=
ARfBpZjsj3LSP42V4xBVdCKbHVa4WXSbuFAa0rUSCVQ=
0VYgz0Vmgz6jOM8H6edZBWHtO6+R7tPvN4EOwwRRSws=
vq+ifloynXE+ORFC1wymQT0cpNIJA1tqg2mQpA55+kc=
SCRewH6vHE1/Vwkt5yEW8xT7il0WbWltXjFIVqlGtQQ=
p//fIG8jgZie4MMwjHF7quCIJ4hErr7U4at0HV34MZQ=
D3K5YdBlxQcklrgF8vSbDyT05J5/mA9lzuhhp72uSOk=
jeYlYyH9FhYGwu+ZJmfPr8GvSNdgrydwqmJgHsygoR0=
p6RFgfGhu8Uuy0LyyZdI4MrSPOZkMe+ycwWJFfr8zTI=
AMZsxrVKBPSe8nSNVVCTyTxWns0CiNbChG/FoiSJWuM=
e+rtSmK5Pd1K5LgFwj7VSo5XJXOcq7OOcqPVZn1hqeM=
expmv1e6XiGr5NMUjMRkSZijlcBx+fZcpqQmUnawhOY=
+Wuic0YARH84k80/Q+KJIbhRCldxG8npjLFiHMLtEpo=
NOMeJqlyUxFXUKYRI/1YqAF4WJBfXJr8UM/SlWGqxgY=
Lm6+TAlLb2lvUs/3unZ2t6RSmJw8RO+WuEuUbAw3QEc=
Jhh2EDG15gDBoLmLiF88lVTgd+uvx3L0xczb8Y3kSq8=
taenaiKqtYMXS3gDzIF3q8VZzqAXqftHqL9BC39njaw=
kZNKypGwEANnt1+msLINnqrIrwX+0MGZUTTKXTfbloI=
A4NJSymjVJ5dvGPaGC3Gj04x8qVRKYfh0pP24mwd6Yk=
KQq808D9W4NUgr4ip+rF/RCyAUERYKKCwKiiAJfaFOc=
I3EVN3zM2rDjs5Q06Zr5gxhg+ksnX2h77E75uL+h3aI=
7iNSYSDhMeRkeV7r9krKbKelNPiqDCJU1i6xAn/Fbuw=
MYqdo6zSjxaAn+29EEjNRbPYm0myB3bheu+HTZIAbVY=
S7olT9TPLXk+bbawbV3sAzWMmhcpWrtjbw++9ZTiyn8=
xJ20xXM4QItt5vxFOtolZ5l18p7ej1+RimNkgWmoRFM=

go.sum database tree
58253265
lIyLAEe4zJUQAda6pFFg3yPOf7j1SgfMEDrpgoX39JU=
"""

HEAD = Checkpoint(ORIGIN, 3, leaf_hash(b"root"))
SIGNED = note(HEAD).encode()


def test_the_published_go_note_verifies_under_its_published_key() -> None:
    parsed = notes.parse(PETERS_NOTE)

    assert notes.verified(parsed, [verifier(PETER)]) == ("PeterNeumann",)
    assert str(parsed).encode() == PETERS_NOTE
    assert str(VerifierKey.parse(PETER)) == PETER


def test_the_specifications_examples_are_read_and_written_back() -> None:
    poem, sofa = notes.parse(QUASIMODO.encode()), notes.parse(SOFA.encode())
    head = Checkpoint.parse(sofa.text)

    assert poem.text.endswith("\n\ned \u00e8 subito sera.\n")
    assert str(poem) == QUASIMODO
    assert (head.origin, head.size) == ("example.com/behind-the-sofa", 20852163)
    assert head.text == sofa.text


def test_a_verifier_key_of_another_program_is_read_and_written_back() -> None:
    # transparency-dev/formats: its base64 holds a plus sign.
    text = "TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6"

    assert str(VerifierKey.parse(text)) == text


def test_a_proof_of_the_go_checksum_database_leads_to_its_root() -> None:
    proof = Proof.parse(GO_PROOF)
    head = Checkpoint.parse(proof.note)

    assert verify_inclusion(proof.index, head.size, leaf_hash(GO_RECORD), proof.path, head.root)
    assert not verify_inclusion(proof.index, head.size, leaf_hash(GO_RECORD[:-1]), proof.path, head.root)
    assert str(proof) == GO_PROOF


def test_a_signed_checkpoint_opens_under_its_key_and_origin_only() -> None:
    trusted = [signer().verifier]

    assert checkpoint.opened(SIGNED, trusted, ORIGIN) == HEAD
    with pytest.raises(NoteError, match="not signed by a key that is trusted"):
        checkpoint.opened(SIGNED, [signer(2).verifier], ORIGIN)
    with pytest.raises(NoteError, match="not signed by a key that is trusted"):
        checkpoint.opened(SIGNED, [], ORIGIN)
    with pytest.raises(NoteError, match=r"is of the log .* not of"):
        checkpoint.opened(SIGNED, trusted, "firebreak.example/other")


def test_every_single_flipped_bit_of_a_signed_checkpoint_is_found() -> None:
    trusted = [signer().verifier]
    for bit in range(len(SIGNED) * 8):
        raw = bytearray(SIGNED)
        raw[bit // 8] ^= 1 << bit % 8
        with pytest.raises(NoteError):
            checkpoint.opened(bytes(raw), trusted, ORIGIN)


def test_signatures_of_strangers_are_ignored_but_a_bad_one_of_a_friend_is_not() -> None:
    both = notes.sign(HEAD.text, [signer(2), signer()])
    forged = notes.Signature(ORIGIN, signer().key_id, bytes(64))

    assert checkpoint.opened(str(both).encode(), [signer().verifier]) == HEAD
    with pytest.raises(NoteError, match="does not fit the text"):
        notes.verified(notes.Note(HEAD.text, (*both.signatures, forged)), [signer().verifier])


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"\n\n\n",
        SIGNED[:-1],
        SIGNED + b"\n",
        SIGNED.replace(b"\n\n", b"\n"),
        SIGNED.replace("\u2014 ".encode(), b"- "),
        SIGNED.replace(b"example", b"exa\tmple"),
        SIGNED.replace(b"example", b"exa\xffmple"),
        SIGNED + b"\xe2\x80\x94 name AAAAAA==\n",
        SIGNED + b"\xe2\x80\x94 na+me AAAAAAA=\n",
        SIGNED + b"\xe2\x80\x94 na\xc2\xa0me AAAAAAA=\n",
        SIGNED + b"\xe2\x80\x94  AAAAAAA=\n",
        SIGNED + b"\xe2\x80\x94 name AAAAAAB=\n",
        SIGNED + b"\xe2\x80\x94 name AAAA AAA=\n",
        SIGNED + b"\xe2\x80\x94 name AAAAAAA=\n" * 100,
        b"x" * (notes.LARGEST + 1),
    ],
)
def test_what_is_not_a_note_is_refused(raw: bytes) -> None:
    with pytest.raises(NoteError):
        notes.parse(raw)


@given(st.binary(max_size=200))
def test_any_bytes_are_either_a_note_or_refused(raw: bytes) -> None:
    try:
        parsed = notes.parse(raw)
    except NoteError:
        return
    assert str(parsed).encode() == raw


@pytest.mark.parametrize("text", ["", "\n", "no newline", "tab\there\n"])
def test_what_cannot_be_a_notes_text_is_not_signed(text: str) -> None:
    with pytest.raises(NoteError, match="newline"):
        notes.sign(text, [signer()])


def test_a_note_without_signers_is_not_made() -> None:
    with pytest.raises(NoteError, match="needs a signature"):
        notes.sign("text\n", [])


ROOT = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n1\n" + ROOT + "\n",
        "origin\n1\n" + ROOT,
        "origin\n01\n" + ROOT + "\n",
        "origin\n+1\n" + ROOT + "\n",
        "origin\n\u0661\n" + ROOT + "\n",
        "origin\n-1\n" + ROOT + "\n",
        f"origin\n{1 << 63}\n{ROOT}\n",
        "origin\n1\n" + ROOT[:-4] + "\n",
        "origin\n1\n" + ROOT[:-2] + "B=\n",
        "origin\n0\n" + ROOT + "\n",
        "origin\n1\n" + ROOT + "\n\nextension\n",
    ],
)
def test_what_is_not_a_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        Checkpoint.parse(text)


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), min_size=1),
    st.integers(1, (1 << 63) - 1),
    st.binary(min_size=32, max_size=32),
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), min_size=1), max_size=3
    ),
)
def test_a_checkpoint_reads_back_what_it_writes(origin: str, size: int, root: bytes, more: list[str]) -> None:
    head = Checkpoint(origin, size, root, tuple(more))

    assert Checkpoint.parse(head.text) == head


def test_the_checkpoint_of_an_empty_log_has_the_empty_root() -> None:
    assert Checkpoint.parse(Checkpoint(ORIGIN, 0, EMPTY_ROOT).text).size == 0


def test_a_detached_proof_verifies_and_every_flipped_bit_before_its_checkpoint_is_found() -> None:
    source, trusted = log(21), [signer().verifier]
    raw = source.rows[5][1]
    assert raw is not None
    text = str(Proof(5, Prover(source.leaves).inclusion(5), note(source.checkpoint(21))))

    assert proven(Proof.parse(text), raw, trusted, ORIGIN).size == 21
    with pytest.raises(NoteError, match="does not lead"):
        proven(Proof.parse(text), raw + b" ", trusted, ORIGIN)
    start = text.encode()
    for bit in range(text.encode().index(b"\n\n") * 8):
        changed = bytearray(start)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises((NoteError, UnicodeDecodeError)):
            proven(Proof.parse(changed.decode()), raw, trusted, ORIGIN)


def test_a_proof_keeps_its_extra_bytes() -> None:
    proof = Proof(0, (), SIGNED.decode(), b"\x00any")

    assert Proof.parse(str(proof)) == proof


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c2sp.org/tlog-proof@v1\n\n",
        "c2sp.org/tlog-proof@v2\nindex 0\n\nnote\n",
        "c2sp.org/tlog-proof@v1\nindex 00\n\nnote\n",
        "c2sp.org/tlog-proof@v1\nextra AA==\n\nnote\n",
        "c2sp.org/tlog-proof@v1\nextra A\nindex 0\n\nnote\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n" + "AAAA\n" * 64 + "\nnote\n",
    ],
)
def test_what_is_not_a_proof_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        Proof.parse(text)
