"""From proofs to a verdict: silence is never success, and one rung that saw traffic outweighs the rest."""

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.findings import Forecast, Verdict
from bot.domain.ladder.rungs import Outcome, Proof
from bot.domain.ladder.verdicts import verdict

RANK = {Verdict.NOT_ENFORCED: 0, Verdict.PARTIAL: 1, Verdict.INCONCLUSIVE: 2, Verdict.CONTAINED: 3}
proofs = st.builds(
    Proof, st.sampled_from(("L0", "L1", "L2", "L3", "L4")), st.sampled_from(Outcome), st.just("")
)
forecasts = st.sampled_from(Forecast)
many = st.lists(proofs, max_size=6)


def test_no_evidence_is_never_success() -> None:
    assert {verdict(forecast, ()) for forecast in Forecast} == {Verdict.INCONCLUSIVE, Verdict.NOT_ENFORCED}


def test_what_is_only_computed_is_not_yet_seen_to_work() -> None:
    assert verdict(Forecast.FULL, [Proof("L1", Outcome.HOLDS, "")]) is Verdict.INCONCLUSIVE


def test_what_an_engine_says_is_not_enough_without_the_policies() -> None:
    assert verdict(Forecast.FULL, [Proof("L2", Outcome.HOLDS, "")]) is Verdict.INCONCLUSIVE


def test_policies_and_engine_together_are_contained() -> None:
    told = [Proof("L1", Outcome.HOLDS, ""), Proof("L2", Outcome.HOLDS, "")]

    assert verdict(Forecast.FULL, told) is Verdict.CONTAINED


@given(forecasts, many)
def test_whatever_saw_traffic_pass_forbids_contained(forecast: Forecast, told: list[Proof]) -> None:
    seen = [*told, Proof("L4", Outcome.OPEN, "")]

    assert RANK[verdict(forecast, seen)] <= RANK[Verdict.PARTIAL]


@given(forecasts, many, st.randoms())
def test_the_order_of_proofs_does_not_matter(forecast: Forecast, told: list[Proof], chance: object) -> None:
    shuffled = list(told)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # Hypothesis's Random, untyped

    assert verdict(forecast, shuffled) is verdict(forecast, told)


@given(forecasts, many, proofs)
def test_a_rung_that_falls_silent_never_raises_the_verdict(
    forecast: Forecast, told: list[Proof], one: Proof
) -> None:
    silent = Proof(one.rung, Outcome.SILENT, "")
    held = Proof(one.rung, Outcome.HOLDS, "")

    assert RANK[verdict(forecast, [*told, silent])] <= RANK[verdict(forecast, [*told, held])]
