"""What stays open, as it stands on a card: in words and sign, the worst first, with the buttons that close it."""

from typing import Any

import msgspec
import pytest

from bot.adapters.slack.card import paint, paint_preview
from bot.adapters.slack.card.staying import openings
from bot.adapters.slack.clicks import BUTTONS
from bot.domain.findings import Finding, Forecast, Offer, OfferKind, Verdict
from bot.domain.ladder.rungs import Outcome
from bot.domain.plans import Plan
from bot.domain.requests import Evidence
from bot.domain.states import PartState
from bot.sandbox.slack.answers import texts
from bot.sandbox.slack.blockkit import message_problems
from tests.adapters.slack.staging import NOW, plan_of, pod_part, shown

DENY, BLOCK = Offer(OfferKind.DENY, "calico"), Offer(OfferKind.BLOCK, "203.0.113.7")
WHY = "allowed by NetworkPolicy payments/allow-egress (rule 1)"
MEANS = ("network-policy: Calico 3.30 has no deny that we can write",)


def opening(pod: str, place: str = "internet", who: str = "the internet (203.0.113.7)") -> Finding:
    text = f"payments/{pod} can reach {who} on TCP 443: {WHY}"
    return Finding(f"open-{place}", f"{pod} {who}", text, (DENY, BLOCK))


def partial(**fields: Any) -> Plan:
    found = (
        opening("api-7d9f", "nodes", "nodes, and what runs on their network (aks-1)"),
        opening("api-7d9f"),
        Finding("own-node", "p", "its own node can still reach it"),
    )
    return plan_of(**{"forecast": Forecast.PARTIAL, "residual": found, "means": MEANS, **fields})


def text_of(blocks: Any) -> str:
    return "".join(texts([b for b in blocks if b["type"] not in {"container", "actions"}]))


def buttons(blocks: Any) -> list[tuple[str, str]]:
    rows = [b for b in blocks if b["type"] == "actions"]
    return [(e["action_id"], e["text"]["text"]) for row in rows for e in row["elements"]]


def test_the_worst_stands_first_in_bold_with_its_policy_and_the_means_below() -> None:
    blocks = paint(shown(plan=partial())).blocks
    text = text_of(blocks)

    assert f"🚪 STAYS OPEN: out to the internet (203.0.113.7) on TCP 443, {WHY}" in text
    assert (
        text.index("STAYS OPEN") < text.index("out to nodes") < text.index("By a NetworkPolicy: Calico 3.30")
    )
    assert "its own node can still reach it" not in text
    assert "1 limit that it always has: the whole plan, below" in text
    assert not message_problems(list(blocks))


def test_what_closes_it_is_a_button_right_below_best_first() -> None:
    found = buttons(paint(shown(plan=partial())).blocks)

    assert found[:2] == [
        ("ir_close_1", "Close it: Calico's own deny…"),
        ("ir_close_2", "Close it: block 203.0.113.7…"),
    ]
    assert {name for name, _ in found} <= BUTTONS


def test_once_decided_only_the_firewall_can_close_it() -> None:
    found = buttons(paint(shown(PartState.APPLIED, plan=partial())).blocks)

    assert found[0] == ("ir_close_1", "Close it: block 203.0.113.7…")
    assert "ir_close_2" not in dict(found)


def test_a_preview_says_what_to_type_instead() -> None:
    blocks = paint_preview(shown(plan=partial()).request).blocks

    assert buttons(blocks) == []
    assert "Would close it: using calico · /ir block 203.0.113.7" in text_of(blocks)


@pytest.mark.parametrize(
    ("forecast", "lead"),
    [
        (Forecast.FULL, "🔒 NOTHING KNOWN STAYS OPEN"),
        (Forecast.UNKNOWN, "❔ NOT KNOWN WHETHER IT WORKS"),
        (Forecast.NOT_ENFORCED, "❌ STOPS NOTHING"),
    ],
)
def test_every_forecast_looks_different_in_sign_and_words(forecast: Forecast, lead: str) -> None:
    reason = Finding("not-enforced", "aks-1", "nothing will enforce it on aks-1 (no agent)")
    found = () if forecast is Forecast.FULL else (reason,)
    text = text_of(paint(shown(plan=partial(forecast=forecast, residual=found))).blocks)

    assert f"{lead} · forecast {forecast}" in text
    assert ("nothing will enforce it on aks-1" in text) is bool(found)
    assert "🚪" not in text


