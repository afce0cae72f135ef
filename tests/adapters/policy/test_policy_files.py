from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.policy import PolicyError, load, parse
from bot.domain.policy import OnExpiry, lints, policy_hash

ACTIONS = ("block-address", "quarantine-pod")
EXAMPLE = Path(__file__).parents[3] / "deploy" / "policy.example.yaml"
GOOD = dedent("""\
    version: 1
    groups:
      leads:
        users: [T1:U1, T1:U2]
    reads: [leads]
    rules:
      - actions: [quarantine-pod]
        clusters: ["*"]
        request: [leads]
        approve: [leads]
        release: [leads]
        lease: {default: 4h, maximum: 1d, on_expiry: hold}
    """)


def flaws(text: str) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        parse(text, "p.yaml", ACTIONS)
    return str(caught.value).splitlines()


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


def test_a_policy_is_read_with_its_durations_in_seconds() -> None:
    policy = parse(GOOD, actions=ACTIONS)

    assert policy.rules[0].lease.default == 4 * 3600
    assert policy.rules[0].lease.on_expiry is OnExpiry.HOLD
    assert policy.rules[0].approval_expiry == 1800


def test_the_example_is_valid_and_without_warnings() -> None:
    policy = load(EXAMPLE, ACTIONS)

    assert lints(policy, ("prod-weu",)) == ()


def test_layout_and_comments_do_not_change_the_hash() -> None:
    assert policy_hash(parse("# why\n" + GOOD.replace("4h", '"4h"'))) == policy_hash(parse(GOOD))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("request:", "quorom: 2\n    request:", "p.yaml:9: rules[0].quorom: unknown key `quorom`; did you mean `quorum`?"),
        ("reads:", "caps: {activ_total: 3}\nreads:", "p.yaml:5: caps.activ_total: unknown key `activ_total`; did you mean `active_total`?"),
        ("    release: [leads]\n", "", "p.yaml:7: rules[0]: `release` is missing"),
        ("version: 1", "version: 2", "p.yaml:1: version: Invalid enum value 2"),
        ("4h", "4", "p.yaml:12: rules[0].lease.default: a duration is written with its unit, for example 30m, 4h or 1d"),
        ("4h", "1:30", "p.yaml:12: rules[0].lease.default: a duration is written with its unit, for example 30m, 4h or 1d"),
        ("4h", "2d", "p.yaml:12: rules[0].lease: the lease's default is longer than its maximum"),
        ("hold", "holds", "p.yaml:12: rules[0].lease.on_expiry: Invalid enum value 'holds'"),
        ('["*"]', '"*"', "p.yaml:8: rules[0].clusters: Expected `array`, got `str`"),
        ('["*"]', "[]", "p.yaml:8: rules[0].clusters: Expected `array` of length >= 1"),
        ('["*"]', "[on]", "p.yaml:8: rules[0].clusters[0]: Expected `str`, got `bool`"),
        ('["*"]', "[2026-01-01]", "p.yaml:8: rules[0].clusters[0]: Expected `str`, got `date`"),
        ("[quarantine-pod]", "[quarantine-pd]", "p.yaml:7: rules[0].actions[0]: there is no action `quarantine-pd`; did you mean `quarantine-pod`?"),
        ("approve: [leads]", "approve: [lead]", "p.yaml:10: rules[0].approve[0]: group `lead` is not defined; did you mean `leads`?"),
        ("T1:U2", "U2", "p.yaml:4: groups.leads.users[1]: Expected `str` matching regex"),
        ("[T1:U1, T1:U2]", "[]", "p.yaml:3: groups.leads: a group names a Slack usergroup, users, or both"),
        ("reads:", "protected: {defaults: replace}\nreads:", "p.yaml:5: protected: defaults: replace takes the built-in protection away and needs a reason"),
        ("reads:", "protected: {addresses: [10.0.0.1/8]}\nreads:", "p.yaml:5: protected: not an IP address"),
        ("reads:", 'protected: {namespaces: ["vault\\n"]}\nreads:', "p.yaml:5: protected.namespaces[0]: Expected `str` matching regex"),
        ("request:", "quorum: 0\n    request:", "p.yaml:9: rules[0].quorum: Expected `int` >= 1"),
        ("request:", "four_eyes: false\n    request:", "p.yaml:7: rules[0]: four_eyes can't be switched off"),
        ("request:", "approval_expiry: 2d\n    request:", "p.yaml:7: rules[0]: approval_expiry is at most 1d"),
    ],
)  # fmt: skip
def test_a_flaw_is_named_with_its_line_and_place(old: str, new: str, expected: str) -> None:
    (told,) = flaws(changed(old, new))

    assert told.startswith(expected)


