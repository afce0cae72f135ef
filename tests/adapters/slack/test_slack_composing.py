"""Several actions typed in one line, or filled into one form, and written again so that they parse to the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actions.block_address import BlockAddress
from bot.actions.contain import Contain, Single, one_request
from bot.actions.quarantine_pod import QuarantinePod
from bot.actions.quarantine_workload import QuarantineWorkload
from bot.adapters.slack.commands import Contain as Form
from bot.adapters.slack.commands import Help, Propose
from bot.adapters.slack.form import ids
from bot.adapters.slack.form.drawing import ask_form
from bot.adapters.slack.form.spelling import Spelt, Values, spelt, values_of
from bot.adapters.slack.grammar import Known, parse
from bot.adapters.slack.help import help_text
from bot.adapters.slack.mistakes import Mistake
from bot.adapters.slack.writing import written
from bot.domain.actions import Action
from bot.domain.requests import Mode
from bot.domain.spelling import spelled
from bot.sandbox.slack.blockkit import view_problems

ONE = Known(("prod",))
TWO = Known(("prod", "dev"))
A = QuarantinePod("prod", "payments", ("a", "b"))
B = QuarantinePod("prod", "shop", ("c",), using="detach")
WEB = QuarantineWorkload("prod", "web", ("front",))
NEAR = BlockAddress("prod", ("203.0.113.7", "203.0.113.9"))
WIDE = BlockAddress("prod", ("198.51.100.0/24",), "estate")


def action(text: str, known: Known = ONE) -> Action:
    found = parse(text, known)
    assert isinstance(found, Propose), found
    return found.action


def mistake(text: str, known: Known = ONE) -> Mistake:
    found = parse(text, known)
    assert isinstance(found, Mistake), found
    return found


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("contain prod/payments/a,b 203.0.113.7,203.0.113.9", (A, NEAR)),
        ("contain payments/a payments/b 203.0.113.7 203.0.113.9", (A, NEAR)),
        ("contain payments/a 203.0.113.7 payments/b 203.0.113.9", (A, NEAR)),
        ("contain payments/a, b deployment:web/front shop/c --detach", (A, WEB, B)),
        ("contain payments/a,b shop/c using detach 198.51.100.0/24 scope estate", (A, B, WIDE)),
        ("contain 203.0.113.7,203.0.113.9 198.51.100.0/24 scope estate", (NEAR, WIDE)),
        ("CONTAIN Deployment:prod/web/front payments/a,b", (WEB, A)),
    ],
)
def test_each_target_is_told_by_its_form_and_keywords_belong_to_what_stands_before(
    text: str, steps: tuple[Single, ...]
) -> None:
    assert action(text) == Contain("prod", steps)


def test_what_is_meant_for_all_stands_anywhere() -> None:
    found = parse("plan contain payments/a,b for 2h 203.0.113.7,203.0.113.9 break-glass because x for y", ONE)

    assert found == Propose(Contain("prod", (A, NEAR)), 7200, "x for y", preview=True, mode=Mode.BREAK_GLASS)
    replayed = parse("plan contain payments/a,b replay 24h 203.0.113.7,203.0.113.9", ONE)
    assert isinstance(replayed, Propose)
    assert replayed.replay == 86400


def test_a_single_target_is_the_plain_action() -> None:
    assert action("contain payments/a,b") == A
    assert action("contain 203.0.113.7 203.0.113.9") == NEAR


def test_a_cluster_named_once_is_that_of_all_and_none_is_guessed() -> None:
    both = Contain("prod", (A, NEAR))

    assert action("contain prod/payments/a,b 203.0.113.7,203.0.113.9", TWO) == both
    assert action("contain payments/a,b 203.0.113.7,203.0.113.9 cluster prod", TWO) == both
    assert "Which cluster?" in mistake("contain payments/a,b 203.0.113.7", TWO).text
    assert "in one cluster" in mistake("contain prod/payments/a dev/payments/b", TWO).text
    assert "in one cluster" in mistake("contain prod/payments/a 203.0.113.7 cluster dev", TWO).text


@pytest.mark.parametrize("text", ["contain", "contain quarantine", "contain block", "contain contain"])
def test_alone_or_with_the_word_of_an_action_it_opens_a_form(text: str) -> None:
    assert parse(text, ONE) == Form(text.removeprefix("contain").strip())
    assert parse("help contain", ONE) == Help("contain")
    assert "/ir contain [action]" in help_text("contain")
    assert "/ir contain <pods" in help_text("contain")


@pytest.mark.parametrize(
    ("text", "at", "words"),
    [
        ("contain payments/a scope estate 203.0.113.7", "scope", "does not belong here"),
        ("contain using detach payments/a 203.0.113.7", "using", "does not belong here"),
        ("contain payments/a 203.0.113.7 using detach", "using", "behind what stands before it: scope"),
        ("contain payments/a using detach using cilium 203.0.113.7", "using", "twice"),
        ("contain payments/a for 2h for 3h 203.0.113.7", "for", "twice"),
        ("contain payments/a 203.0.113.7 198.51.100.7/24", "198.51.100.7/24", "host bits"),
        ("contain payments/a 2001:db8::1", "2001:db8::1", "IPv6"),
        ("contain payments/a statefulset:web/x", "statefulset:web/x", "not"),
        ("contain payments/a, 203.0.113.7,", "", "missing beside this comma"),
        ("contain payments/a payments/b using detach", "payments/b", "in one place"),
        ("contain cluster prod", "", "Something is missing"),
        ("contain blok", "blok", "no action"),
        (
            f"plan contain payments/{','.join(f'p{n}' for n in range(20))} shop/c",
            "payments/p0",
            "20 targets in all, not 21",
        ),
    ],
)
def test_a_mistake_points_at_the_word(text: str, at: str, words: str) -> None:
    found = mistake(text)

    assert found.at == at
    assert words in found.text


@pytest.mark.parametrize("text", ["contain payments/API 203.0.113.7", "contain payments/a, 203.0.113.7,"])
def test_a_mistake_in_a_part_names_the_help_of_what_was_typed(text: str) -> None:
    assert mistake(text).remedy == "How it is written: /ir help contain"


# -- written again -----------------------------------------------------------------------------------------------

NAMES = st.sampled_from(["a", "b-1", "web.x", "10-0"])
WAYS = st.sampled_from(["auto", "detach", "cilium"])
PODS = st.builds(
    QuarantinePod,
    st.just("prod"),
    st.sampled_from(["payments", "shop", "deployment"]),
    st.lists(NAMES, min_size=1, max_size=3, unique=True).map(tuple),
    WAYS,
    st.sampled_from(["cut", "keep"]),
    st.sampled_from([(), ("dns",), ("dns", "198.51.100.0/24")]),
)
DEPLOYMENTS = st.builds(QuarantineWorkload, st.just("prod"), st.just("web"), NAMES.map(lambda name: (name,)))
BLOCKS = st.sampled_from([NEAR, WIDE, BlockAddress("prod", ("203.0.113.64-203.0.113.99",))])


@st.composite
def composites(draw: st.DrawFn) -> Action:
    pods = draw(st.lists(PODS, max_size=3, unique_by=lambda step: step.namespace))
    works = draw(st.lists(DEPLOYMENTS, max_size=2, unique=True))
    blocks = draw(st.lists(BLOCKS, max_size=2, unique_by=lambda step: step.scope))
    every: list[Single] = [*pods, *works, *blocks]
    return one_request(tuple(draw(st.permutations(every).filter(bool))))


@given(composites(), st.sampled_from([ONE, TWO]), st.sampled_from([None, 7200]))
def test_whatever_is_asked_is_written_so_that_it_parses_to_the_same(
    asked: Action, known: Known, lease: int | None
) -> None:
    whole = Propose(asked, lease, "it beacons, using 203.0.113.7")

    assert parse(written(whole), known) == whole
    assert action(spelled(asked), known) == asked


@given(composites().filter(lambda asked: isinstance(asked, Contain)), st.sampled_from([ONE, TWO]))
def test_a_form_filled_with_it_asks_for_the_same(asked: Action, known: Known) -> None:
    assert isinstance(asked, Contain)
    found = spelt("contain", values_of(Propose(asked), ""), known)

    assert isinstance(found, Spelt), found
    assert isinstance(found.asked.action, Contain)
    assert set(found.asked.action.steps) == set(asked.steps)


# -- the form ------------------------------------------------------------------------------------------------------


def filled(**values: tuple[str, ...]) -> Spelt | dict[str, str]:
    fields: Values = {
        ids.chosen("steps"): values.get("chosen", ()),
        ids.typed("steps"): values.get("typed", ()),
    }
    return spelt("contain", fields, ONE)


def test_pods_of_several_namespaces_are_chosen_in_any_order() -> None:
    found = filled(
        chosen=("prod/payments/a", "prod/shop/c", "prod/payments/b"), typed=("203.0.113.7\n203.0.113.9",)
    )

    assert isinstance(found, Spelt)
    assert found.asked.action == Contain("prod", (A, QuarantinePod("prod", "shop", ("c",)), NEAR))


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("using detach", "nothing before it"),
        ("203.0.113.7 for 2h", "its own field"),
        ("203.0.113.7 because x", "its own field"),
        ("203.0.113.7 solo", "Leave it out"),
        ("203.0.113.7 cluster dev", "its own field"),
        ('"203.0.113.7"', "quotes"),
        ("203.0.113.7 blok", "no namespace"),
    ],
)
def test_what_is_typed_into_it_stays_in_its_place(typed: str, words: str) -> None:
    found = filled(chosen=("prod/payments/a",), typed=(typed,))

    assert isinstance(found, dict)
    assert list(found) == [ids.typed("steps")]
    assert words in found[ids.typed("steps")]


def test_an_empty_form_says_what_is_missing() -> None:
    found = filled()

    assert isinstance(found, dict)
    assert list(found) == [ids.chosen("steps")]


@pytest.mark.parametrize("clusters", [1, 2])
def test_slack_takes_the_form_however_much_it_is_filled_with(clusters: int) -> None:
    pods = tuple(f"{'x' * 60}-{n}" for n in range(15))
    big = Contain("prod", (QuarantinePod("prod", "payments", pods), B, WEB, NEAR, WIDE))
    view = ask_form("contain", values_of(Propose(big, 7200, "because"), "2h"), clusters)

    assert not view_problems(view), view_problems(view)