def test_what_is_open_for_many_pods_alike_is_one_line() -> None:
    parts = [pod_part(f"api-{n}", n) for n in range(20)]
    found = tuple(opening(f"api-{n}") for n in range(20))
    plan = msgspec.structs.replace(partial(residual=found), parts=tuple(parts))
    (one,) = openings(plan)

    assert "".join(e["text"] for e in one).endswith(" · all 20 pods")


def test_a_button_says_how_much_of_what_is_open_it_closes() -> None:
    half = msgspec.structs.replace(opening("api-7d9f", "nodes", "nodes (aks-1)"), offers=(DENY,))
    found = buttons(paint(shown(plan=partial(residual=(opening("api-7d9f"), half)))).blocks)

    assert [text for _, text in found[:2]] == [
        "Close it: Calico's own deny…",
        "Close 1 of 2: block 203.0.113.7…",
    ]


def test_inward_traffic_is_told_from_the_targets_side() -> None:
    way = Finding(
        "open-own-namespace", "x", f"pod payments/web can reach payments/api-7d9f on TCP 8080: {WHY}"
    )

    assert "in from pod payments/web on TCP 8080" in text_of(
        paint(shown(plan=partial(residual=(way,)))).blocks
    )


def test_a_verdict_names_its_proofs_a_rung_each() -> None:
    proofs = (
        Evidence("L0", "all 2 writes accepted by the API", NOW),
        Evidence("L0", "read back exactly as written", NOW),
        Evidence("L1", "no policy leaves anything open", NOW),
        Evidence("L2", "the endpoint carries our label", NOW),
    )
    row = {"verdict": Verdict.CONTAINED, "evidence": proofs}
    text = text_of(paint(shown(PartState.APPLIED, plan=partial(forecast=Forecast.FULL), row=row)).blocks)

    assert (
        "Proved so farL0 read back exactly as writtenL1 no policy leaves anything openL2 the endpoint" in text
    )


def test_what_a_rung_did_not_show_is_said_first_and_what_the_top_says_is_not_said_twice() -> None:
    opened = "payments/api-7d9f can reach the internet on TCP 443: " + WHY
    proofs = (
        Evidence("L0", "read back exactly as written", NOW, Outcome.HOLDS),
        Evidence("L1", opened, NOW, Outcome.OPEN),
        Evidence("L5", "no self-test passed within 24 h", NOW, Outcome.SILENT),
    )
    row = {"verdict": Verdict.PARTIAL, "evidence": proofs}
    text = text_of(paint(shown(PartState.APPLIED, plan=partial(), row=row)).blocks)

    assert f"verdict PARTIAL: {opened}" in text
    assert text.count(opened) == 1
    assert "L1 something passes: as the top says" in text
    assert "L5 silent: no self-test passed within 24 h" in text


def test_nobody_is_said_to_lose_traffic_to_what_nothing_enforces() -> None:
    def said(forecast: Forecast) -> str:
        return text_of(paint(shown(plan=partial(forecast=forecast))).blocks)

    assert "1 pod loses traffic" in said(Forecast.PARTIAL)
    assert "loses traffic" not in said(Forecast.NOT_ENFORCED)
    assert "Ready replicas left beside it: 2" in said(Forecast.NOT_ENFORCED)


def test_a_forecast_that_evidence_refutes_is_not_told_as_if_it_still_held() -> None:
    seen = Evidence("L3", "203.0.113.7:443 was seen to pass", NOW, Outcome.OPEN)
    plan = partial(forecast=Forecast.FULL, residual=())

    def said(verdict: Verdict) -> str:
        row = {"verdict": verdict, "evidence": (seen,)}
        return text_of(paint(shown(PartState.APPLIED, plan=plan, row=row)).blocks)

    assert "🚪 MORE IS OPEN THAN THE PLAN KNEW · forecast was FULL" in said(Verdict.PARTIAL)
    assert "NOTHING KNOWN STAYS OPEN" not in said(Verdict.PARTIAL)
    assert "NOTHING KNOWN STAYS OPEN" in said(Verdict.INCONCLUSIVE)