def test_all_unknown_keys_are_told_in_one_go_and_in_order() -> None:
    told = flaws(
        changed("request: [leads]", "request: [leads]\n    ask: [leads]").replace(
            "version: 1", "version: 1\nexceptions: true"
        )
    )

    assert [line.split(":")[1] for line in told] == ["2", "11"]


def test_flaws_in_several_entries_are_told_in_one_go() -> None:
    told = flaws(changed("T1:U1", "nobody").replace("4h", "soon"))

    assert [line.split(":")[1] for line in told] == ["4", "12"]


def test_every_rules_four_eyes_may_be_written_but_only_as_true() -> None:
    assert parse(changed("request:", "four_eyes: true\n    request:")).rules[0].four_eyes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "not a policy"),
        ("- a", "not a policy"),
        ("a: [", "not YAML"),
        ("a: 1\na: 2", "p.yaml:2: `a` is written twice"),
        ("a: &x 1\nb: *x", "p.yaml:1: anchors and aliases"),
        ("a: 1\nb: *x", "p.yaml:2: anchors and aliases"),
        ("a: !!python/object/apply:os.system [x]", "p.yaml:1: tags"),
        ("a: !!int ''", "p.yaml:1: tags"),
        ("<<: {a: 1}", "p.yaml:1: a key is a word"),
        ("1: 2", "p.yaml:1: a key is a word"),
        ("? [a]\n: 1", "p.yaml:1: a key is a word"),
        ("a: 2026-99-99", "p.yaml:1: a value that can't be read"),
        ("a: " + "9" * 5000, "p.yaml:1: a value that can't be read"),
        ("a: " + "[" * 50, "nested deeper"),
        ("[" * 100_000, "nested deeper"),
        ("a: 1\n---\nb: 2", "not YAML: but found another document"),
        ("a: \x00", "characters that YAML forbids"),
        ("a: \ud800", "characters that YAML forbids"),
    ],
)
def test_yaml_that_no_policy_needs_is_refused(text: str, expected: str) -> None:
    assert expected in flaws(text)[0]


@given(st.text(max_size=60) | st.text(alphabet="a:-[]{}&*!|>'\"#%@`,? \n1", max_size=60))
def test_any_text_is_a_policy_or_a_policy_error_and_nothing_else(text: str) -> None:
    with pytest.raises(PolicyError):
        parse(text)


@given(st.sampled_from(GOOD.splitlines()), st.sampled_from(["", "  - 1", "x", "null: 1", "?", "a: {b: [c]}"]))
def test_a_damaged_line_never_ends_in_anything_but_a_policy_error(line: str, instead: str) -> None:
    damaged = GOOD.replace(line, instead, 1)

    with pytest.raises(PolicyError) as caught:
        parse(damaged, actions=ACTIONS)

    assert caught.value.flaws


def test_a_file_that_is_not_there_is_a_policy_error_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"can't be read .*name the file"):
        load(tmp_path / "none.yaml")


def test_a_file_that_is_too_large_or_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "large.yaml").write_bytes(b"#" * ((1 << 20) + 1))
    (tmp_path / "binary.yaml").write_bytes(b"version: \xff")

    with pytest.raises(PolicyError, match="larger than 1 MiB"):
        load(tmp_path / "large.yaml")
    with pytest.raises(PolicyError, match="not UTF-8"):
        load(tmp_path / "binary.yaml")
