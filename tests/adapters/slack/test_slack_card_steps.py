"""The card of several actions: each step is there, whatever else there is, and Slack takes it."""

from bot.actions.block_address import BlockAddress
from bot.actions.contain import Single
from bot.actions.quarantine_pod import QuarantinePod
from bot.adapters.slack.card import WHOLE, paint, paint_preview
from bot.adapters.slack.card.kit import compact
from bot.domain.composing import MOST_STEPS
from bot.domain.states import PartState
from bot.sandbox.slack.answers import texts
from bot.sandbox.slack.blockkit import message_problems
from tests.adapters.slack.composed import STORY, cancelled, failed, of_pods, together
from tests.adapters.slack.staging import LONG_NAME, shown


def words(blocks: object) -> str:
    assert isinstance(blocks, tuple)
    return "\n".join(texts(list(blocks)))


def test_each_step_is_one_line_with_its_own_forecast_and_time() -> None:
    told = words(paint(shown(plan=together(STORY))).blocks)

    assert "3 steps\n: one approval, one lease, one way back" in told
    assert "2. \nCut shop/cart-5c6d, shop/cart-9x2k in prod off the network" in told
    assert " · forecast FULL\n · accepted within seconds, in effect within 5 s" in told
    assert "3. \nDeny 203.0.113.7 at the firewall, for cluster prod alone\n · forecast UNKNOWN" in told
    assert "When the lease ends all of it stays, blocks too, until a person decides." in told
    assert "By \n" not in told, "the means of one step are not those of all"


def test_a_step_that_failed_says_so_beside_those_that_stand() -> None:
    told = words(paint(failed()).blocks)

    assert "❗ \nAPPLIED\n (3 of 4 parts, 1 FAILED)" in told
    assert "verdict of what stands \nCONTAINED" in told
    assert "3. \n❌ \nFAILED: \nDeny 203.0.113.7" in told
    assert "ScopeLocked" in told
    assert "1. \n📌 \nAPPLIED: \nCut payments/api-7d9f" in told


def test_a_step_that_was_cancelled_says_so_beside_those_that_stand() -> None:
    told = words(paint(cancelled()).blocks)

    assert "❗ \nAPPLIED\n (3 of 4 parts, 1 CANCELLED)" in told
    assert "verdict of what stands \nCONTAINED" in told
    assert "3. \n🚫 \nCANCELLED: \nDeny 203.0.113.7" in told


def test_what_is_over_needs_no_steps() -> None:
    assert "one way back" not in words(paint(shown(PartState.ROLLED_BACK, together(STORY))).blocks)


EIGHTEEN = tuple(f"checkout-api-7d9f6b5c4d-{letter * 5}" for letter in "abcdefghijklmnopqr")


def test_a_card_of_several_actions_names_as_many_targets_as_that_of_one_and_says_where_the_others_are() -> (
    None
):
    alone = words(paint(shown(plan=of_pods("payments", *EIGHTEEN))).blocks)
    pods: tuple[Single, ...] = (QuarantinePod("prod", "payments", EIGHTEEN),)
    plan = together((*pods, BlockAddress("prod", ("203.0.113.7",))))
    for painted, where in (
        (paint(shown(plan=plan)), "Details"),
        (paint_preview(shown(plan=plan).request), "Details once it is asked for"),
    ):
        told = words(painted.blocks)
        named = [name for name in EIGHTEEN if name in told]
        assert len(named) >= len([name for name in EIGHTEEN if name in alone]) > 15
        assert len(named) == len(EIGHTEEN) or f" · 18 pods, all in {where}" in told


def test_a_step_that_is_cut_says_how_many_targets_it_has() -> None:
    names = tuple(f"{name}-{'x' * 100}" for name in EIGHTEEN)
    plan = together((QuarantinePod("prod", "payments", names), BlockAddress("prod", ("203.0.113.7",))))
    told = words(paint(shown(plan=plan)).blocks)

    assert names[-1] not in told
    assert " · 18 pods, all in Details" in told
    assert "1 addresses" not in told


def test_the_fullest_card_still_names_every_step() -> None:
    spaces: tuple[Single, ...] = tuple(
        QuarantinePod("prod", f"{'n' * 60}-{n}", (f"{LONG_NAME[:200]}-{n}a", f"{LONG_NAME[:200]}-{n}b"))
        for n in range(MOST_STEPS - 1)
    )
    plan = together((*spaces, BlockAddress("prod", ("203.0.113.7", "203.0.113.9"))))
    for painted in (paint(shown(plan=plan)), paint_preview(shown(plan=plan).request)):
        told = words(painted.blocks)
        assert not message_problems(list(painted.blocks)), message_problems(list(painted.blocks))
        assert len(compact(painted.blocks).encode()) <= WHOLE
        assert all(f"\n{n}. \n" in told for n in range(1, MOST_STEPS + 1))
