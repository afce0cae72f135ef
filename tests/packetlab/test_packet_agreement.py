"""What the evaluator says and what packets do are the same, pair by pair, whatever policies there are."""

import pytest

from tests.packetlab.agreement import Comparison
from tests.packetlab.lab import Packets

ROUNDS = 9
EACH = 2
"""Policies for each of three namespaces in a round: more hide each other, since they only add."""


async def _agree(packets: Packets, seed: int, rounds: int) -> None:
    comparison = await Comparison.begun(packets)
    generator = comparison.generator(seed)
    for number in range(rounds):
        differs = await comparison.round(comparison.generated(generator, EACH))
        assert not differs, f"seed {seed}, round {number}:\n{differs}"
    count = comparison.count
    print(f"seed {seed}: {count}")
    assert count.policies == rounds * EACH * 3
    assert min(count.cut, count.pierced) > count.compared // 20, "a comparison of what is all alike"


async def test_packets_agree_with_the_evaluator_on_a_few_generated_policies(packets: Packets) -> None:
    await _agree(packets, 1, 2)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(101, 107))
async def test_packets_agree_with_the_evaluator_on_generated_policies(packets: Packets, seed: int) -> None:
    await _agree(packets, seed, ROUNDS)
