"""Records, their canonical form, and disclosures."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.audit.disclosure import Disclosure, conceal, digest_of, matches
from bot.domain.audit.events import Event
from bot.domain.audit.record import Draft, Record, canonical, decode, stamp
from bot.domain.audit.values import LARGEST_INT, LONGEST_STRING, RecordError, cut
from bot.domain.errors import AuditError
from tests.domain.audit.samples import NOON, PERSON

SALT = bytes(range(16))
DRAFT = Draft(Event.VOTE, PERSON, request="FB-7K3Q", outcome="approved", details={"need": 2, "own": False})
BODY = (
    b'{"actor":{"id":"T0SANDBOX:U0ALICE","idp":"slack","type":"person"},"details":{"need":2,"own":false},'
    b'"event":"vote","outcome":"approved","request":"FB-7K3Q","seq":4,"time":"2026-03-01T12:00:00.000000Z","v":1}'
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
numbers = st.integers(-LARGEST_INT, LARGEST_INT)
values = st.recursive(
    texts | numbers | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)
details = st.dictionaries(names.filter(lambda name: name != "kept"), values, max_size=4)
drafts = st.builds(
    Draft,
    event=st.sampled_from(Event),
    actor=st.just(PERSON),
    request=names,
    part=names,
    incident=names,
    target=names,
    outcome=names,
    digest=names,
    policy=names,
    fence=numbers,
    details=details,
    sd=st.lists(texts.map(lambda text: conceal("reason", text, SALT)[0]), max_size=3).map(tuple),
)


def test_a_completed_draft_has_the_one_canonical_form() -> None:
    record = DRAFT.complete(4, NOON)

    assert canonical(record) == BODY
    assert decode(BODY) == record


@given(drafts, st.integers(0, LARGEST_INT), st.datetimes(timezones=st.just(UTC)))
def test_a_record_is_the_same_after_its_bytes_were_read(draft: Draft, seq: int, time: datetime) -> None:
    record = draft.complete(seq, time)
    body = canonical(record)

    assert decode(body) == record
    assert canonical(decode(body)) == body
    assert json.loads(body)["seq"] == seq


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        b"{}",
        BODY + b" ",
        BODY.replace(b'"v":1', b'"v":2'),
        BODY.replace(b'"v":1', b'"v":1,"x":1'),
        BODY.replace(b'"seq":4', b'"seq":-1'),
        BODY.replace(b'"seq":4', b'"seq":4.0'),
        BODY.replace(b'"seq":4', b'"seq":4,"seq":4'),
        BODY.replace(b'"seq":4', b'"part":"","seq":4'),
        BODY.replace(b'"seq":4,', b""),
        BODY.replace(b"vote", b"v\\u006fte"),
        BODY.replace(b'"vote"', b'"unheard"'),
        BODY.replace(b"12:00:00.000000Z", b"12:00:00Z"),
        BODY.replace(b"2026-03-01", b"2026-02-30"),
        BODY.replace(b'"need":2', b'"need":2.5'),
        BODY.replace(b'"need":2', b'"need":null'),
        BODY.replace(b'"need":2', b'"need":9007199254740993'),
        BODY.replace(b'"need":2', b'"need":' + b"[" * 2000 + b"]" * 2000),
        b"[" * 70_000,
    ],
)
def test_bytes_that_are_not_the_canonical_form_of_a_record_are_refused(body: bytes) -> None:
    with pytest.raises(RecordError):
        decode(body)


@pytest.mark.parametrize(
    ("inner", "why"),
    [
        (1.5, "a float"),
        (None, "a NoneType"),
        (b"bytes", "a bytes"),
        (LARGEST_INT + 1, "2\\^53"),
        (-LARGEST_INT - 1, "2\\^53"),
        ("x" * (LONGEST_STRING + 1), "cut it"),
        ("\ud800", "surrogate"),
        ({1: "x"}, "a key that is a int"),
        ([1.5], "a float"),
        ([[[[[[[[1]]]]]]]], "levels deep"),
        (list(range(5000)), "more than"),
    ],
)
def test_details_take_bounded_strings_integers_and_booleans_only(inner: Any, why: str) -> None:
    with pytest.raises(RecordError, match=why):
        Draft(Event.RESULT, PERSON, details={"inner": inner})


def test_what_the_log_does_not_take_is_an_audit_error_so_that_nothing_is_done() -> None:
    with pytest.raises(AuditError):
        Draft(Event.RESULT, PERSON, target="x" * 600)


def test_a_record_beyond_its_largest_size_is_refused() -> None:
    draft = Draft(Event.RESULT, PERSON, details={str(n): "x" * LONGEST_STRING for n in range(40)})

    with pytest.raises(RecordError, match="65536"):
        canonical(draft.complete(0, NOON))


@pytest.mark.parametrize("sd", [("short",), ("=" * 43,), ("a" * 43,) * 65])
def test_what_is_no_digest_of_a_disclosure_is_refused(sd: tuple[str, ...]) -> None:
    with pytest.raises(RecordError, match="_sd"):
        Draft(Event.COMMAND, PERSON, sd=sd)


@pytest.mark.parametrize("kept", ["x", {"card": "x"}, {"card": "A" * 64}, {"card": 1}])
def test_what_is_kept_is_named_by_its_sha256(kept: Any) -> None:
    with pytest.raises(RecordError, match="kept"):
        Draft(Event.PLAN_SHOWN, PERSON, details={"kept": kept})


def test_a_draft_tells_what_is_kept_beside_it() -> None:
    assert Draft(Event.PLAN_SHOWN, PERSON, details={"kept": {"card": "a" * 64}}).kept == ("a" * 64,)
    assert DRAFT.kept == ()


def test_time_is_written_in_utc_with_microseconds() -> None:
    east = timezone(timedelta(hours=9))

    assert stamp(datetime(2026, 3, 1, 21, 0, 0, 7, tzinfo=east)) == "2026-03-01T12:00:00.000007Z"
    with pytest.raises(RecordError, match="zone"):
        stamp(datetime(2026, 3, 1))  # noqa: DTZ001 - a naive time is what is refused


def test_a_long_text_is_cut_visibly() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("abcd", 3) == "ab\u2026"


def test_a_disclosure_of_the_rfc_has_the_digest_of_the_rfc() -> None:
    # RFC 9901 section 4.2.3
    published = Disclosure("WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0")

    assert digest_of(published) == "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"
    assert (published.path, published.value) == ("family_name", "M\u00f6bius")


@given(names, texts, st.binary(min_size=16, max_size=32))
def test_a_disclosure_matches_its_digest_and_gives_its_words_back(path: str, words: str, salt: bytes) -> None:
    digest, disclosure = conceal(path, words, salt)

    assert matches(digest, disclosure)
    assert (disclosure.path, disclosure.value) == (path, words)
    assert msgspec.json.decode(msgspec.json.encode(disclosure), type=Disclosure) == disclosure


def test_the_same_words_under_another_salt_have_another_digest() -> None:
    assert conceal("reason", "words", SALT)[0] != conceal("reason", "words", SALT[::-1])[0]


def test_every_flipped_bit_of_a_disclosure_is_found() -> None:
    digest, disclosure = conceal("reason", "beaconing", SALT)
    raw = disclosure.encoded.encode("latin-1")
    for bit in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        assert not matches(digest, Disclosure(bytes(changed).decode("latin-1")))


def test_a_short_salt_and_a_book_are_refused() -> None:
    with pytest.raises(RecordError, match="16 bytes"):
        conceal("reason", "words", bytes(15))
    with pytest.raises(RecordError, match="reason"):
        conceal("reason", "x" * 20_000, SALT)


def test_the_repr_of_a_disclosure_does_not_tell_the_words() -> None:
    _, disclosure = conceal("reason", "beaconing", SALT)

    assert "beaconing" not in repr(disclosure)
    assert disclosure.encoded not in repr(disclosure)


@pytest.mark.parametrize("encoded", ["", "!", "W10", "bnVsbA", "WzEsMiwzXQ", "\u00e9"])
def test_a_malformed_disclosure_is_refused_when_read(encoded: str) -> None:
    with pytest.raises(RecordError):
        _ = Disclosure(encoded).value


def test_a_record_of_another_version_is_refused() -> None:
    with pytest.raises(RecordError, match="version 2"):
        Record(v=2, seq=0, time=stamp(NOON), event=Event.START, actor=PERSON)
