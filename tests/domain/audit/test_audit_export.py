"""Exports: verified offline, whole or in part, and everything that is done to them is found."""

import re
from pathlib import Path

import msgspec
import pytest

from bot.domain.audit.check import Trust
from bot.domain.audit.export import ExportError, Item, Kind, export, line, parse_header, parse_line
from bot.domain.audit.merkle import Prover, leaf_hash
from bot.domain.audit.offline import check_export
from bot.domain.audit.verdicts import Finding, Reason
from tests.domain.audit.samples import CARD, header, items, lines, log, note, sha256, signer, trust

SOUND = log(24, (8, 16))
SMALL = log(5)
REQUEST = (3, 10, 17)  # FB-3: each shows a card


def verdict(raw: list[bytes], believed: Trust | None = None) -> Finding:
    """Verify as the command line does: a first line that is unreadable ends it."""
    return check_export(parse_header(raw[0]), raw[1:], believed or trust())


def reasons(finding: Finding) -> set[Reason]:
    return {problem.reason for problem in finding.problems}


def test_a_whole_export_verifies() -> None:
    finding = verdict(lines(SOUND, Kind.WHOLE, range(24)), trust(SOUND.checkpoint(11)))

    assert finding.ok
    assert (finding.records, finding.signed) == (24, 24)


def test_an_export_of_one_request_verifies() -> None:
    raw = lines(SOUND, Kind.PART, REQUEST, links=(11,))

    assert verdict(raw).ok
    assert verdict(raw, trust(SOUND.checkpoint(11))).ok
    assert verdict(raw, trust(SOUND.checkpoint(24))).ok
    assert b"prod/payments/api-4" not in b"".join(raw)


def test_a_record_left_out_of_a_whole_export_is_there_as_its_hash() -> None:
    head = header(SOUND, Kind.WHOLE, 24)
    raw = list(export(head, items(SOUND, range(24), left_out=(4, 5))))

    assert verdict(raw).ok
    assert b"prod/payments/api-4" not in b"".join(raw)


def test_bodies_stand_in_the_export_byte_for_byte() -> None:
    raw = b"".join(lines(SOUND, Kind.WHOLE, range(24)))

    assert all(found is not None and found in raw for _, found, _ in SOUND.rows)


def flips_not_found(good: bytes, bits: range) -> list[int]:
    """Return those bits whose flip goes unnoticed."""
    believed, missed = trust(), []
    for bit in bits:
        changed = bytearray(good)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            finding = verdict(bytes(changed).splitlines(keepends=True) or [b""], believed)
        except ExportError:
            continue
        if finding.ok:
            missed.append(bit)
    return missed


@pytest.mark.parametrize(("kind", "chosen"), [(Kind.WHOLE, range(5)), (Kind.PART, (3,))])
def test_a_flipped_bit_in_any_byte_of_an_export_is_found(kind: Kind, chosen: range) -> None:
    good = b"".join(lines(SMALL, kind, chosen))

    assert flips_not_found(good, range(0, (len(good) - 1) * 8, 7)) == []  # the last newline may be missing


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "chosen"), [(Kind.WHOLE, range(5)), (Kind.PART, (3,))])
def test_every_single_flipped_bit_of_an_export_is_found(kind: Kind, chosen: range) -> None:
    good = b"".join(lines(SMALL, kind, chosen))

    assert flips_not_found(good, range((len(good) - 1) * 8)) == []


def test_the_example_in_the_format_description_verifies() -> None:
    text = (Path(__file__).parents[3] / "docs/audit-format.md").read_text("utf-8")
    example = [each.encode() for each in re.findall(r"```jsonl\n(.*?)```", text, re.DOTALL)[0].splitlines()]

    assert example == [each.rstrip(b"\n") for each in lines(log(4), Kind.PART, (3,))]
    assert verdict(example).ok


