"""What can be clicked follows the state, and each button names exactly one plan."""

from datetime import timedelta

import pytest

from bot.adapters.slack.card import paint
from bot.adapters.slack.card.painted import Block
from bot.domain.findings import Verdict
from bot.domain.refs import POD, KubeRef
from bot.domain.requests import Difference, Release
from bot.domain.states import FINAL, PartState
from bot.engine.reading import Shown
from tests.adapters.slack.staging import ALICE, APPROVERS, DIGEST, NOW, plan_of, shown

S = PartState
DRIFT = (Difference(KubeRef("prod", POD, "payments", "api-7d9f"), "labels[x]", "ours", None),)


def row(one: Shown) -> Block:
    (found,) = (block for block in paint(one, APPROVERS).blocks if block["type"] == "actions")
    return found


def actions(one: Shown) -> list[str]:
    return [button["action_id"] for button in row(one)["elements"]]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (S.PROPOSED, ["ir_approve", "ir_deny", "ir_details"]),
        (S.APPROVED, ["ir_rollback", "ir_details"]),
        (S.EXECUTING, ["ir_rollback", "ir_details"]),
        (S.ACCEPTED, ["ir_rollback", "ir_extend", "ir_details"]),
        (S.APPLIED, ["ir_rollback", "ir_extend", "ir_recheck", "ir_details"]),
        (S.NEEDS_HUMAN, ["ir_rollback", "ir_extend", "ir_recheck", "ir_details"]),
        *((state, ["ir_details"]) for state in sorted(FINAL)),
    ],
)
def test_a_state_offers_only_what_it_allows(state: PartState, expected: list[str]) -> None:
    assert actions(shown(state, lease_until=NOW + timedelta(hours=1))) == expected


def test_a_containment_that_is_being_rolled_back_offers_details_only() -> None:
    going = Release(ALICE, NOW)

    assert actions(shown(S.ROLLING_BACK, lease_until=NOW, release=going)) == ["ir_details"]


def test_every_button_names_the_request_and_exactly_the_plan_shown() -> None:
    assert {b["value"] for b in row(shown(revision=3))["elements"]} == {f"FB-7K3Q:3:{DIGEST[:12]}"}


def test_approving_asks_nothing_more_where_the_plan_is_safe_and_says_so_where_it_is_not() -> None:
    safe = row(shown())["elements"][0]
    grave = row(shown(plan=plan_of(reversible=False)))["elements"][0]

    assert "confirm" not in safe
    assert (safe["text"]["text"], grave["text"]["text"]) == ("Approve", "Approve…")


def test_drift_offers_both_choices() -> None:
    one = shown(S.APPLIED, row={"drift": DRIFT}, lease_until=NOW)

    assert actions(one) == ["ir_rollback", "ir_extend", "ir_reapply", "ir_adopt", "ir_recheck", "ir_details"]


def test_an_object_that_is_not_applied_is_not_written_again() -> None:
    one = shown(S.NEEDS_HUMAN, row={"drift": DRIFT})

    assert actions(one) == ["ir_rollback", "ir_adopt", "ir_recheck", "ir_details"]


def test_where_nothing_more_is_to_be_proved_no_other_look_is_offered() -> None:
    assert "ir_recheck" not in actions(shown(S.APPLIED, row={"verdict": Verdict.CONTAINED}))
    assert "ir_recheck" in actions(shown(S.APPLIED, row={"verdict": Verdict.PARTIAL}))
