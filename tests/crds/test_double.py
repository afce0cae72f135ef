"""The sandbox's cluster with an engine's kinds installed answers as the real server with the real definitions."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain.changes import Create, invert
from bot.domain.errors import ConflictError
from bot.domain.isolation import LABEL, Allowances, Cut, Options, StrategyName
from bot.domain.isolation.cutting import Placement
from bot.domain.isolation.strategies import policies
from bot.domain.queries import Discover, Discovered, Each, Listing
from bot.domain.refs import CALICO_STORED_POLICY, CILIUM_CLUSTERWIDE_POLICY, CILIUM_POLICY, Kind
from bot.domain.selectors import Selector
from bot.domain.views import Foreign
from tests.adapters.kubernetes.stage import NAME, Stage, on_the_double, on_the_real_server
from tests.controlplane.api import ApiRefusedError
from tests.crds.guarded import refusal

STRATEGIES = (StrategyName.CILIUM, StrategyName.CALICO, StrategyName.CALICO_STORED)
STRATEGIC = "application/strategic-merge-patch+json"


@pytest.fixture(params=["double", "real"])
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    """Play on both."""
    if request.param == "real":
        async with on_the_real_server(request.getfixturevalue("control_plane")) as real:
            yield real
        return
    async with on_the_double(tmp_path) as double:
        assert double.double is not None
        for extension in ("cilium", "calico", "calico-stored"):
            double.double.install(extension)
        yield double


def deny(stage: Stage, strategy: StrategyName) -> Create:
    cut = Cut(NAME, stage.namespace, "fb-7k3q-0", "FB-7K3Q", Selector({LABEL: "fb-7k3q-0"}))
    place = Placement(tiered=strategy is not StrategyName.CALICO_STORED)
    change = policies(cut, Options(strategy, allow=Allowances(dns=True), place=place))[1].change
    assert isinstance(change, Create)
    return change


async def test_the_engines_kinds_are_discovered(stage: Stage) -> None:
    found = await stage.clusters.answer(Discover(NAME))

    assert isinstance(found, Discovered)
    assert found.serves is not None
    assert {deny(stage, each).ref.kind.served for each in STRATEGIES} <= set(found.serves)
    assert CILIUM_CLUSTERWIDE_POLICY.served in found.serves


@pytest.mark.parametrize("strategy", STRATEGIES)
async def test_a_deny_is_made_seen_listed_and_taken_away(stage: Stage, strategy: StrategyName) -> None:
    change, before = deny(stage, strategy), await stage.photograph()

    await stage.clusters.apply(change)
    sight = await stage.clusters.observe(change)
    listing = await stage.clusters.answer(Each(NAME, change.ref.kind, stage.namespace))
    again = await stage.clusters.apply(change)
    await stage.clusters.apply(invert(change))

    assert (sight.done, again.adopted) == (True, True)
    assert isinstance(listing, Listing)
    (seen,) = listing.items
    assert isinstance(seen, Foreign)
    assert (seen.of, change.ref.name in seen.body) == (change.ref.kind, True)
    assert await stage.photograph() == before


@pytest.mark.parametrize("strategy", STRATEGIES)
async def test_what_somebody_makes_of_it_is_a_difference_and_counted(
    stage: Stage, strategy: StrategyName
) -> None:
    change = deny(stage, strategy)
    await stage.clusters.apply(change)
    made = await stage.api.patch(stage.path(change.ref.name, change.ref.kind), {"spec": {"egress": []}})

    sight = await stage.clusters.observe(change)
    with pytest.raises(ConflictError, match=r"spec\.egress"):
        await stage.clusters.apply(invert(change))

    assert made["metadata"]["generation"] == 2
    assert [d.field for d in sight.differences] == ["spec.egress"]


async def test_a_strategic_patch_is_not_understood_for_them(stage: Stage) -> None:
    change = deny(stage, StrategyName.CILIUM)
    await stage.clusters.apply(change)

    with pytest.raises(ApiRefusedError) as told:
        await stage.api.patch(
            stage.path(change.ref.name, CILIUM_POLICY),
            {"metadata": {"labels": {"a": "b"}}},
            content_type=STRATEGIC,
        )
    assert told.value.status == 415


@pytest.mark.parametrize("kind", [CILIUM_POLICY, CALICO_STORED_POLICY])
async def test_an_answer_to_a_delete_is_a_status_and_a_status_cannot_be_chosen(
    stage: Stage, kind: Kind
) -> None:
    strategy = StrategyName.CILIUM if kind is CILIUM_POLICY else StrategyName.CALICO_STORED
    body: dict[str, Any] = deny(stage, strategy).body.value
    chosen: dict[str, Any] = {"status": {"conditions": []}} if kind is CILIUM_POLICY else {}
    made = await stage.api.create(stage.path(kind=kind), {**body, **chosen})
    gone = await stage.api.delete(stage.path(body["metadata"]["name"], kind))

    assert "status" not in made
    assert (gone["kind"], gone["status"]) == ("Status", "Success")


async def test_where_they_are_not_installed_there_is_nothing(tmp_path: Path) -> None:
    async with on_the_double(tmp_path) as bare:
        found = await bare.clusters.answer(Discover(NAME))
        told = await refusal(bare.api.get(bare.path(kind=CILIUM_POLICY)))

    assert isinstance(found, Discovered)
    assert found.serves == ()
    assert told.startswith("404")