def test_a_changed_body_in_a_whole_export_is_named() -> None:
    raw = lines(SOUND, Kind.WHOLE, range(24))
    changed = [each.replace(b"api-9", b"api-0") for each in raw]

    assert verdict(changed).first_bad == 9


def test_a_changed_body_in_a_part_is_named() -> None:
    raw = lines(SOUND, Kind.PART, REQUEST)
    finding = verdict([each.replace(b"api-10", b"api-11") for each in raw])

    assert (finding.first_bad, reasons(finding)) == (10, {Reason.PROOF})


@pytest.mark.parametrize("kind", Kind)
def test_every_missing_or_repeated_line_is_found(kind: Kind) -> None:
    raw = lines(SOUND, kind, range(24) if kind is Kind.WHOLE else REQUEST)
    for at in range(1, len(raw)):
        assert not verdict(raw[:at]).ok
        assert not verdict(raw[:at] + raw[at + 1 :]).ok
        assert not verdict(raw[: at + 1] + raw[at:]).ok


def test_a_swapped_pair_of_lines_is_found() -> None:
    whole, part = lines(SOUND, Kind.WHOLE, range(24)), lines(log(24), Kind.PART, (1, 2))
    whole[1], whole[2] = whole[2], whole[1]
    part[1], part[2] = part[2], part[1]

    assert verdict(whole).first_bad == 0
    assert reasons(verdict(part)) == {Reason.MOVED}


def test_erased_words_leave_an_export_valid_and_changed_ones_do_not() -> None:
    raw = lines(SOUND, Kind.WHOLE, range(24))
    entry = msgspec.json.decode(raw[1])
    assert entry["disclosures"]

    def with_words(encoded: tuple[str, ...]) -> list[bytes]:
        head = header(SOUND, Kind.WHOLE, 24)
        given = (
            msgspec.structs.replace(item, disclosures=encoded) if item.seq == 0 else item
            for item in items(SOUND, range(24))
        )
        return list(export(head, given))

    assert verdict(with_words(())).ok
    finding = verdict(with_words((SOUND.words[1][1],)))
    assert (finding.first_bad, reasons(finding)) == (0, {Reason.DISCLOSURE})


def test_a_card_that_was_not_the_one_shown_is_found_and_an_erased_one_is_not_needed() -> None:
    raw = lines(SOUND, Kind.PART, (3,))
    erased = [each.replace(b'"blobs":1', b'"blobs":0') for each in raw if not each.startswith(b'{"blob"')]
    changed = [each.replace(b"as it was shown", b"as I wish it") for each in raw]
    other = [each.replace(sha256(CARD).encode(), sha256("x").encode()) for each in raw[:2]]
    stray = [*other, *raw[2:]]

    assert verdict(erased).ok
    assert reasons(verdict(changed)) == {Reason.BLOB}
    assert Reason.BLOB in reasons(verdict(stray))


def test_an_export_under_a_key_that_is_not_trusted_is_refused() -> None:
    raw = lines(SOUND, Kind.PART, REQUEST)
    finding = verdict(raw, trust(key=signer(2)))

    assert reasons(finding) == {Reason.CHECKPOINT}


def test_a_header_that_claims_another_key_than_the_trusted_is_refused() -> None:
    raw = lines(SOUND, Kind.PART, REQUEST)
    ours, theirs = str(signer().verifier.key).encode(), str(signer(2).verifier.key).encode()

    assert "claims another key" in str(verdict([raw[0].replace(ours, theirs), *raw[1:]]))


def test_an_export_that_is_a_fork_of_the_checkpoint_outside_is_found() -> None:
    other = log(24, salt=1)

    for size in (11, 24):
        believed = trust(other.checkpoint(size))
        assert reasons(verdict(lines(SOUND, Kind.PART, REQUEST, links=(11,)), believed)) == {Reason.FORK}
        assert reasons(verdict(lines(SOUND, Kind.WHOLE, range(24)), believed)) == {Reason.FORK}


