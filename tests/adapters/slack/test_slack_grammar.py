"""Every text is a command or a mistake that points at a word; a written command reads as itself."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actions.block_address import BlockAddress
from bot.actions.quarantine_pod import QuarantinePod
from bot.adapters.slack import commands
from bot.adapters.slack.commands import Command, Propose
from bot.adapters.slack.grammar import COMMANDS, Known, Mistake, parse, told
from bot.adapters.slack.text import LONGEST
from bot.adapters.slack.writing import written

ONE = Known(("prod",))
TWO = Known(("prod", "staging"))
DIGEST = "0123456789ab"


def mistake(text: str, known: Known = ONE) -> Mistake:
    found = parse(text, known)
    assert isinstance(found, Mistake), found
    return found


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("", commands.Help()),
        ("help", commands.Help()),
        ("HELP Quarantine", commands.Help("quarantine")),
        ("status", commands.Status()),
        ("status fb-7k3q", commands.Status("FB-7K3Q")),
        ("quarantine", commands.Contain("quarantine")),
        ("contain", commands.Contain()),
        ("contain BLOCK", commands.Contain("block")),
        ("list", commands.List()),
        ("whoami", commands.Whoami()),
        (f"approve FB-7K3Q {DIGEST.upper()}", commands.Approve("FB-7K3Q", DIGEST)),
        (f"approve FB-7K3Q {DIGEST} name api-7d9f", commands.Approve("FB-7K3Q", DIGEST, "api-7d9f")),
        ("deny FB-7K3Q because it is  ours", commands.Deny("FB-7K3Q", "", "it is  ours")),
        (f"deny FB-7K3Q {DIGEST} because no", commands.Deny("FB-7K3Q", DIGEST, "no")),
        ("extend fb-oil0 1h30m", commands.Extend("FB-0110", 5400)),
        ("rollback FB-7K3Q", commands.Rollback("FB-7K3Q")),
        ("rollback FB-7K3Q because done", commands.Rollback("FB-7K3Q", "done")),
        ("adopt FB-7K3Q", commands.Adopt("FB-7K3Q")),
        ("reapply FB-7K3Q", commands.Reapply("FB-7K3Q")),
        ("recheck FB-7K3Q", commands.Recheck("FB-7K3Q")),
        (
            "quarantine payments/api-7d9f for 4h because beaconing to <http://203.0.113.7|203.0.113.7>",
            Propose(QuarantinePod("prod", "payments", ("api-7d9f",)), 14400, "beaconing to 203.0.113.7"),
        ),
        (
            "plan quarantine prod/payments/a, b ,payments/c",
            Propose(QuarantinePod("prod", "payments", ("a", "b", "c")), preview=True),
        ),
        (
            "Block “203.0.113.7” scope ESTATE for 1d",
            Propose(BlockAddress("prod", ("203.0.113.7",), "estate"), 86400),
        ),
        (
            "block cluster prod 203.0.113.0/24,198.51.100.1\u2013198.51.100.9 because for 4h",
            Propose(BlockAddress("prod", ("203.0.113.0/24", "198.51.100.1-198.51.100.9")), reason="for 4h"),
        ),
    ],
)
def test_a_command_is_understood_however_slack_and_keyboards_spell_it(text: str, command: Command) -> None:
    assert parse(text, ONE) == command


@pytest.mark.parametrize(
    ("text", "at", "nearest", "words"),
    [
        ("qurantine payments/api", "qurantine", "quarantine", "no command"),
        ("plan blok 203.0.113.7", "blok", "block", "no action"),
        ("plan", "", "", "Which action"),
        ("block 203.0.113.7 cluster prdo", "prdo", "prod", "no cluster"),
        ("quarantine prdo/payments/api", "prdo/payments/api", "prod", "no cluster"),
        ("block 203.0.113.7 for 4 hours", "4", "4h", "not a duration"),
        ("block 203.0.113.7 for", "", "", "how long"),
        ("block 203.0.113.7 for 91d", "91d", "", "more than 90d"),
        ("block 203.0.113.7 for 0h", "0h", "", "no time"),
        ("block 203.0.113.7 fro 4h", "fro", "for", "left over"),
        ("block 203.0.113.7 for 4h for 5h", "for", "", "twice"),
        ("block 203.0.113.7 scope world", "world", "", "no scope"),
        ("block 203.0.113.7 scope", "", "", "missing after scope"),
        ("block 203.0.113.7 because", "because", "", "reason is missing"),
        ("block for 4h", "", "", "Something is missing"),
        ("contain blok", "blok", "block", "no action"),
        (f"approve FB-7K3Q {DIGEST} name", "name", "", "name is missing"),
        ("block 203.0.113.7,", "", "", "missing beside this comma"),
        ("block 203.0.113.7,,198.51.100.1", ",", "", "missing beside this comma"),
        ("block 203.0.113.5/24", "203.0.113.5/24", "", "host bits"),
        ("block ::1", "::1", "", "IPv6"),
        ("block 203.0.113.7,nonsense", "nonsense", "", "not an IPv4 address"),
        ("quarantine api", "api", "", "no namespace"),
        ("quarantine payments/", "payments/", "", "not a pod"),
        ("quarantine a/b/c/d", "a/b/c/d", "", "not a pod"),
        ("quarantine payments/a,other/b", "other/b", "", "one namespace"),
        ("quarantine payments/a,API", "API", "", "not a pod's name"),
        ("quarantine payments/a,a", "payments/a", "", "named twice"),
        ("approve", "", "", "Which request"),
        ("approve 7K3Q", "7K3Q", "", "not the id"),
        ("approve FB-UUUU", "FB-UUUU", "", "not the id"),
        ("approve FB-7K3Q", "", "", "digest is missing"),
        ("approve FB-7K3Q 0123", "0123", "", "not the digest"),
        ("deny FB-7K3Q", "", "", "reason is missing"),
        ("deny FB-7K3Q becuse no", "becuse", "because", "Expected because"),
        ("deny FB-7K3Q 0123 because no", "0123", "", "not the digest"),
        (f"deny FB-7K3Q {DIGEST} becuse no", "becuse", "because", "Expected because"),
        ("extend FB-7K3Q", "", "", "How much longer"),
        ("extend FB-7K3Q soon", "soon", "", "not a duration"),
        ("whoami now", "now", "", "left over"),
        ("help qarantine", "qarantine", "quarantine", "no help"),
    ],
)
def test_a_mistake_points_at_the_word_and_offers_the_nearest(
    text: str, at: str, nearest: str, words: str
) -> None:
    found = mistake(text)

    assert found.at == at
    assert words in found.text
    assert (found.nearest or ("",))[0] == nearest
    assert text[found.position :].startswith(at)


def test_one_target_too_many_is_refused_in_words() -> None:
    pods = ",".join(f"p{n}" for n in range(21))

    assert "1 to 20 pods, not 21" in mistake(f"quarantine payments/{pods}").text


def test_with_several_clusters_none_is_guessed_and_all_are_named() -> None:
    for text in ("quarantine payments/api", "block 203.0.113.7"):
        found = mistake(text, TWO)
        assert "prod, staging" in found.text
    assert "staging/payments/api" not in told(mistake("quarantine payments/api", TWO))
    assert "prod/payments/api" in mistake("quarantine payments/api", TWO).remedy
    assert "cluster prod" in mistake("block 203.0.113.7", TWO).remedy
    assert parse("block 203.0.113.7 cluster staging", TWO) == Propose(
        BlockAddress("staging", ("203.0.113.7",))
    )


def test_without_any_cluster_nothing_can_be_asked() -> None:
    assert "No cluster is configured" in mistake("block 203.0.113.7", Known()).text


def test_a_text_that_is_too_long_is_refused_and_never_cut() -> None:
    addresses = ",".join(["203.0.113.17"] * 400)

    assert str(LONGEST) in mistake(f"block {addresses}").text


ONE_ROW = 34  # characters of a fixed-width font on a phone


def test_the_caret_stands_under_the_word() -> None:
    _, line, carets, *rest = told(mistake("block 203.0.113.7 cluster prdo")).split("\n")

    assert line[carets.index("^") : carets.rindex("^") + 1] == "prdo"
    assert rest == ["Did you mean: prod?", "Clusters: prod"]


def test_the_caret_stands_under_the_word_in_a_long_line_too() -> None:
    many = ",".join(f"203.0.113.{n}" for n in range(20))
    _, whole, line, carets, *_ = told(mistake(f"block {many} cluster prdo")).split("\n")

    assert line[carets.index("^") : carets.rindex("^") + 1] == "prdo"
    assert len(line) <= ONE_ROW
    assert len(carets) <= ONE_ROW
    assert whole.startswith("block 203.0.113.0,203.0.113.1")


def test_the_carets_stay_within_the_row_of_a_phone_under_the_longest_word() -> None:
    _, _, line, carets, *_ = told(mistake(f"{'x' * 300} prod")).split("\n")

    assert len(line) <= ONE_ROW
    assert len(carets) <= ONE_ROW
    assert line[carets.index("^")] == "x"


vocabulary = st.sampled_from(
    (
        *COMMANDS,
        "block",
        "quarantine",
        "for",
        "because",
        "cluster",
        "scope",
        "estate",
        "prod",
        "4h",
        ",",
        "payments/api",
        "203.0.113.7",
        "FB-7K3Q",
        DIGEST,
        '"',
        "'",
        "<http://x|y>",
        "“",
        "\u202e",
        "/",
        "a,b",
    )
)
sentences = st.one_of(
    st.text(max_size=200),
    st.lists(st.one_of(vocabulary, st.text(max_size=8)), max_size=12).map(" ".join),
    st.lists(vocabulary, max_size=12).map("".join),
)


@given(sentences, st.sampled_from((ONE, TWO, Known())))
def test_any_text_is_a_command_or_a_mistake_with_words(text: str, known: Known) -> None:
    found = parse(text, known)

    if isinstance(found, Mistake):
        assert found.text
        assert found.line[found.position :].startswith(found.at)
        assert told(found).strip()
    else:
        assert isinstance(found, Command)


labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
reasons = st.sampled_from(("", "beaconing", 'it\'s "bad", because for 4h', "a  b, c", "scope estate"))
leases = st.none() | st.integers(1, 90 * 86400)
ids = st.from_regex(r"FB-[0-9A-HJKMNP-TV-Z]{5}", fullmatch=True)
digests = st.from_regex(r"[0-9a-f]{12,64}", fullmatch=True)


def quarantine(place: tuple[str, list[str]]) -> QuarantinePod:
    return QuarantinePod("prod", place[0], tuple(place[1]))


quarantines = st.tuples(labels, st.lists(labels, min_size=1, max_size=20, unique=True)).map(quarantine)
blocks = st.builds(
    lambda hosts, scope: BlockAddress("prod", tuple(f"203.0.113.{h}" for h in hosts), scope),
    st.lists(st.integers(0, 255), min_size=1, max_size=20, unique=True),
    st.sampled_from(("cluster", "estate")),
)
asked: st.SearchStrategy[Any] = st.one_of(
    st.builds(Propose, st.one_of(quarantines, blocks), leases, reasons, st.booleans()),
    st.builds(commands.Status, st.one_of(st.just(""), ids)),
    st.builds(commands.Approve, ids, digests, st.sampled_from(("", "api-7d9f", "203.0.113.0/24"))),
    st.builds(commands.Contain, st.sampled_from(("", "block", "quarantine"))),
    st.builds(commands.Deny, ids, st.one_of(st.just(""), digests), reasons.filter(bool)),
    st.builds(commands.Extend, ids, leases.filter(bool)),
    st.builds(commands.Rollback, ids, reasons),
    st.builds(commands.Adopt, ids),
    st.builds(commands.Reapply, ids),
    st.builds(commands.Help, st.sampled_from(("", "block", "status"))),
    st.sampled_from((commands.List(), commands.Whoami())),
)


@given(asked)
def test_a_command_that_is_written_is_read_as_itself(command: Command) -> None:
    assert parse(written(command), TWO) == command
