"""Policies by labels of others, for whole Deployments: only where an operator chose so, and never for every pod."""

import msgspec
import pytest

from bot.domain.changes import Create, invert
from bot.domain.documents import Document
from bot.domain.errors import DeniedError
from bot.domain.isolation import Cut, Options, StrategyName
from bot.domain.isolation.rights import ENGINES
from bot.domain.isolation.strategies import policies
from bot.domain.selectors import Requirement, Selector
from bot.engine.rbac import Width
from tests.controlplane.server import ControlPlane
from tests.crds.guarded import Guarded, guarded
from tests.crds.test_engine_denies import STORED

DENIES = (StrategyName.CILIUM, StrategyName.CALICO, StrategyName.CALICO_STORED)
THEIRS = Selector({"app": "api"}, (Requirement("tier", "In", ("web", "back")),))


def cut(bot: Guarded, strategy: StrategyName, selector: Selector = THEIRS) -> list[Create]:
    options = Options(strategy)
    if strategy is StrategyName.CALICO_STORED:
        options = msgspec.structs.replace(options, place=STORED)
    made = policies(Cut("prod", bot.namespace, "fb-7k3q-0", "FB-7K3Q", selector), options)
    return [step.change for step in made if isinstance(step.change, Create)]


async def test_where_it_was_chosen_a_workload_is_cut_seen_and_let_go_exactly(
    control_plane: ControlPlane,
) -> None:
    async with guarded(control_plane, Width(tuple(ENGINES), workloads=True)) as bot:
        before = await bot.world.snapshot(bot.namespace)
        for strategy in DENIES:
            made = cut(bot, strategy)
            for change in made:
                await bot.clusters.apply(change)
            seen = [await bot.clusters.observe(change) for change in made]
            for change in reversed(made):
                await bot.clusters.apply(invert(change))

            assert [sight.done for sight in seen] == [True, True], (strategy, seen)
            assert await bot.world.snapshot(bot.namespace) == before

        for strategy in DENIES:
            for change in cut(bot, strategy, Selector()):
                with pytest.raises(DeniedError, match="by some label"):
                    await bot.clusters.apply(change)


async def test_where_it_was_not_chosen_no_policy_selects_by_labels_of_others(bot: Guarded) -> None:
    for strategy in DENIES:
        for change in cut(bot, strategy):
            with pytest.raises(DeniedError, match="its own label"):
                await bot.clusters.apply(change)


async def test_a_policy_for_a_workload_allows_no_more_than_another(control_plane: ControlPlane) -> None:
    async with guarded(control_plane, Width(tuple(ENGINES), workloads=True)) as bot:
        for strategy in DENIES:
            for change in cut(bot, strategy):
                body = change.body.value
                body["spec"]["ingress"] = [{"action": "Allow"}] if "selector" in body["spec"] else [{}]
                with pytest.raises(DeniedError, match="Firebreak may write only"):
                    await bot.clusters.apply(Create(change.ref, Document.of(body)))


WIDE = (
    "has(app)",
    "!has(app)",
    "app not in { 'none' }",
    "app == 'api' || !has(app)",
    "(app == 'api' || all())",
    "app != 'api'",
    "app starts with ''",
    "app contains ''",
    "!(app == 'api')",
    "global()",
    "projectcalico.org/namespace == 'payments'",
    "projectcalico.org/orchestrator in { 'k8s' }",
    "app == 'api' && has(projectcalico.org/orchestrator)",
    "pcns.team == 'payments'",
    "pcsa.team in { 'payments' }",
    "app == 'api' && ",
    "app == \"api\" || app == 'b'",
)
NARROW = (
    Selector({"app": "api", "example.com/tier": "back-end"}),
    Selector({"app": ""}),
    Selector({}, (Requirement("app", "In", ("api",)),)),
    Selector({"app": "api"}, (Requirement("a", "Exists"), Requirement("b", "DoesNotExist"))),
    Selector({"app": "api"}, (Requirement("tier", "NotIn", ("web", "back")),)),
)


async def test_a_calico_selector_is_never_as_wide_as_its_namespace_by_roundabout_ways(
    control_plane: ControlPlane,
) -> None:
    async with guarded(control_plane, Width(tuple(ENGINES), workloads=True)) as bot:
        for strategy in (StrategyName.CALICO, StrategyName.CALICO_STORED):
            _, deny = cut(bot, strategy)
            for selector in WIDE:
                body = deny.body.value
                body["spec"]["selector"] = selector
                with pytest.raises(DeniedError, match="by some label"):
                    await bot.clusters.apply(Create(deny.ref, Document.of(body)))
            for narrow in NARROW:
                _, change = cut(bot, strategy, narrow)
                await bot.clusters.apply(change)
                await bot.clusters.apply(invert(change))
