"""A card says what stands in its rows, whatever the state."""

import json
from datetime import timedelta
from typing import Any

import msgspec

from bot.adapters.slack.card import deny_modal, details, paint, paint_preview
from bot.adapters.slack.card.kit import unfolded
from bot.adapters.slack.card.plan import target
from bot.domain.findings import BlastRadius, Finding, Forecast, Verdict
from bot.domain.lanes import Operation
from bot.domain.refs import POD, KubeRef
from bot.domain.requests import Decision, Difference, Evidence, Moment, Vote
from bot.domain.states import PartState
from bot.engine.reading import Shown
from bot.sandbox.slack.blockkit import message_problems
from tests.actions.cluster import cluster, quarantine
from tests.actions.staged import planned
from tests.adapters.slack.staging import (
    APPROVERS,
    BOB,
    DIGEST,
    GROUP,
    LONG_NAME,
    NOW,
    address_part,
    plan_of,
    pod_part,
    shown,
)

S = PartState


def words(blocks: Any) -> str:
    """Return everything that a reader sees."""
    if isinstance(blocks, dict):
        own = blocks.get("text") if isinstance(blocks.get("text"), str) else ""
        return str(own or "") + "".join(words(v) for v in blocks.values() if isinstance(v, dict | list))
    return "\n".join(words(one) for one in blocks) if isinstance(blocks, list | tuple) else ""


def card(one: Shown) -> str:
    return words(paint(one, APPROVERS).blocks)


def test_the_first_line_says_what_happens_to_what_and_for_how_long() -> None:
    first = paint(shown(), APPROVERS).blocks[0]

    assert first["type"] == "header"
    assert first["text"]["text"] == (
        "Cut payments/api-7d9f in prod off the network, and no other pod · for 4h"
    )


def test_a_long_first_line_is_cut_in_its_middle_keeps_the_lease_and_is_whole_below() -> None:
    plan = plan_of(summary="Cut payments/" + LONG_NAME + "-xk2 off the network")
    first, *_, folded, _ = paint(shown(plan=plan)).blocks

    assert first["text"]["text"].endswith("-xk2 off the network · for 4h")
    assert "…" in first["text"]["text"]
    assert plan.summary in words(folded["child_blocks"])


def test_what_nobody_must_miss_stands_right_below_the_first_line() -> None:
    hit = BlastRadius(pods=1, last_ready_replica=True)
    plan = plan_of(reversible=False, blast_radius=hit, forecast=Forecast.NOT_ENFORCED)
    second = words(paint(shown(plan=plan)).blocks[1])

    for said in ("There is no way back", "LAST Ready replica", "Nothing here will enforce it"):
        assert said in second


def test_a_verdict_leads_and_no_two_look_alike() -> None:
    signs = {words(paint(shown(S.APPLIED, row={"verdict": v})).blocks[1]).strip()[0] for v in Verdict}

    assert len(signs) == len(Verdict)


def test_what_is_over_names_no_lease_any_more() -> None:
    assert "for 4h" not in words(paint(shown(S.DENIED)).blocks[0])


def test_what_it_wont_stop_comes_before_what_it_does() -> None:
    text = card(shown(plan=plan_of(forecast=Forecast.PARTIAL)))

    assert text.index("STAYS OPEN") < text.index("Target") < text.index("Exactly these changes")
    assert "PARTIAL: some traffic stays open" in text.replace("\n", "")
    assert "payments/allow keeps port 443 open" in text


def test_the_decision_stands_right_below_what_it_wont_stop_and_the_rest_is_one_click_away() -> None:
    blocks = paint(shown(), APPROVERS).blocks
    kinds = [block["type"] for block in blocks]

    assert kinds == [
        "header",
        "rich_text",
        "rich_text",
        "rich_text",
        "section",
        "section",
        "actions",
        "container",
        "context",
    ]
    assert blocks[7]["default_collapsed"] is True
    assert "Exactly these changes" not in words(blocks[:7])


def test_only_the_first_of_many_openings_stand_at_the_top_and_all_of_them_below() -> None:
    many = tuple(Finding("kept-open", f"p{n}", f"payments/allow-{n} keeps port {n} open") for n in range(9))
    blocks = paint(shown(plan=plan_of(residual=many))).blocks
    top, below = words(blocks[:7]), words(blocks[7])

    assert "6 more: the whole plan, below" in top
    assert all(f"keeps port {n} open" in below for n in range(9))


def test_a_finished_card_is_calm() -> None:
    blocks = paint(shown(S.ROLLED_BACK)).blocks

    assert [b["type"] for b in blocks] == [
        "header",
        "rich_text",
        "context",
        "actions",
        "container",
        "context",
    ]
    assert "NOT KNOWN WHETHER" not in words(blocks)


