"""What is asked is typed: whatever a text holds, it stays one text."""

import ipaddress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.flows.loganalytics.asking import condition
from bot.adapters.flows.loganalytics.kql import (
    LONGEST_LITERAL,
    Among,
    Both,
    Condition,
    Either,
    Is,
    Project,
    Query,
    Sum,
    Summarize,
    Take,
    Top,
    Where,
    Within,
    both,
    either,
    literal,
)
from bot.adapters.flows.loganalytics.source import KINDS
from bot.adapters.flows.loganalytics.tables.log import Log
from bot.domain.flows.asked import About, Subject
from bot.sandbox.loganalytics.schemas import SCHEMAS
from tests.adapters.flows.analytics import question

SIMPLE = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    '"': '"',
    "'": "'",
}
HOSTILE = st.text(max_size=200) | st.sampled_from(
    [
        '"',
        '" or true //',
        "\\",
        '\\" | take 1',
        "a\nb",
        "a\r| project x",
        "/* */ //",
        "'; externaldata",
        "\u2028",
        "\U0001f600",
        "\ud800",
        "union *",
        "```",
        '@"',
    ]
)


def meant(text: str) -> tuple[str, int]:
    """Read one text literal from the beginning, as the language's own lexer does: what it means, and where it ends."""
    assert text[0] == '"'
    found, at = "", 1
    while text[at] != '"':
        assert text[at] not in "\r\n"
        if text[at] != "\\":
            found, at = found + text[at], at + 1
            continue
        sign = text[at + 1]
        width = {"u": 4, "U": 8, "x": 2}.get(sign)
        if width is None:
            found, at = found + SIMPLE[sign], at + 2
        else:
            found, at = found + chr(int(text[at + 2 : at + 2 + width], 16)), at + 2 + width
    return found, at + 1


@given(HOSTILE | st.text(st.characters(), max_size=50))
def test_any_text_means_itself_and_ends_where_it_ends(text: str) -> None:
    written = literal(text)

    assert meant(written) == (text, len(written))


@given(HOSTILE | st.text(st.characters(), max_size=50))
def test_no_text_brings_a_sign_of_the_language_with_it(text: str) -> None:
    written = literal(text)[1:-1]

    assert written.isascii()
    assert not set(written) & set("\"'`;|()[]{}<>=!,*~#\r\n\t\x00")
    assert "//" not in written.replace("\\u002f", "") or "//" in text


def conditions() -> st.SearchStrategy[Condition]:
    columns = st.sampled_from(["SourceIp", "User", "DestinationPort"])
    plain: st.SearchStrategy[Condition] = st.one_of(
        st.builds(Is, columns, st.sampled_from(["==", "=~", "contains"]), HOSTILE),
        st.builds(Is, columns, st.just("=="), st.integers()),
        st.builds(Among, columns, st.lists(HOSTILE, min_size=1, max_size=3).map(tuple)),
    )
    return st.recursive(
        plain,
        lambda inner: (
            st.builds(Both, st.lists(inner, min_size=1, max_size=3).map(tuple))
            | st.builds(Either, st.lists(inner, min_size=1, max_size=3).map(tuple))
        ),
        max_leaves=6,
    )


def without_texts(query: str) -> str:
    """Replace each literal text by nothing."""
    found, at = "", 0
    while at < len(query):
        if query[at] == '"':
            at += meant(query[at:])[1]
            found += "''"
        else:
            found, at = found + query[at], at + 1
    return found


@given(conditions(), conditions())
def test_the_shape_of_a_query_does_not_depend_on_the_texts_in_it(one: Condition, other: Condition) -> None:
    query = Query("AZFWNetworkRule", (Where(Both((one, other))), Take(5)))
    outside = without_texts(str(query))

    assert outside.count("\n| ") == outside.count("|") == 2
    assert outside.startswith("AZFWNetworkRule\n| where (")
    assert outside.endswith("\n| take 5")


@given(
    HOSTILE,
    st.sampled_from([About.POD, About.WORKLOAD, About.NAMESPACE, About.NAME]),
    st.sampled_from([log for kind in KINDS for log in (*kind.logs, *kind.instead)]),
)
def test_no_name_that_is_asked_about_changes_the_query_of_any_table(
    name: str, about: About, log: Log
) -> None:
    tame = Subject(about, "name", "name", pods=("name",), service_accounts=("name",))
    wild = Subject(about, name, name, pods=(name,), service_accounts=(name,))

    outlines = {
        without_texts(str(found))
        if (found := condition(log, SCHEMAS[log.table], question(subject=subject), ""))
        else ""
        for subject in (tame, wild)
    }

    assert len(outlines) == 1


@pytest.mark.parametrize("about", [About.ADDRESS, About.NETWORK])
def test_what_is_no_address_is_never_asked_for(about: About) -> None:
    log = KINDS[0].logs[0]

    with pytest.raises(ValueError, match="does not appear to be"):
        condition(log, SCHEMAS[log.table], question(subject=Subject(about, '1.2.3.4" or true')), "")


def test_a_time_is_written_in_utc_and_needs_a_zone() -> None:
    east = datetime(2026, 11, 21, 14, 0, tzinfo=timezone(timedelta(hours=2)))

    assert literal(east) == "datetime(2026-11-21T12:00:00.000000Z)"
    with pytest.raises(ValueError, match="zone"):
        literal(datetime(2026, 11, 21))  # noqa: DTZ001  # that is what is refused


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: literal("x" * (LONGEST_LITERAL + 1)),
        lambda: str(Query("Table | take 1")),
        lambda: str(Query("union *")),
        lambda: str(Project(("a, b",))),
        lambda: str(Is("a", "matches regex", "b")),
        lambda: str(Is('a" == "', "==", "b")),
        lambda: str(Among("a", ())),
        lambda: str(Both(())),
        lambda: str(Sum("a", "make_set", "b")),
        lambda: str(Sum("a", "count", "b")),
        lambda: str(Take(0)),
        lambda: str(Top(500_001, "a")),
    ],
)
def test_what_is_no_part_of_the_small_language_cannot_be_written(wrong: object) -> None:
    assert callable(wrong)
    with pytest.raises(ValueError, match=r"."):
        wrong()


def test_a_query_reads_as_the_language_is_written() -> None:
    network = ipaddress.ip_network("203.0.113.0/24")
    query = Query(
        "AZFWNetworkRule",
        (
            Where(Both((Within("DestinationIp", network), Is("At", "<", datetime(2026, 1, 1, tzinfo=UTC))))),
            Summarize((Sum("Many", "count"), Sum("Last", "max", "TimeGenerated")), ("SourceIp", "Action")),
            Top(50, "Many"),
        ),
    )

    assert str(query) == (
        "AZFWNetworkRule\n"
        '| where (ipv4_is_in_range(DestinationIp, "203.0.113.0/24") and At < datetime(2026-01-01T00:00:00.000000Z))\n'
        "| summarize Many = count(), Last = max(TimeGenerated) by SourceIp, Action\n"
        "| top 50 by Many desc"
    )


def test_joining_nothing_is_nothing_and_joining_one_is_itself() -> None:
    one = Is("a", "==", 1)

    assert both((None, None)) is None
    assert either((None, one)) is one
    assert both((one, one)) == Both((one, one))
