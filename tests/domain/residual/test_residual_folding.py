"""The folded answer against the plain one, rule by rule, for made-up rulings of every sort in many stages."""

from itertools import product
from random import Random
from typing import TypeVar

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.directions import Direction
from bot.domain.residual.evaluate import atlas, residual, stepwise
from bot.domain.residual.pace import finished
from bot.domain.residual.rules import (
    A_POD,
    Being,
    Cause,
    Clause,
    Compiled,
    Each,
    Has,
    In,
    Is,
    Like,
    Match,
    Named,
    Not,
    Of,
    PortName,
    Ruling,
    Some,
    Text,
    Verb,
    Wanted,
    Within,
)
from bot.domain.residual.sets import ALL_PORTS, NO_PORTS, block, ports
from bot.domain.residual.verdict import Connection, verdict
from bot.domain.residual.world import Pod, World
from tests.cyclonus.clusters import (
    BLOCKS,
    KEYS,
    NAMED,
    NAMESPACES,
    OUTSIDE,
    PORTS,
    PROTOCOLS,
    VALUES,
    made_up,
)

T = TypeVar("T")


def leaf(random: Random) -> Match:
    of = random.choice((Of.POD, Of.NAMESPACE, Of.NODE))
    choices: list[Match] = [
        Is(random.choice(list(Being))),
        Has(of, random.choice(KEYS)),
        In(of, random.choice(KEYS), tuple(random.sample(sorted(set(VALUES)), 2))),
        Like(of, random.choice(KEYS), random.choice(list(Text)), random.choice(VALUES)),
        Named(Of.NAMESPACE, (random.choice(NAMESPACES),)),
        Named(Of.NODE, ("node-0",)),
        Within(block(*random.choice(BLOCKS)), random.random() < 0.5, random.random() < 0.5),
    ]
    return random.choice(choices)


def match(random: Random, depth: int = 2) -> Match:
    kind = random.randrange(5) if depth else 4
    parts = tuple(match(random, depth - 1) for _ in range(random.randrange(3))) if kind < 3 else ()
    if kind == 0:
        return Each(parts)
    if kind < 3:
        return Some(parts)
    return Not(match(random, depth - 1)) if kind == 3 else leaf(random)


def wanted(random: Random) -> Wanted:
    named = tuple(
        PortName(n, random.choice(("", p))) for n, p, _ in random.sample(NAMED, random.randrange(3))
    )
    low = random.choice(PORTS)
    fixed = random.choice(
        (ALL_PORTS, NO_PORTS, ports(random.choice(PROTOCOLS), low, low + random.randrange(500)))
    )
    if random.random() < 0.3:
        return Wanted(ALL_PORTS, (), fixed if fixed != ALL_PORTS else NO_PORTS, named)
    return Wanted(fixed, named)


def clause(random: Random, cause: Cause) -> Clause:
    verb = random.choice(list(Verb))
    odd = f"{cause} {cause.rule}" if verb is Verb.UNKNOWN or random.random() < 0.1 else ""
    return Clause(verb, match(random), wanted(random), cause, odd)


def ruling(random: Random, at: int) -> Ruling:
    cause = Cause("Made", "", f"r{at}")

    def clauses() -> tuple[Clause, ...]:
        return tuple(
            clause(random, msgspec.structs.replace(cause, rule=n)) for n in range(random.randrange(3))
        )

    return Ruling(
        stage=(float(random.randrange(3)), "s"),
        order=(float(random.randrange(2)), str(at)),
        subject=Each((A_POD, match(random))),
        cause=cause,
        ingress=clauses(),
        egress=clauses(),
        closes=tuple(d for d in Direction if random.random() < 0.3),
    )


def imagined(seed: int) -> World:
    random = Random(seed)
    world = made_up(seed).world()
    rulings = tuple(ruling(random, at) for at in range(random.randrange(1, 7)))
    return world.under(Compiled(rulings))


@given(st.integers(0, 1 << 32))
def test_what_is_folded_is_what_is_decided_rule_by_rule(seed: int) -> None:
    world = imagined(seed)
    there, random = atlas(world), Random(seed)
    doors = random.sample(list(product(PROTOCOLS, (*PORTS, 65535))), 5)
    pods = [pod for pod in world.pods if not pod.ended]

    # A pod on the host network is its peers' own node or not, peer by peer: its answer says that it is "at least".
    for pod in (pod for pod in pods if not pod.host_network):
        found = residual(pod, there)
        others: list[Pod | str] = [*(p for p in pods if p != pod), *OUTSIDE]
        for peer, (protocol, port) in product(others, doors):
            way = verdict(Connection(pod, peer, protocol, port), world)
            out, own = way.allowed, way.source
            assert own is None or set(own.unmodelled) <= set(found.unmodelled)
            back = verdict(Connection(peer, pod, protocol, port), world).allowed
            assert found.permits(Direction.EGRESS, peer, protocol, port) is out, (pod, peer, protocol, port)
            assert found.permits(Direction.INGRESS, peer, protocol, port) is back, (pod, peer, protocol, port)


@given(st.integers(0, 1 << 32))
def test_each_cause_that_is_named_is_one_that_allows_it(seed: int) -> None:
    world = imagined(seed)
    known = {c.cause for r in world.policies.rulings for c in (*r.ingress, *r.egress) if c.verb is Verb.ALLOW}
    known |= {Cause("", "", "no policy selects it")}

    for pod in world.pods:
        for allowance in residual(pod, world).allowances:
            assert allowance.ports
            assert allowance.causes
            assert {c for c in (*allowance.causes, *allowance.theirs) if c.kind in {"", "Made"}} <= known


@given(st.integers(0, 1 << 32))
def test_a_world_and_its_residual_survive_being_written_down(seed: int) -> None:
    world = imagined(seed)
    again = msgspec.json.decode(msgspec.json.encode(world), type=World)

    assert again == world
    assert hash(again) == hash(world)
    found = [finished(stepwise(pod, world)) for pod in world.pods]
    assert [residual(pod, again) for pod in again.pods] == found
    assert msgspec.json.decode(msgspec.json.encode(found), type=list[type(found[0])]) == found  # type: ignore[misc]