def test_an_export_older_than_the_checkpoint_outside_is_cut_unless_it_is_linked() -> None:
    newer = log(30)
    older = log(24)
    whole, part = lines(older, Kind.WHOLE, range(24)), lines(older, Kind.PART, REQUEST)
    linked = list(
        export(header(newer, Kind.PART, 24, links=(30,)), items(newer, REQUEST), Prover(newer.leaves))
    )

    assert reasons(verdict(whole, trust(newer.checkpoint(30)))) == {Reason.CUT}
    assert reasons(verdict(part, trust(newer.checkpoint(30)))) == {Reason.UNLINKED}
    assert verdict(linked, trust(newer.checkpoint(30))).ok


def test_a_part_without_a_link_does_not_claim_to_extend_the_checkpoint_outside() -> None:
    finding = verdict(lines(SOUND, Kind.PART, REQUEST), trust(SOUND.checkpoint(11)))

    assert reasons(finding) == {Reason.UNLINKED}


def test_records_beyond_the_checkpoint_are_not_part_of_a_whole_export() -> None:
    raw = list(export(header(SOUND, Kind.WHOLE, 20), items(SOUND, range(24))))

    assert verdict(raw).first_bad == 20


def test_a_checkpoint_of_another_log_is_refused() -> None:
    raw = lines(SOUND, Kind.PART, REQUEST)
    elsewhere = Trust(trust().verifiers, "firebreak.example/other")

    assert reasons(verdict(raw, elsewhere)) == {Reason.CHECKPOINT}


def test_a_proven_body_that_is_of_another_place_is_found() -> None:
    wrong = log(6)
    raw = wrong.rows[2][1]
    assert raw is not None
    moved = wrong.with_row(3, (3, raw, leaf_hash(raw)))
    head = msgspec.structs.replace(header(moved, Kind.PART, 6), checkpoint=note(moved.checkpoint(6)))
    made = export(head, [Item(seq=3, body=raw, leaf=leaf_hash(raw))], Prover(moved.leaves))

    assert reasons(verdict(list(made))) == {Reason.MOVED}


def test_a_part_is_not_made_without_proofs_nor_of_what_is_not_there() -> None:
    head = header(SOUND, Kind.PART, 20)

    with pytest.raises(ExportError, match="leaf hashes"):
        list(export(head, items(SOUND, REQUEST)))
    with pytest.raises(ExportError, match="newer than the checkpoint"):
        list(export(head, items(SOUND, (22,)), Prover(SOUND.leaves)))
    with pytest.raises(ExportError, match="dropped"):
        list(export(head, items(SOUND, (3,), left_out=(3,)), Prover(SOUND.leaves)))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"null\n",
        b'{"format":"firebreak-audit-export/2","kind":"part","origin":"o","size":1,"key":"k","checkpoint":"c"}',
        b'{"format": "firebreak-audit-export/1","kind":"part","origin":"o","size":1,"key":"k","checkpoint":"c"}',
        b"\xff",
        b"[" * 10_000,
    ],
)
def test_what_is_not_a_header_is_refused(raw: bytes) -> None:
    with pytest.raises(ExportError):
        parse_header(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b'{"seq":1,"body":' + b"[" * 100_000,
        b'{"seq":1,"leaf":"AAA"}',
        b'{"seq":1,"leaf":"AAB="}',
        b'{"seq":1,"unknown":1}',
        b'{"seq":1,"seq":1}',
        b'{"seq":1}\n\n',
        b'{"seq":1.0}',
        b'{"blob":"x"}',
        b'{"end":1}',
        b'{"blob":"\\ud800","text":""}',
    ],
)
def test_what_is_not_a_line_is_refused(raw: bytes) -> None:
    with pytest.raises(ExportError):
        parse_line(raw)


def test_a_line_is_read_back_as_it_was_written() -> None:
    for raw in lines(SOUND, Kind.PART, REQUEST)[1:]:
        assert line(parse_line(raw)) == raw
