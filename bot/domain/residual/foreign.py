"""Policies of network engines, each read by who knows its group."""

from collections.abc import Iterable

from bot.domain.residual import calico, cilium, sig
from bot.domain.residual.cilium import NOWHERE
from bot.domain.residual.network_policy import Semantics
from bot.domain.residual.rules import EVERYTHING, Compiled, Gap
from bot.domain.views import Foreign

_NO_POLICIES = frozenset({"CiliumEndpoint", "CiliumNodeConfig", "CiliumIdentity"})


def foreign(
    items: Iterable[Foreign], semantics: Semantics = NOWHERE, api_servers: tuple[str, ...] = ()
) -> Compiled:
    """
    Return what the policies of engines say; of a kind that is not known, that it is not modelled.

    ``semantics`` is how Cilium reads its blocks. Calico's tiers and network sets belong in the same call as its
    policies. Of what is served by both of Calico's groups, one is meant to be given: they show the same objects.
    """
    by_group: dict[str, list[Foreign]] = {}
    for item in items:
        if item.of.kind not in _NO_POLICIES:
            by_group.setdefault(item.of.group, []).append(item)
    found = Compiled()
    for group, some in by_group.items():
        bodies = [item.body for item in some]
        match group:
            case "policy.networking.k8s.io":
                found = found + sig.compiled(bodies)
            case "projectcalico.org" | "crd.projectcalico.org":
                found = found + calico.compiled(bodies)
            case "cilium.io":
                found = found + cilium.compiled(bodies, semantics, api_servers)
            case _:
                kinds = sorted({item.of.resource for item in some})
                gaps = tuple(Gap(EVERYTHING, f"policies of {kind} are not modelled") for kind in kinds)
                found = found + Compiled((), gaps)
    return found
