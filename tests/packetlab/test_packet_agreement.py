"""What the evaluator says and what packets do are the same, pair by pair, whatever policies there are."""

from collections.abc import Callable
from random import Random

import pytest

from tests.packetlab.agreement import Comparison
from tests.packetlab.barrier import GLOBAL, KUBERNETES, NAMESPACED
from tests.packetlab.generated import Body, Generator
from tests.packetlab.generated_calico import SETS, CalicoGenerator
from tests.packetlab.lab import Packets

ROUNDS = 9
EACH = 2
"""Policies for each of three namespaces in a round: more hide each other, since they only add."""
NAMES = ("a", "knp", "p", "z")
"""Where orders are equal, names decide."""


async def _agree(comparison: Comparison, seed: int, rounds: int, made: Callable[[], list[Body]]) -> None:
    for number in range(rounds):
        differs = await comparison.round(made())
        assert not differs, f"seed {seed}, round {number}:\n{differs}"
    count = comparison.count
    print(f"seed {seed}: {count}")
    assert min(count.cut, count.pierced) > count.compared // 20, "a comparison of what is all alike"


async def _agree_on_kubernetes(packets: Packets, seed: int, rounds: int) -> None:
    async with Comparison.standing(packets) as comparison:
        generator = Generator(Random(seed), comparison.addresses)
        names = [f"p{number}" for number in range(EACH)]
        await _agree(
            comparison,
            seed,
            rounds,
            lambda: [generator.policy(name, space) for space in comparison.spaces for name in names],
        )
        assert comparison.count.policies == rounds * EACH * 3


async def test_packets_agree_with_the_evaluator_on_a_few_generated_policies(packets: Packets) -> None:
    await _agree_on_kubernetes(packets, 1, 2)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(101, 107))
async def test_packets_agree_with_the_evaluator_on_generated_policies(packets: Packets, seed: int) -> None:
    await _agree_on_kubernetes(packets, seed, ROUNDS)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(201, 205))
async def test_packets_agree_with_the_evaluator_on_generated_policies_of_calico_among_others(
    packets: Packets, seed: int
) -> None:
    async with Comparison.standing(packets, (KUBERNETES, NAMESPACED, GLOBAL)) as comparison:
        chance = Random(seed)
        plain = Generator(chance, comparison.addresses)
        calico = CalicoGenerator(chance, comparison.addresses, comparison.spaces)

        def made() -> list[Body]:
            return [
                *SETS,
                *(plain.policy(chance.choice(NAMES), space) for space in comparison.spaces),
                *(calico.policy(chance.choice(NAMES), space) for space in comparison.spaces),
                *(calico.global_policy(name) for name in chance.sample(NAMES, 2)),
            ]

        await _agree(comparison, seed, ROUNDS, made)
