"""Answers questions about Azure: one resource as it stands, and whether locks let it be written."""

from collections.abc import Collection

from bot.adapters.azure.arm import Arm
from bot.adapters.azure.facts import firewall_facts
from bot.adapters.azure.ids import kind_of, managed_path
from bot.adapters.azure.locks import writable
from bot.domain.documents import Document
from bot.domain.errors import OutsideError
from bot.domain.queries import Absent, Access, Answer, FirewallFacts, Found, Get, Query, Unavailable
from bot.domain.refs import ArmRef
from bot.settings import AzureSettings

KINDS = frozenset(
    {"ipgroups", "firewallpolicies", "rulecollectiongroups", "azurefirewalls", "firewallpolicydrafts"}
)


class ArmWorld:
    """A ``World`` for ``ArmRef``; ``clusters`` are the names that the settings know besides their IP Groups."""

    def __init__(self, arm: Arm, settings: AzureSettings, clusters: Collection[str] = ()) -> None:
        self._arm, self._settings, self._clusters = arm, settings, frozenset(clusters)

    def firewall_facts(self, cluster: str) -> FirewallFacts | None:
        """Return the standing part of a block for one cluster; see ``facts.firewall_facts``."""
        return firewall_facts(self._settings, cluster, self._clusters)

    async def answer(self, query: Query) -> Answer:
        """Answer ``Get`` and ``Access("write")``; everything else, and everything wrong, is ``Unavailable``."""
        try:
            match query:
                case Get(ArmRef() as ref) if kind_of(ref) in KINDS:
                    return await self._get(ref)
                case Get(ArmRef() as ref) if managed_path(ref) is not None:
                    return await self._profile(ref)
                case Access("write", ArmRef() as ref):
                    return await writable(self._arm, ref)
                case _:
                    return Unavailable("this is not asked of Azure")
        except (OutsideError, ValueError) as error:
            return Unavailable(str(error))

    def managed_cluster(self, cluster: str) -> ArmRef | None:
        """Return the AKS resource of a cluster, where the settings name it."""
        found = self._settings.managed_clusters.get(cluster)
        return ArmRef(found) if found else None

    async def _profile(self, ref: ArmRef) -> Answer:
        """Answer with the network profile alone: an AKS cluster holds much that is none of our business."""
        answer = await self._get(ref)
        if not isinstance(answer, Found):
            return answer
        properties = answer.body.value.get("properties")
        profile = properties.get("networkProfile") if isinstance(properties, dict) else None
        kept = {"id": ref.id, "properties": {"networkProfile": profile}}
        return Found(ref, Document.of(kept), answer.version)

    async def _get(self, ref: ArmRef) -> Answer:
        reply = await self._arm.get(ref)
        if reply is None:
            return Absent(ref)
        if not isinstance(reply.body, dict):
            return Unavailable(f"what Azure answered for {ref} was not understood")
        return Found(ref, Document.of(reply.body), reply.etag)
