"""Verification of a whole log: what is found, and where it is said to be."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.audit.check import LogCheck, Row, check_log
from bot.domain.audit.merkle import CompactRange, leaf_hash
from bot.domain.audit.verdicts import Finding, Reason
from tests.domain.audit.samples import Log, body, log, note, signer, trust

SIZES = (10, 20, 37)
SOUND = log(40, SIZES)


def reasons(finding: Finding) -> set[Reason]:
    return {problem.reason for problem in finding.problems}


def raw(source: Log, seq: int) -> bytes:
    found = source.rows[seq][1]
    assert found is not None
    return found


def forged(source: Log, seq: int, new: bytes) -> Log:
    return source.with_row(seq, (seq, new, leaf_hash(new)))


def test_a_sound_log_is_intact_and_says_what_is_not_signed_yet() -> None:
    finding = check_log(SOUND, trust(SOUND.checkpoint(25)))

    assert finding.ok
    assert (finding.records, finding.signed, finding.checkpoints) == (40, 37, 4)
    assert finding.first_bad is None
    assert str(finding) == "40 records are intact; 4 signed checkpoints agree; the last 3 are not signed yet"


def test_an_empty_log_is_intact() -> None:
    assert check_log(log(0, (0,)), trust()).ok
    assert check_log(log(0), trust()).ok


@given(st.integers(0, 60), st.sets(st.integers(1, 60), max_size=5), st.integers(1, 20))
@settings(max_examples=40)
def test_any_sound_log_is_intact_however_it_is_read(count: int, sizes: set[int], batch: int) -> None:
    made = replace(log(count, sorted(size for size in {*sizes, count} if size <= count)), batch=batch)

    assert check_log(made, trust()).ok


def test_records_without_any_checkpoint_are_not_called_intact() -> None:
    finding = check_log(log(3), trust())

    assert reasons(finding) == {Reason.UNSIGNED}
    assert "none of the 3 records" in str(finding)


@pytest.mark.parametrize("seq", [0, 9, 10, 22, 39])
def test_every_flipped_bit_of_a_body_names_its_record(seq: int) -> None:
    good = raw(SOUND, seq)
    for bit in range(0, len(good) * 8, 5):
        changed = bytearray(good)
        changed[bit // 8] ^= 1 << bit % 8
        finding = check_log(SOUND.with_row(seq, (seq, bytes(changed), SOUND.rows[seq][2])), trust())

        assert finding.first_bad == seq
        assert f"record {seq} was changed" in str(finding)


@pytest.mark.parametrize("seq", [0, 22, 39])
def test_every_flipped_bit_of_a_leaf_names_its_record(seq: int) -> None:
    leaf = SOUND.rows[seq][2]
    for bit in range(256):
        changed = bytearray(leaf)
        changed[bit // 8] ^= 1 << bit % 8
        finding = check_log(SOUND.with_row(seq, (seq, raw(SOUND, seq), bytes(changed))), trust())

        assert (finding.ok, finding.first_bad) == (False, seq)


@pytest.mark.parametrize("leaf", [b"", bytes(31), bytes(33)])
def test_a_leaf_that_is_no_hash_names_its_record(leaf: bytes) -> None:
    with_body = SOUND.with_row(12, (12, raw(SOUND, 12), leaf))
    without = SOUND.with_row(12, (12, None, leaf))

    assert check_log(with_body, trust()).first_bad == 12
    assert check_log(without, trust()).first_bad == 12


@pytest.mark.parametrize(("seq", "first", "last"), [(0, 0, 9), (10, 10, 19), (36, 20, 36)])
def test_a_record_rewritten_with_its_leaf_is_placed_between_two_checkpoints(
    seq: int, first: int, last: int
) -> None:
    finding = check_log(forged(SOUND, seq, raw(SOUND, seq).replace(b"accepted", b"rejected")), trust())

    assert reasons(finding) == {Reason.REWRITTEN}
    assert finding.first_bad == first
    assert f"one of the records {first} to {last} was rewritten" in str(finding)


def test_a_record_rewritten_behind_the_newest_checkpoint_disagrees_with_the_head() -> None:
    finding = check_log(forged(SOUND, 38, raw(SOUND, 38).replace(b"accepted", b"rejected")), trust())

    assert reasons(finding) == {Reason.HEAD}
    assert finding.first_bad == 37


@pytest.mark.parametrize("one", [3, 20, 38])
def test_a_swapped_pair_names_itself_even_with_its_leaves(one: int) -> None:
    first, second = SOUND.rows[one], SOUND.rows[one + 1]
    swapped: tuple[Row, Row] = (one, *second[1:]), (one + 1, *first[1:])
    made = replace(SOUND, rows=(*SOUND.rows[:one], *swapped, *SOUND.rows[one + 2 :]))
    finding = check_log(replace(made, words=()), trust())

    assert reasons(finding) == {Reason.MOVED}
    assert finding.first_bad == one
    assert f"record {one} says of itself that it is record {one + 1}" in str(finding)


def test_rows_out_of_order_are_found() -> None:
    rows = (*SOUND.rows[:5], SOUND.rows[6], SOUND.rows[5], *SOUND.rows[7:])

    assert check_log(replace(SOUND, rows=rows), trust()).first_bad == 5


@pytest.mark.parametrize("seq", [0, 15, 38])
def test_a_deleted_record_is_named(seq: int) -> None:
    finding = check_log(replace(SOUND, rows=(*SOUND.rows[:seq], *SOUND.rows[seq + 1 :])), trust())

    assert finding.first_bad == seq
    assert f"record {seq} is missing" in str(finding)


def test_a_repeated_record_is_found() -> None:
    assert check_log(replace(SOUND, rows=(*SOUND.rows[:5], *SOUND.rows[4:])), trust()).first_bad == 4


@pytest.mark.parametrize("count", [0, 12, 36])
def test_a_cut_tail_is_found_by_the_logs_own_checkpoint(count: int) -> None:
    finding = check_log(replace(SOUND, rows=SOUND.rows[:count], words=(), stored=None), trust())

    assert Reason.CUT in reasons(finding)
    assert finding.first_bad == count
    assert f"the log has {count} records, its own checkpoint says 37" in str(finding)


def test_a_tail_cut_behind_the_newest_checkpoint_is_found_by_the_head() -> None:
    finding = check_log(replace(SOUND, rows=SOUND.rows[:38]), trust())

    assert (reasons(finding), finding.first_bad) == ({Reason.CUT}, 38)


def test_a_tail_cut_with_checkpoints_and_head_is_found_against_a_checkpoint_outside_only() -> None:
    covered = log(20, (10, 20))

    assert check_log(covered, trust()).ok
    finding = check_log(covered, trust(SOUND.checkpoint(37)))
    assert (reasons(finding), finding.first_bad) == ({Reason.CUT}, 20)
    assert "the log has 20 records, the checkpoint kept outside says 37" in str(finding)


def test_a_restored_backup_that_grew_on_is_found_against_a_checkpoint_outside_only() -> None:
    backup = log(25, (10, 20))
    other = log(60, (10, 20), salt=1)  # other reasons, hence other digests, from the first record on
    rows = (*backup.rows, *other.rows[25:])
    grown = replace(backup, rows=rows, words=(), stored=CompactRange().extend(row[2] for row in rows))
    grown = replace(grown, notes=(*backup.notes, note(grown.checkpoint(50))))

    assert check_log(grown, trust()).ok
    finding = check_log(grown, trust(SOUND.checkpoint(20), SOUND.checkpoint(37)))
    assert reasons(finding) == {Reason.FORK}
    assert finding.first_bad == 20
    assert "restored backup or fork" in str(finding)


def test_every_flipped_bit_of_a_stored_checkpoint_is_found() -> None:
    source = log(4, (2, 4))
    good = source.notes[0].encode()
    for bit in range(len(good) * 8):
        changed = bytearray(good)
        changed[bit // 8] ^= 1 << bit % 8
        broken = replace(source, notes=(changed.decode("utf-8", "surrogateescape"), source.notes[1]))

        assert reasons(check_log(broken, trust())) == {Reason.CHECKPOINT}


def test_a_checkpoint_of_another_key_is_found() -> None:
    made = replace(SOUND, notes=(*SOUND.notes, note(SOUND.checkpoint(40), signer(2))))

    finding = check_log(made, trust())
    assert reasons(finding) == {Reason.CHECKPOINT}
    assert "stored checkpoint number 4 (of 40 records)" in str(finding)


def test_erasing_disclosures_leaves_the_log_intact() -> None:
    assert SOUND.words
    assert check_log(replace(SOUND, words=()), trust()).ok
    assert check_log(replace(SOUND, words=SOUND.words[::2]), trust()).ok


def test_dropping_old_bodies_leaves_the_log_intact() -> None:
    rows = tuple((seq, None if seq < 10 else found, leaf) for seq, found, leaf in SOUND.rows)

    assert check_log(replace(SOUND, rows=rows, words=()), trust()).ok


def test_a_changed_disclosure_names_its_record() -> None:
    words = tuple((seq, other) for (seq, _), (_, other) in zip(SOUND.words, SOUND.words[1:], strict=False))
    finding = check_log(replace(SOUND, words=words), trust())

    assert reasons(finding) == {Reason.DISCLOSURE}
    assert finding.first_bad == 0


def test_a_disclosure_of_a_dropped_or_silent_record_is_found() -> None:
    encoded = SOUND.words[0][1]
    dropped = SOUND.with_row(0, (0, None, SOUND.rows[0][2]))

    assert check_log(replace(SOUND, words=((1, encoded),)), trust()).first_bad == 1
    assert check_log(dropped, trust()).first_bad == 0


def test_a_body_that_is_signed_but_not_canonical_is_found_when_looked_for() -> None:
    spaced = raw(SOUND, 3).replace(b'"seq":3', b'"seq": 3')
    rows = (*SOUND.rows[:3], (3, spaced, leaf_hash(spaced)), *SOUND.rows[4:])
    made = replace(SOUND, rows=rows, stored=None)
    made = replace(made, notes=(note(made.checkpoint(40)),))

    assert check_log(made, trust()).ok
    deep = LogCheck(trust(), made.notes, deep=True)
    deep.feed(made.rows)
    assert reasons(deep.finish()) == {Reason.NOT_CANONICAL}


@pytest.mark.parametrize("junk", [b"", b"[]", b"\xff", b"{", b'{"seq":true}', b"[" * 5000, b"1e999"])
def test_any_bytes_in_an_unsigned_body_are_reported_not_raised(junk: bytes) -> None:
    rows = (*SOUND.rows, (40, junk, leaf_hash(junk)))
    finding = check_log(replace(SOUND, rows=rows, words=((40, "x"),), stored=None), trust())

    assert finding.first_bad == 40


@given(st.data())
@settings(max_examples=60)
def test_any_change_of_one_row_is_found_against_the_checkpoint(data: st.DataObject) -> None:
    seq = data.draw(st.integers(0, 36))
    kind = data.draw(st.sampled_from(["body", "leaf", "both", "gone"]))
    other, _ = body(seq, words="something else")
    made = {
        "body": SOUND.with_row(seq, (seq, other, SOUND.rows[seq][2])),
        "leaf": SOUND.with_row(seq, (seq, raw(SOUND, seq), leaf_hash(other))),
        "both": forged(SOUND, seq, other),
        "gone": replace(SOUND, rows=(*SOUND.rows[:seq], *SOUND.rows[seq + 1 :])),
    }[kind]
    finding = check_log(replace(made, words=(), stored=None), trust())

    assert not finding.ok
    assert finding.first_bad is not None
    assert finding.first_bad <= seq
    assert finding.first_bad == seq or kind == "both"
