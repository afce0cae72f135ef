"""Each strategy's objects against the engines' real definitions: made, seen, drifted, undone; as the bot itself."""

from typing import Any

import msgspec
import pytest

from bot.domain import isolation
from bot.domain.changes import Create, OwnChange, invert
from bot.domain.errors import ConflictError
from bot.domain.isolation import LABEL, Allowances, Options, Placement, StrategyName
from bot.domain.refs import (
    CALICO_POLICY,
    CALICO_STORED_POLICY,
    CILIUM_POLICY,
    NETWORK_POLICY,
    POD,
    Kind,
)
from bot.domain.views import PodView
from tests.crds.guarded import Guarded, refusal

DENIES = (StrategyName.CILIUM, StrategyName.CALICO, StrategyName.CALICO_STORED)
EVERYTHING = Allowances(dns=True, ranges=("10.9.1.0/24", "10.9.2.7/32"))
VARIANTS = {
    "strict": Options(),
    "probes": Options(keep_probes=True),
    "dns": Options(allow=Allowances(dns=True)),
    "ports": Options(allow=Allowances(dns=True), port_ranges=True),
    "ranges": Options(allow=Allowances(ranges=EVERYTHING.ranges)),
    "all": Options(allow=EVERYTHING, keep_probes=True, port_ranges=True),
    "tier": Options(place=Placement("firebreak", 7)),
}
STORED = Placement(tiered=False)
"""Calico 3.28 knows no tiers: the field is dropped when it is written."""


async def made(bot: Guarded, options: Options) -> tuple[OwnChange, ...]:
    if options.strategy is StrategyName.CALICO_STORED:
        options = msgspec.structs.replace(options, place=STORED)
    pod = msgspec.convert(await bot.world.api.get(bot.path(POD, "api-1")), PodView)
    return tuple(step.change for step in isolation.steps(pod, bot.ref("api-1"), "FB-7K3Q", 0, options))


async def test_every_strategy_is_accepted_reads_back_as_written_and_leaves_nothing(bot: Guarded) -> None:
    before = await bot.world.snapshot(bot.namespace)
    for name, variant in VARIANTS.items():
        for strategy in StrategyName:
            changes = await made(bot, msgspec.structs.replace(variant, strategy=strategy))
            for change in changes:
                await bot.clusters.apply(change)
            seen = [await bot.clusters.observe(change) for change in changes]
            again = [await bot.clusters.apply(change) for change in changes]
            for change in reversed(changes):
                await bot.clusters.apply(invert(change))

            assert all(sight.done for sight in seen), (name, strategy, seen)
            assert all(written.adopted for written in again), (name, strategy)
            assert await bot.world.snapshot(bot.namespace) == before, (name, strategy)


@pytest.mark.parametrize(
    ("strategy", "edit", "field"),
    [
        (StrategyName.CILIUM, {"egressDeny": [{"toEntities": ["world"]}]}, "spec.egressDeny"),
        (StrategyName.CILIUM, {"egress": [{"toEntities": ["world"]}]}, "spec.egress"),
        (StrategyName.CILIUM, {"enableDefaultDeny": {"egress": False}}, "spec.enableDefaultDeny"),
        (StrategyName.CALICO, {"egress": [{"action": "Allow"}]}, "spec.egress"),
        (StrategyName.CALICO, {"order": 2000}, "spec.order"),
        (StrategyName.CALICO_STORED, {"selector": "all()"}, "spec.selector"),
    ],
    ids=str,
)
async def test_what_others_make_of_a_deny_is_drift_that_stops_its_rollback_and_can_be_written_over(
    bot: Guarded, strategy: StrategyName, edit: dict[str, Any], field: str
) -> None:
    deny = (await made(bot, Options(strategy)))[1]
    await bot.clusters.apply(deny)
    await bot.world.api.patch(bot.path(deny.ref.kind, deny.ref.name), {"spec": edit})

    sight = await bot.clusters.observe(deny)
    with pytest.raises(ConflictError, match=field):
        await bot.clusters.apply(invert(deny))
    await bot.clusters.restore(deny)
    restored = await bot.clusters.observe(deny)
    await bot.clusters.apply(invert(deny))

    assert not sight.done
    assert [d.field for d in sight.differences] == [field]
    assert restored.done


def body(kind: Kind, name: str, spec: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "metadata": {"name": name},
        "spec": spec,
        **more,
    }


