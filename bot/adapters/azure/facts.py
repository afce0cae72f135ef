"""What the settings say of the firewall in front of a cluster."""

from collections.abc import Collection

from bot.domain.arm import same
from bot.domain.queries import FirewallFacts
from bot.domain.refs import ArmRef
from bot.settings import AzureSettings


def firewall_facts(
    settings: AzureSettings, cluster: str, clusters: Collection[str] = ()
) -> FirewallFacts | None:
    """
    Return the standing part of a block for one cluster, or ``None`` for a cluster that nobody configured.

    ``clusters`` are those known otherwise: they may block for the estate without an IP Group of their own. A name
    that is in neither is a slip of the keyboard, never a cluster.
    """
    own = settings.groups.get(cluster)
    if own is None and (cluster not in clusters or settings.estate_group is None):
        return None
    return standing_part(settings, own)


def standing_part(settings: AzureSettings, own: str | None = None) -> FirewallFacts:
    """Return what blocks hang on, with the IP Group of one cluster where it has one."""
    return FirewallFacts(
        root_policy=ArmRef(settings.root_policy),
        rule_group=ArmRef(settings.rule_group),
        cluster_group=ArmRef(own) if own else None,
        estate_group=ArmRef(settings.estate_group) if settings.estate_group else None,
        firewalls=tuple(ArmRef(firewall) for firewall in settings.firewalls),
        guarded=tuple((kept.range, kept.reason) for kept in settings.guarded),
    )


def scope_of(settings: AzureSettings, thing: ArmRef) -> str:
    """Return ``estate`` or ``cluster`` for a group of ours; empty for a group that is not ours to write."""
    if settings.estate_group and same(settings.estate_group, thing.id):
        return "estate"
    return "cluster" if any(same(group, thing.id) for group in settings.groups.values()) else ""