def test_of_several_parts_each_says_where_it_stands() -> None:
    text = card(shown(S.APPLIED, plan=plan_of(pod_part(), pod_part("api-2", 1)))).replace("\n", "")

    assert "Where each stands" in text
    assert "prod/payments/api-2 📌 APPLIED" in text


def test_the_state_says_when_it_was_reached_and_how_long_after_the_approval() -> None:
    one = shown(S.APPLIED, approved_at=NOW - timedelta(seconds=3.1))
    second = json.dumps(paint(one).blocks[1], ensure_ascii=False)

    assert "APPLIED" in second
    assert "2026-03-04 02:14:09 UTC" in second
    assert ", 3.1 s after approval" in second


def test_a_slack_that_knows_no_containers_gets_the_same_card_flat() -> None:
    folded = paint(shown(), APPROVERS).blocks
    flat = unfolded(folded)

    assert "container" not in {block["type"] for block in flat}
    assert message_problems(list(flat)) == ()
    assert words(folded[7]["child_blocks"]) in words(flat)


def test_a_target_names_its_uid_once() -> None:
    (part,) = planned(quarantine(), cluster()).parts

    said = "".join(str(run) for run in target(part.target))
    assert said.count("uid-api-1") == 1
    assert said.upper().count("UID ") == 1


def test_an_approver_sees_everything_to_judge_by() -> None:
    text = card(shown())

    for said in (
        "prod/payments/api-7d9f",
        "UID uid-0",
        "owner ReplicaSet api-7d",
        "node aks-1",
        "image registry/api@sha256:1",
        "Create NetworkPolicy payments/firebreak-fb-7k3q-0",
        "autoscalers will not evict payments/api-7d9f",
        "Services that still send to it: payments/api",
        "Ready replicas left beside it: 2",
        "its service account token stays valid",
        "nodes: forbidden",
        "<@U0ALICE>",
        "beaconing to 203.0.113.7",
        "<!subteam^S0ONCALL> <@U0BOB>",
        "2 more of security",
        "the last Ready replica of its workload",
        DIGEST[:12],
        "FB-7K3Q",
    ):
        assert said in text.replace("\u200b", ""), said


def test_the_lease_says_what_its_end_does() -> None:
    text = card(shown())

    assert "4h from the first accepted write" in text
    assert "no timer releases it" in text
    assert "<!date^" in text
    assert " UTC>" in text


def test_the_commands_that_do_and_undo_by_hand_are_whole() -> None:
    commands = pod_part().commands
    text = card(shown())

    assert "\n".join(commands.do) in text
    assert "\n".join(commands.undo) in text


def test_commands_that_do_not_fit_are_left_out_whole_and_are_in_details() -> None:
    parts = tuple(pod_part(f"api-{n:02}" + "x" * 200, n) for n in range(20))
    one = shown(plan=plan_of(*parts))
    text = card(one)

    whole = [p for p in parts if all(c in text for c in (*p.commands.do, *p.commands.undo))]
    begun = [p for p in parts if any(c in text for c in (*p.commands.do, *p.commands.undo))]
    assert whole == begun
    assert "Details" in text
    behind = words(details(one)["blocks"])
    assert all(c in behind for p in parts for c in (*p.commands.do, *p.commands.undo))


def test_what_is_left_out_is_counted() -> None:
    parts = tuple(pod_part(f"api-{n:02}" + "x" * 230, n) for n in range(20))
    text = card(shown(plan=plan_of(*parts)))

    assert "20 targets" in text
    assert " more: Details" in text


def test_applied_is_told_with_its_time_since_approval_and_is_never_called_contained() -> None:
    one = shown(
        S.APPLIED,
        approved_at=NOW - timedelta(seconds=3.1),
        lease_until=NOW + timedelta(hours=4),
        row={
            "verdict": Verdict.INCONCLUSIVE,
            "evidence": (Evidence("L0", "read back exactly as written", NOW),),
            "moments": (Moment(S.ACCEPTED, NOW - timedelta(seconds=1)), Moment(S.APPLIED, NOW)),
        },
    )
    text = card(one)

    assert ", 3.1 s after approval" in text
    assert "2026-03-04 02:14:09 UTC" in json.dumps(paint(one).blocks)
    assert "read back exactly as written" in text
    assert "INCONCLUSIVE" in text
    assert "contained" not in text.lower().replace("uncontained", "")
    assert "contained" not in paint(one).text.lower()


def test_contained_is_said_where_the_evidence_says_so() -> None:
    text = card(shown(S.APPLIED, row={"verdict": Verdict.CONTAINED}))

    assert "CONTAINED" in text
    assert "the traffic has stopped" in text


def test_a_slow_operation_shows_how_long_it_runs() -> None:
    started = NOW - timedelta(seconds=130)
    operation = Operation(GROUP, (), "FB-7K3Q", started, (), token="t")
    one = shown(S.EXECUTING, plan=plan_of(address_part()), operation=operation)

    assert "2 min 10 s so far; 3 to 5 minutes typically" in card(one).replace("\n", "")


