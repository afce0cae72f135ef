"""A staged firewall: root policy, child, two firewalls, the bot's standing denies over two IP Groups of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bot.adapters.azure.client import SandboxEndpoint
from bot.adapters.azure.opening import Azure, open_azure
from bot.domain.refs import ArmRef
from bot.sandbox.azure import SUBSCRIPTION, ArmDouble, rules
from bot.settings import AzureSettings, GuardedRange

OPERATION = "00000000-0000-4000-8000-00000000000a"
THERE = "198.51.100.9"
NEW = "203.0.113.7"


@dataclass(frozen=True)
class Estate:
    """What was staged; ``block`` is cluster prod's group, ``estate`` the one for everything, ``foreign`` not ours."""

    root: ArmRef
    child: ArmRef
    hub: ArmRef
    spoke: ArmRef
    denies: ArmRef
    block: ArmRef
    estate: ArmRef
    foreign: ArmRef


def standing_denies(block: str, estate: str, ranges: str) -> dict[str, Any]:
    """Return the four standing rules: two scopes, two sides."""
    return rules.filter_collection(
        "ir-deny-net",
        100,
        "Deny",
        [
            rules.network_rule("prod-destination", sources=[ranges], destinations=[block]),
            rules.network_rule("prod-source", sources=[block], destinations=[ranges]),
            rules.network_rule("estate-destination", sources=["*"], destinations=[estate]),
            rules.network_rule("estate-source", sources=[estate], destinations=["*"]),
        ],
    )


def build(double: ArmDouble) -> Estate:
    """Stage it."""
    stage = double.stage
    root = stage.add_policy("root")
    child = stage.add_policy("child", base=root)
    block = stage.add_ip_group("block", [THERE], tags={"owner": "netops", "purpose": "ir"})
    estate = stage.add_ip_group("estate")
    ranges = stage.add_ip_group("ranges", ["10.0.0.0/16"])
    denies = stage.add_rule_group(
        root, "ir-bot", priority=100, collections=[standing_denies(block, estate, ranges)]
    )
    ids = (
        root,
        child,
        stage.add_firewall("hub", policy=root),
        stage.add_firewall("spoke", policy=child, private_address="10.1.0.4"),
        denies,
        block,
        estate,
        ranges,
    )
    return Estate(*map(ArmRef, ids))


def settings_of(estate: Estate, **changed: Any) -> AzureSettings:
    """Return the settings that name the staged estate."""
    given: dict[str, Any] = {
        "subscription": SUBSCRIPTION,
        "root_policy": estate.root.id,
        "rule_group": estate.denies.id,
        "groups": {"prod": estate.block.id},
        "estate_group": estate.estate.id,
        "firewalls": (estate.hub.id,),
        "guarded": (GuardedRange(range="20.1.0.0/16", reason="the API server"),),
        "timeout": 5.0,
        **changed,
    }
    return AzureSettings(**given)


@asynccontextmanager
async def connected(
    double: ArmDouble, settings: AzureSettings, clusters: tuple[str, ...] = ()
) -> AsyncIterator[Azure]:
    """Open the adapter on the double, as a program does when it starts."""
    endpoint = SandboxEndpoint(double.url, double.ca_file)
    async with open_azure(settings, clusters=clusters, sandbox=endpoint) as azure:
        yield azure


async def begin(azure: Azure, thing: ArmRef, *entries: str) -> str:
    """Read, then ask for these entries as the engine does; return the token."""
    sight = await azure.shared.read(thing)
    return await azure.shared.start(thing, entries, sight.version, OPERATION)
