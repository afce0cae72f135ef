"""What ARM says of an AKS cluster's network, read through the real SDK's chain from the double."""

import json

import pytest

from bot.domain.engines.answers import gathered
from bot.domain.engines.evidence import NetworkProfile, Seen
from bot.domain.findings import Unseen
from bot.domain.queries import Absent, Discover, Discovered, Found, Get, Unavailable
from bot.domain.refs import ArmRef
from bot.engine.routing import NoObjects, Routes
from bot.sandbox.azure import ArmDouble
from bot.settings import AzureSettings
from tests.adapters.azure.staged import Estate, connected, settings_of

STRANGE = ("/..", "/x/y", "?x=1", "/providers/Microsoft.Network/ipGroups/x")


@pytest.mark.parametrize(
    ("policy", "plugin", "expected"),
    [
        ("calico", "azure", NetworkProfile("azure", "overlay", "calico", "azure")),
        (None, "azure", NetworkProfile("azure", "overlay", "", "azure")),
        ("none", "none", NetworkProfile("none", "overlay", "none", "azure")),
    ],
)
async def test_the_network_profile_becomes_evidence(
    double: ArmDouble, estate: Estate, policy: str | None, plugin: str, expected: NetworkProfile
) -> None:
    ref = ArmRef(double.stage.add_managed_cluster("prod", policy=policy, plugin=plugin))
    async with connected(double, settings_of(estate, managed_clusters={"prod": ref.id})) as azure:
        known = azure.world.managed_cluster("prod")
        answer = await azure.world.answer(Get(ref))

    assert known == ref
    evidence = gathered(
        [(Discover("prod"), Discovered("prod", "u", managed_cluster=ref)), (Get(ref), answer)]
    )
    assert isinstance(evidence.arm, Seen)
    assert evidence.arm.value == expected
    (sent,) = (r for r in double.requests if "managedClusters" in r.path)
    assert (sent.method, sent.query["api-version"]) == ("GET", "2025-10-01")


async def test_of_a_cluster_nothing_but_its_network_profile_is_kept(
    double: ArmDouble, estate: Estate
) -> None:
    ref = ArmRef(double.stage.add_managed_cluster("prod"))
    async with connected(double, settings_of(estate)) as azure:
        answer = await azure.world.answer(Get(ref))

    assert isinstance(answer, Found)
    assert set(json.loads(answer.body.text)["properties"]) == {"networkProfile"}


async def test_a_cluster_that_arm_does_not_know_is_absent_and_its_profile_unseen(
    double: ArmDouble, estate: Estate
) -> None:
    ref = ArmRef(double.stage.add_managed_cluster("prod").replace("prod", "gone"))
    async with connected(double, settings_of(estate)) as azure:
        answer = await azure.world.answer(Get(ref))

    assert isinstance(answer, Absent)
    assert isinstance(gathered([(Get(ref), answer)]).arm, Unseen)


@pytest.mark.parametrize("suffix", STRANGE)
async def test_an_id_that_could_lead_elsewhere_is_not_asked_for(
    double: ArmDouble, estate: Estate, suffix: str
) -> None:
    ref = ArmRef(double.stage.add_managed_cluster("prod") + suffix)
    async with connected(double, settings_of(estate)) as azure:
        answer = await azure.world.answer(Get(ref))

    assert isinstance(answer, Unavailable | Absent)
    assert not any("managedClusters" in request.path for request in double.requests)


@pytest.mark.parametrize(
    "wrong", ["prod", "/subscriptions/1/resourceGroups/rg/providers/Microsoft.Network/ipGroups/x"]
)
def test_the_settings_take_nothing_but_the_id_of_an_aks_cluster(estate: Estate, wrong: str) -> None:
    given = settings_of(estate).model_dump() | {"managed_clusters": {"prod": wrong}}

    with pytest.raises(ValueError, match="managed_clusters"):
        AzureSettings.model_validate(given)


async def test_a_cluster_that_does_not_answer_is_still_not_found_by_arm() -> None:
    routes = Routes(NoObjects(), ("prod",), None, lambda _: None, {}, lambda _: ArmRef("/x"))

    assert isinstance(await routes.answer(Discover("prod")), Unavailable)
