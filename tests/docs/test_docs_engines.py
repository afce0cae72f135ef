"""What docs/engines.md claims to be proved has a test, and every engine has its row."""

import pytest

from bot.domain.engines.engine import EngineName
from bot.domain.engines.limits import LIMITS, lines
from tests.docs.proofs import PROOFS, STRATEGIES, Proof, named, proofs, shown
from tests.docs.tables import ROOT


@pytest.mark.parametrize("engine", named())
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_what_is_more_than_facts_names_a_test_that_exists(engine: EngineName, strategy: str) -> None:
    found = shown(engine, strategy)

    assert (ROOT / found.test).is_file() == (found.proof not in (Proof.FACTS, Proof.NONE)) or not found.test
    assert bool(found.test) == (found.proof not in (Proof.FACTS, Proof.NONE))


def test_a_deny_is_only_proved_on_an_engine_that_has_one() -> None:
    for engine in named():
        has = shown(engine, "own deny").proof is not Proof.NONE
        assert has == bool(LIMITS[engine].deny.group)


def test_every_proof_is_of_an_engine_and_a_strategy_that_are_known() -> None:
    assert set(PROOFS) <= set(named())
    assert all(strategy in STRATEGIES for found in PROOFS.values() for strategy in found)


def test_every_engine_has_its_row_and_its_line_in_the_help() -> None:
    table, told = proofs(), list(lines())

    assert all(f"| {engine} |" in table for engine in named())
    assert len(told) == len(named())
