"""What people type about flows is read as they mean it, or refused at the word that is wrong."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.slack.commands import Flows, Sweep, Trace
from bot.adapters.slack.flowing import FILTERS, KINDS
from bot.adapters.slack.grammar import Known, Mistake, parse
from bot.domain.flows.asked import About, Subject
from bot.domain.flows.flow import Verdict
from bot.domain.flows.wish import SOURCES, Ago, Daily, When, Wish

ONE, TWO = Known(("prod",)), Known(("prod", "staging"))
POD = Subject(About.POD, "api-1", "payments")


def wish(line: str, known: Known = ONE) -> Wish:
    read = parse(f"flows {line}", known)
    assert isinstance(read, Flows), read
    return read.wish


def mistaken(line: str, known: Known = ONE) -> Mistake:
    read = parse(line, known)
    assert isinstance(read, Mistake), read
    return read


@pytest.mark.parametrize(
    ("typed", "subject"),
    [
        ("payments/api-1", POD),
        ("prod/payments/api-1", POD),
        ("payments", Subject(About.NAMESPACE, namespace="payments")),
        ("payments/*", Subject(About.NAMESPACE, namespace="payments")),
        ("prod/payments/*", Subject(About.NAMESPACE, namespace="payments")),
        ("payments/deployment/api", Subject(About.WORKLOAD, "deployment/api", "payments")),
        ("prod/payments/StatefulSet/db", Subject(About.WORKLOAD, "statefulset/db", "payments")),
        ("deployment:payments/api", Subject(About.WORKLOAD, "deployment/api", "payments")),
        ("deployment:prod/payments/api", Subject(About.WORKLOAD, "deployment/api", "payments")),
        ("203.0.113.7", Subject(About.ADDRESS, "203.0.113.7")),
        ("2001:DB8::7", Subject(About.ADDRESS, "2001:db8::7")),
        ("203.0.113.7/32", Subject(About.ADDRESS, "203.0.113.7")),
        ("203.0.113.9/24", Subject(About.NETWORK, "203.0.113.0/24")),
        ("Evil.Example.COM.", Subject(About.NAME, "evil.example.com")),
        ("<http://evil.example.com|evil.example.com>", Subject(About.NAME, "evil.example.com")),
    ],
)
def test_a_subject_is_what_it_looks_like(typed: str, subject: Subject) -> None:
    assert wish(typed) == Wish("prod", subject)


def test_filters_stand_in_any_order() -> None:
    told = wish("payments/api-1 from firewall, hubble denied port 443 cluster prod peer 10.0.0.0/8 last 2h")
    assert told == Wish(
        "prod",
        POD,
        since=Ago(7200),
        peer=Subject(About.NETWORK, "10.0.0.0/8"),
        port=443,
        verdict=Verdict.DENIED,
        sources=("firewall", "hubble"),
    )
    assert wish("payments/api-1 allowed").verdict is Verdict.ALLOWED


@pytest.mark.parametrize(
    ("typed", "since", "until"),
    [
        ("", Ago(900), None),
        ("last 1h30m", Ago(5400), None),
        ("since 14:05", Daily(14, 5), None),
        ("since 14:05:30Z until 9:00+02:00", Daily(14, 5, 30), Daily(9, 0, 0, 120)),
        ("since 2026-11-21T14:05-0530", datetime(2026, 11, 21, 19, 35, tzinfo=UTC), None),
        ("since 2026-11-21 14:05 until 15m", datetime(2026, 11, 21, 14, 5, tzinfo=UTC), Ago(900)),
        ("since 2026-11-21", datetime(2026, 11, 21, tzinfo=UTC), None),
        ("since 2h until 1h", Ago(7200), Ago(3600)),
    ],
)
def test_a_time_is_in_utc_unless_a_zone_stands_there(typed: str, since: When, until: When | None) -> None:
    told = wish(f"payments/api-1 {typed}")
    assert (told.since, told.until) == (since, until)


@pytest.mark.parametrize(
    ("line", "at", "says"),
    [
        ("flows", "", "Whose flows?"),
        ("flows api:payments", "api:payments", "neither an address nor a workload"),
        ("flows 203.0.113.7:443", "203.0.113.7:443", "neither an address nor a workload"),
        ("flows payments//api", "payments//api", "not complete"),
        ("flows a/b/c/d/e", "a/b/c/d/e", "neither a pod nor a workload"),
        ("flows ../../etc", "../../etc", "cannot be a pod"),
        ("flows payments/api-1 since 25:00", "25:00", "not a time"),
        ("flows payments/api-1 since 14:05+99:00", "14:05+99:00", "not a time"),
        ("flows payments/api-1 since 2026-13-01", "2026-13-01", "not a time"),
        ("flows payments/api-1 since", "", "Since when?"),
        ("flows payments/api-1 until 14:00", "until", "An end without a beginning"),
        ("flows payments/api-1 last 1h until 5m", "until", "does not go with"),
        ("flows payments/api-1 port 0", "0", "not the number of a port"),
        ("flows payments/api-1 port 65536", "65536", "not the number of a port"),
        ("flows payments/api-1 port ٤٤٣", "٤٤٣", "not the number of a port"),
        ("flows payments/api-1 from hubble,", "", "Which source?"),
        ("flows payments/api-1 port 1 port 2", "port", "does not go with"),
        ("flows payments/api-1 peer staging/x/y cluster prod", "prod", "named before"),
        ("trace payments", "payments", "a trace begins at one"),
        ("trace payments/api-1 port 443", "port", "is left over"),
        ("sweep evil.example.com", "evil.example.com", "not an address"),
        ("sweep 203.0.113.7 cluster prod", "cluster", "is left over"),
    ],
)
def test_what_is_wrong_is_pointed_at_with_what_to_do(line: str, at: str, says: str) -> None:
    known = TWO if "staging" in line else ONE
    told = mistaken(line, known)
    assert says in told.text
    assert told.at == at
    assert told.remedy


def test_of_several_clusters_one_is_named_and_none_is_guessed() -> None:
    assert wish("payments/api-1 cluster staging", TWO).cluster == "staging"
    assert wish("staging/payments/api-1", TWO).cluster == "staging"
    assert wish("203.0.113.7 cluster prod", TWO).cluster == "prod"
    assert "Which cluster?" in mistaken("flows 203.0.113.7", TWO).text
    assert "is named before" in mistaken("flows prod/payments/api-1 cluster staging", TWO).text
    assert "another cluster" in mistaken("flows prod/payments/api-1 peer staging/a/b", TWO).text
    swept = parse("sweep 203.0.113.7 last 2h", TWO)
    assert isinstance(swept, Sweep)
    assert (swept.wish.cluster, swept.wish.since) == ("", Ago(7200))
    traced = parse("trace staging/payments/api-1", TWO)
    assert isinstance(traced, Trace)
    assert (traced.wish.cluster, traced.wish.since) == ("staging", Ago(3600))


WORDS = st.sampled_from(
    [
        "payments/api-1",
        "203.0.113.7",
        "payments",
        ",",
        "14:05",
        "2h",
        "443",
        "\u202e",
        "=x",
        *FILTERS,
        *KINDS,
        *SOURCES,
    ]
)


@given(st.lists(WORDS | st.text(max_size=12), max_size=9), st.sampled_from(["flows", "trace", "sweep"]))
def test_no_line_is_read_as_something_else_or_breaks_the_parser(words: list[str], verb: str) -> None:
    read = parse(f"{verb} {' '.join(words)}", ONE)
    assert isinstance(read, Flows | Trace | Sweep | Mistake)