def test_drift_shows_both_sides_and_both_choices() -> None:
    ref = KubeRef("prod", POD, "payments", "api-7d9f")
    drift = (Difference(ref, "labels[firebreak.dev/quarantine]", "fb-7k3q-0", None),)
    one = shown(S.APPLIED, row={"drift": drift}, lease_until=NOW)
    text = card(one)

    assert "Re-apply writes ours again; Adopt lets theirs stand" in text
    assert "fb-7k3q-0" in text
    assert "(absent)" in text


def test_trouble_is_told_near_the_top() -> None:
    text = card(shown(S.NEEDS_HUMAN, row={"trouble": "left: NetworkPolicy payments/x"}))

    assert text.index("left: NetworkPolicy payments/x") < text.index("NOT KNOWN WHETHER")


def test_overdue_is_loud_in_the_card_and_in_the_notification() -> None:
    one = shown(S.APPLIED, overdue=True, lease_until=NOW - timedelta(minutes=65))

    assert "🚨" in card(one)
    assert "OVERDUE" in card(one)
    assert "1 h 5 min" in card(one)
    assert paint(one).text.startswith("OVERDUE")


def test_a_renewed_plan_says_what_differs_and_that_approvals_are_void() -> None:
    changed = (Finding("kept-open", "x", "payments/late now keeps port 53 open"),)
    text = card(shown(revision=2, changed=changed))

    assert "earlier approvals are void" in text
    assert "payments/late now keeps port 53 open" in text


def test_votes_are_shown_with_who_and_what_is_still_needed_shrinks() -> None:
    vote = Vote("FB-7K3Q", DIGEST, BOB, Decision.APPROVE, NOW, ("security",))
    text = card(shown(votes=(vote,)))

    assert "*Approved* by <@U0BOB>" in text
    assert "1 more of security" in text


def test_a_denial_is_shown_with_its_reason() -> None:
    vote = Vote("FB-7K3Q", DIGEST, BOB, Decision.DENY, NOW, reason="<!channel> it is ours")
    text = card(shown(S.DENIED, votes=(vote,)))

    assert "*Denied* by <@U0BOB>" in text
    assert "&lt;!channel&gt; it is ours" in text


def test_an_unchanged_card_keeps_its_block_ids_and_any_change_renews_them_all() -> None:
    one, same, other = paint(shown()), paint(shown()), paint(shown(reason="another"))

    assert one == same
    assert not {b["block_id"] for b in one.blocks} & {b["block_id"] for b in other.blocks}


def test_the_notification_is_a_sentence_without_the_reason() -> None:
    text = paint(shown()).text

    assert text.startswith("Waiting for approval: Cut payments/api-7d9f in prod off the network")
    assert "FB-7K3Q" in text
    assert "beaconing" not in text


def test_a_preview_says_that_nothing_is_stored_and_has_nothing_to_click() -> None:
    painted = paint_preview(shown().request)

    assert "PREVIEW" in words(painted.blocks)
    assert "nothing is stored" in words(painted.blocks)
    assert all(block["type"] != "actions" for block in painted.blocks)
    assert "/ir approve" not in words(painted.blocks)


def test_a_preview_says_how_to_ask_for_it_unless_that_is_unknown() -> None:
    painted = paint_preview(shown().request)
    strange = paint_preview(shown(plan=plan_of(action="no-such-action")).request)

    hint = "/ir quarantine prod/payments/api-7d9f for 4h because beaconing to 203.0.113.7"
    assert hint in words(painted.blocks)
    assert "To ask for it" not in words(strange.blocks)


def test_details_hold_whole_objects_as_json() -> None:
    view = details(shown())
    text = words(view["blocks"])

    assert '"kind": "NetworkPolicy"' in text
    assert '"uid": "uid-0"' in text
    assert view["title"]["text"] == "FB-7K3Q"


def test_an_object_too_large_for_the_view_says_where_it_is_whole() -> None:
    part = pod_part()
    huge = msgspec.structs.replace(part, commands=type(part.commands)(("x" * 20_000,), ()))
    text = words(details(shown(plan=plan_of(huge)))["blocks"])

    assert "20000 characters: firebreak audit export" in text
    assert "x" * 100 not in text


def test_the_denial_modal_carries_the_value_of_the_button() -> None:
    view = deny_modal("FB-7K3Q", 2, DIGEST[:12])

    assert view["private_metadata"] == f"FB-7K3Q:2:{DIGEST[:12]}"
    assert view["callback_id"] == "ir_deny_modal"
    assert (view["blocks"][0]["block_id"], view["blocks"][0]["element"]["action_id"]) == ("reason", "text")