OURS = {"matchLabels": {LABEL: "fb-7k3q-0"}}
CILIUM = {
    "endpointSelector": OURS,
    "ingressDeny": [{"fromEntities": ["all"]}],
    "egressDeny": [{"toEntities": ["all"]}],
}
CALICO = {
    "tier": "default",
    "order": -1000,
    "selector": f"{LABEL} == 'fb-7k3q-0'",
    "types": ["Ingress", "Egress"],
    "ingress": [{"action": "Deny"}],
    "egress": [{"action": "Deny"}],
}
FLOOR = {"podSelector": OURS, "policyTypes": ["Ingress", "Egress"]}
ALLOW = {"action": "Allow", "protocol": "TCP", "destination": {"nets": ["10.9.1.0/24"]}}
FORBIDDEN: tuple[tuple[Kind, dict[str, Any], str], ...] = (
    *(
        (CILIUM_POLICY, CILIUM | edit, words)
        for edit, words in (
            ({"endpointSelector": {}}, "select its own label"),
            ({"endpointSelector": {"matchLabels": {"app": "api"}}}, "select its own label"),
            ({"egress": [{"toEntities": ["all"]}]}, "deny both ways"),
            ({"egress": [{"toCIDR": ["10.10.0.0/16"]}]}, "deny both ways"),
            ({"egress": [{"toCIDR": ["10.0.0.0/8"]}]}, "deny both ways"),
            (
                {"egress": [{"toCIDR": ["10.9.0.0/16"], "toPorts": [{"ports": [{"port": "80"}]}]}]},
                "deny both",
            ),
            ({"egress": [{}]}, "deny both ways"),
            ({"ingress": [{"fromEntities": ["host"]}]}, "deny both ways"),
            ({"ingressDeny": []}, "deny both ways"),
            ({"enableDefaultDeny": {"egress": False}}, "of one spec"),
        )
    ),
    *(
        (kind, CALICO | edit, words)
        for kind in (CALICO_POLICY, CALICO_STORED_POLICY)
        for edit, words in (
            ({"selector": "all()"}, "select its own label"),
            ({"selector": f"{LABEL} == 'x' || all()"}, "select its own label"),
            ({"selector": f"has({LABEL})"}, "select its own label"),
            ({"egress": [{"action": "Allow"}]}, "deny both ways"),
            ({"egress": [{"action": "Pass"}]}, "deny both ways"),
            ({"egress": [ALLOW]}, "deny both ways"),
            ({"egress": [{"action": "Allow", "destination": {"nets": ["0.0.0.0/0"]}}]}, "deny both ways"),
            (
                {"egress": [{"action": "Allow", "destination": {"notNets": ["10.9.0.0/16"]}}]},
                "deny both ways",
            ),
            ({"ingress": [{"action": "Allow"}]}, "deny both ways"),
            ({"types": ["Ingress"]}, "deny both ways"),
        )
    ),
    (CALICO_POLICY, CALICO | {"tier": "security"}, "of tier"),
    *(
        (NETWORK_POLICY, FLOOR | edit, "allow nothing")
        for edit in (
            {"egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}]},
            {"egress": [{"to": [{"ipBlock": {"cidr": "10.9.0.0/16"}}, {"podSelector": {}}]}]},
            {"egress": [{"to": [{"ipBlock": {"cidr": "10.9.0.0/16"}}]}, {}]},
            {"egress": [{"ports": [{"protocol": "UDP", "port": 53}]}]},
            {"ingress": [{"from": [{"ipBlock": {"cidr": "10.9.0.0/16"}}]}]},
        )
    ),
)


async def test_as_the_bot_every_variation_that_is_no_deny_of_ours_is_refused(bot: Guarded) -> None:
    for kind, spec, words in FORBIDDEN:
        name = "default.firebreak-x" if kind.group.endswith("projectcalico.org") else "firebreak-x"
        told = await refusal(bot.hands.create(f"{bot.path(kind)}?dryRun=All", body(kind, name, spec)))
        assert "Firebreak may" in told, (kind.group, spec, told)
        assert words in told, (kind.group, spec, told)


async def test_as_the_bot_what_it_made_can_not_become_anything_else_either(bot: Guarded) -> None:
    for strategy in DENIES:
        deny = (await made(bot, Options(strategy)))[1]
        await bot.clusters.apply(deny)
        for kind, spec, words in FORBIDDEN:
            if kind == deny.ref.kind:
                edit = {"spec": {key: value for key, value in spec.items() if value != CILIUM.get(key)}}
                told = await refusal(bot.hands.replace(**await _replacing(bot, deny, edit["spec"])))
                assert words in told, (strategy, spec, told)


async def _replacing(bot: Guarded, deny: OwnChange, edit: dict[str, Any]) -> dict[str, Any]:
    path = bot.path(deny.ref.kind, deny.ref.name)
    now = await bot.hands.get(path)
    return {"path": path, "body": {**now, "spec": now["spec"] | edit}}


async def test_as_the_bot_no_policy_of_others_and_none_of_another_name_is_touched(bot: Guarded) -> None:
    stored = {**CALICO}
    del stored["tier"]
    for kind, spec in ((CILIUM_POLICY, CILIUM), (CALICO_POLICY, CALICO), (CALICO_STORED_POLICY, stored)):
        for name in ("default.others", "security.firebreak-x", "others"):
            stands = await bot.world.api.create(bot.path(kind), body(kind, name, spec))
            assert "named" in await refusal(bot.hands.delete(bot.path(kind, name)))
            assert "named" in await refusal(bot.hands.replace(bot.path(kind, name), stands))
            other = await refusal(bot.hands.create(bot.path(kind), body(kind, f"{name}2", spec)))
            assert "named" in other, other
        assert (await refusal(bot.hands.delete(bot.path(kind)))).startswith("403")


async def test_a_cilium_policy_of_many_specs_would_go_round_the_guard_and_is_refused(bot: Guarded) -> None:
    many = body(CILIUM_POLICY, "firebreak-x", CILIUM, specs=[{"endpointSelector": {}, "egress": [{}]}])

    assert "of one spec" in await refusal(bot.hands.create(bot.path(CILIUM_POLICY), many))


async def test_an_entity_that_cilium_does_not_know_would_be_refused_by_the_server_itself(
    bot: Guarded,
) -> None:
    wrong = body(CILIUM_POLICY, "firebreak-x", CILIUM | {"egressDeny": [{"toEntities": ["everything"]}]})

    assert "Unsupported value" in await refusal(bot.hands.create(bot.path(CILIUM_POLICY), wrong))


async def test_the_floor_stands_first_the_deny_second_and_the_label_last(bot: Guarded) -> None:
    for strategy in DENIES:
        first, second, last = await made(bot, Options(strategy))
        assert isinstance(first, Create)
        assert isinstance(second, Create)
        assert (first.ref.kind, last.ref.kind) == (NETWORK_POLICY, POD)
