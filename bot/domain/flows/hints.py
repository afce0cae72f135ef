"""What could be switched on in this very cluster, where flows are not known: commands to copy, run by nobody here."""

from collections.abc import Collection, Iterable, Iterator

import msgspec

from bot.domain.engines.agents import recognised
from bot.domain.engines.answers import agent_set
from bot.domain.engines.engine import EngineName
from bot.domain.engines.views import DaemonSetView
from bot.domain.queries import Answer, Discovered, Listing
from bot.domain.refs import ArmRef

ACNS = "az aks update --resource-group {group} --name {name} --enable-acns"
HELM = (
    "helm upgrade cilium cilium/cilium --namespace kube-system --reuse-values "
    "--set hubble.enabled=true --set hubble.relay.enabled=true --set hubble.tls.enabled=true "
    "--set hubble.relay.tls.server.enabled=true"
)
FIREWALL = (
    "az monitor diagnostic-settings create --name flows --resource {resource} "
    "--workspace <ARM id of the workspace> --export-to-resource-specific true "
    '--logs \'[{{"category":"AZFWNetworkRule","enabled":true}},'
    '{{"category":"AZFWApplicationRule","enabled":true}}]\''
)
LOGS = "azure.log_analytics"
RELAY = "clusters.<name>.hubble"
VNET = (
    "az network watcher flow-log create --name flows --location <region> --vnet <ARM id> "
    "--storage-account <ARM id> --workspace <ARM id of the workspace> --traffic-analytics true --interval 10"
)


class Hint(msgspec.Struct, frozen=True):
    """What would be known, the command that switches it on, and the setting that makes Firebreak ask it."""

    what: str
    command: str
    setting: str


class Around(msgspec.Struct, frozen=True):
    """What a cluster has by which flows could be known."""

    cilium: bool = False
    engines: tuple[str, ...] = ()
    managed: ArmRef | None = None
    firewalls: tuple[ArmRef, ...] = ()


def around(answers: Iterable[Answer]) -> Around:
    """Return what answers tell of it; what was not answered is taken for absent."""
    discovered: Discovered | None = None
    engines: set[EngineName] = set()
    for answer in answers:
        if isinstance(answer, Discovered):
            discovered = answer
        if isinstance(answer, Listing):
            sets = (agent_set(item) for item in answer.items if isinstance(item, DaemonSetView))
            engines |= {known[0].engine for each in sets if (known := recognised(each))}
    facts = discovered.firewall if discovered else None
    return Around(
        EngineName.CILIUM in engines,
        tuple(sorted(engines)),
        discovered.managed_cluster if discovered else None,
        facts.firewalls if facts else (),
    )


def hints(found: Around, there: Collection[str]) -> tuple[Hint, ...]:
    """Return what would tell more; ``there`` are the names of the sources that the cluster has."""
    return tuple(_hints(found, there))


def _hints(found: Around, there: Collection[str]) -> Iterator[Hint]:
    if "hubble" not in there:
        yield from _relay(found)
    if "firewall" not in there and found.firewalls:
        command = FIREWALL.format(resource=found.firewalls[0].id)
        yield Hint("what leaves the cluster, by the Azure Firewall's log", command, LOGS)
    if not there and found.managed and not found.firewalls:
        yield Hint("what leaves the nodes, by VNet flow logs", VNET, LOGS)


def _relay(found: Around) -> Iterator[Hint]:
    if found.managed is not None:
        command = ACNS.format(group=_group(found.managed), name=found.managed.name)
        yield Hint("who talks to whom in the cluster, by Hubble of AKS", command, RELAY)
    elif found.cilium:
        yield Hint("who talks to whom in the cluster, by Hubble of Cilium", HELM, RELAY)


def _group(resource: ArmRef) -> str:
    """Return the resource group of ``/subscriptions/.../resourceGroups/<group>/providers/...``."""
    parts = resource.id.split("/")
    return parts[4] if len(parts) > 4 else "<group>"
