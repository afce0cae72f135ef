"""Sends each question and each change to the system that it is about. Nothing configured means: Unavailable."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from bot.domain.changes import Contribute, OwnChange
from bot.domain.errors import DeniedError
from bot.domain.queries import (
    Access,
    Answer,
    Contained,
    Discover,
    Discovered,
    DryRun,
    Each,
    FirewallFacts,
    Flows,
    Get,
    Query,
    Resolve,
    SelfTests,
    Unavailable,
)
from bot.domain.refs import ArmRef
from bot.domain.requests import Written
from bot.ports import Progress, SharedSight, Sight, World

Firewalls = Callable[[str], FirewallFacts | None]
Managed = Callable[[str], ArmRef | None]


_NOBODY: Final = {
    Contained: "nobody outside knows what our own records say",
    SelfTests: "nobody outside knows what our own records say",
    Flows: "no flow source is configured",
    Resolve: "names are not resolved yet",
}


def unmanaged(cluster: str) -> ArmRef | None:
    """Return that no AKS resource of a cluster is known."""
    del cluster
    return None


class Given(msgspec.Struct, frozen=True):
    """What the settings say of a cluster and no API can tell."""

    kubectl_context: str = ""
    calico_storage: bool = False
    canary_image: str = ""
    self_tests: bool = False


class Routes:
    """A ``World`` made of the clusters and, where configured, Azure."""

    def __init__(
        self,
        clusters: World,
        names: Sequence[str],
        azure: World | None,
        firewalls: Firewalls,
        given: Mapping[str, Given],
        managed: Managed = unmanaged,
    ) -> None:
        self._clusters, self._names, self._azure = clusters, frozenset(names), azure
        self._firewalls, self._given, self._managed = firewalls, given, managed

    async def answer(self, query: Query) -> Answer:
        """Answer one query, from whoever knows."""
        match query:
            case Discover(cluster):
                return await self._discover(cluster)
            case Get(ref) | Access(_, ref):
                return await self._about(query, ref)
            case DryRun(Contribute()):
                return Unavailable("an entry in a shared thing cannot be tried without doing it")
            case DryRun() | Each():
                return await self._clusters.answer(query)
            case Contained() | SelfTests() | Flows() | Resolve():
                return Unavailable(_NOBODY[type(query)])

    async def _about(self, query: Get | Access, ref: object) -> Answer:
        if not isinstance(ref, ArmRef):
            return await self._clusters.answer(query)
        if self._azure is None:
            return Unavailable("Azure is not configured")
        return await self._azure.answer(query)

    async def _discover(self, cluster: str) -> Answer:
        firewall = self._firewalls(cluster)
        if cluster not in self._names:
            known = Discovered(cluster=cluster, uid="", firewall=firewall)
            return known if firewall is not None else Unavailable(f"no cluster {cluster} is configured")
        answer = await self._clusters.answer(Discover(cluster))
        if isinstance(answer, Discovered):
            given = self._given.get(cluster, Given())
            return msgspec.structs.replace(
                answer,
                firewall=firewall,
                kubectl_context=given.kubectl_context,
                calico_storage=given.calico_storage,
                canary_image=given.canary_image,
                self_tests=given.self_tests,
                managed_cluster=self._managed(cluster),
            )
        return answer


class NoShared:
    """``SharedThings`` where none are configured: every call is refused."""

    async def read(self, thing: ArmRef) -> SharedSight:
        """Refuse."""
        raise _unconfigured(thing)

    async def start(self, thing: ArmRef, entries: Sequence[str], version: str, request_id: str) -> str:
        """Refuse."""
        del entries, version, request_id
        raise _unconfigured(thing)

    async def poll(self, token: str) -> Progress:
        """Refuse."""
        del token
        raise DeniedError("NotConfigured", "Azure is not configured")

    async def settled(self, thing: ArmRef) -> SharedSight:
        """Refuse."""
        raise _unconfigured(thing)


class NoObjects:
    """``World`` and ``Objects`` where no cluster is configured."""

    async def answer(self, query: Query) -> Answer:
        """Answer that nothing is there to answer."""
        del query
        return Unavailable("no Kubernetes cluster is configured")

    async def apply(self, change: OwnChange) -> Written:
        """Refuse."""
        raise _unconfigured(change.ref)

    async def restore(self, change: OwnChange) -> Written:
        """Refuse."""
        raise _unconfigured(change.ref)

    async def observe(self, change: OwnChange) -> Sight:
        """Refuse."""
        raise _unconfigured(change.ref)


def _unconfigured(ref: object) -> DeniedError:
    return DeniedError(
        "NotConfigured", f"{ref}: this system is not configured any more; add it to firebreak.toml"
    )
