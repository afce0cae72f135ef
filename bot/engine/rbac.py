"""
The bot's rights in a cluster, generated from what the catalogue and the capture of evidence declare.

The smallest by default. What an operator chooses beyond is a `Width`: engines whose own deny may be written,
detaching, whole workloads, and ranges that a quarantine may leave open.
"""

from collections.abc import Iterable, Mapping

from bot.actions import CATALOGUE
from bot.domain.actions import Action, Grant
from bot.domain.evidence import GRANTS as EVIDENCE
from bot.domain.flows.resolving import GRANTS as FLOWS
from bot.domain.isolation.rights import SMALLEST, Width
from bot.engine.admission import CANARIES, LABELS, Manifest, admission

__all__ = ["SMALLEST", "Manifest", "Width", "admission", "manifests", "own_namespace", "rules", "self_test"]

RBAC = "rbac.authorization.k8s.io"
SELF_TEST = (
    Grant("", "pods", ("get", "create", "delete")),
    Grant("networking.k8s.io", "networkpolicies", ("get", "create", "delete")),
)
"""The rights in the namespace of the self-tests."""


def manifests(
    namespace: str,
    service_account: str,
    username: str = "",
    namespaces: tuple[str, ...] = (),
    catalogue: Mapping[str, type[Action]] = CATALOGUE,
    width: Width = SMALLEST,
) -> tuple[Manifest, ...]:
    """
    Return the manifests, in the order to apply them: the guard stands before the rights that it guards.

    ``username`` is how the API server knows the bot; it defaults to the service account's. With another one no
    service account is made, and the rights go to that user: so for a bot outside the cluster. ``namespaces``
    narrows the namespaced rights to these; empty means all.
    """
    account = f"system:serviceaccount:{namespace}:{service_account}"
    within = not username or username == account
    subject = _account(namespace, service_account) if within else _user(username)
    made = (_service_account(namespace, service_account),) if within else ()
    guards = admission(username or account, catalogue, width)
    grants = [
        *EVIDENCE,
        *FLOWS,
        *(grant for action in catalogue.values() for grant in action.grants),
        *width.grants,
    ]
    return (*made, *guards, *_roles(subject, namespaces, grants))


def self_test(namespace: str, image: str, bot: tuple[str, str, str]) -> tuple[Manifest, ...]:
    """
    Return what self-tests need beside the rest: a namespace of their own, its guard, and rights in it alone.

    ``bot`` is the namespace and the name of its service account, and its username where it has none, as for `manifests`.
    """
    home, service_account, username = bot
    account = f"system:serviceaccount:{home}:{service_account}"
    within = not username or username == account
    subject = _account(home, service_account) if within else _user(username)
    guards = admission(username or account, width=Width(canary=image))
    canaries = tuple(one for one in guards if one["metadata"]["name"] == CANARIES)
    return (
        own_namespace(namespace),
        *canaries,
        *_bound("firebreak-self-test", namespace, rules(SELF_TEST), subject),
    )


def own_namespace(name: str) -> Manifest:
    """Return a namespace for the bot alone: nothing in it may be privileged."""
    labels = {
        "app.kubernetes.io/part-of": "firebreak",
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/enforce-version": "latest",
    }
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def rules(grants: Iterable[Grant]) -> list[Manifest]:
    """Return the rules of a Role, one for each resource, verbs united, in a stable order."""
    verbs: dict[tuple[str, str, tuple[str, ...]], set[str]] = {}
    for grant in grants:
        verbs.setdefault((grant.group, grant.resource, grant.names), set()).update(grant.verbs)
    return [
        {
            "apiGroups": [group],
            "resources": [resource],
            **({"resourceNames": list(names)} if names else {}),
            "verbs": sorted(allowed),
        }
        for (group, resource, names), allowed in sorted(verbs.items())
    ]


def _roles(subject: Manifest, namespaces: tuple[str, ...], grants: list[Grant]) -> tuple[Manifest, ...]:
    wide = rules(g for g in grants if not g.namespaced)
    narrow = rules(g for g in grants if g.namespaced and not g.within)
    places = sorted({g.within for g in grants if g.within})
    placed = [m for place in places for m in _bound("firebreak-read", place, _within(grants, place), subject)]
    if not namespaces:
        return (
            *_bound("firebreak-cluster", "", wide, subject),
            *_bound("firebreak-contain", "", narrow, subject),
            *placed,
        )
    local = [m for place in namespaces for m in _bound("firebreak-contain", place, narrow, subject)]
    return (*_bound("firebreak-cluster", "", wide, subject), *local, *placed)


def _within(grants: Iterable[Grant], place: str) -> list[Manifest]:
    return rules(g for g in grants if g.within == place)


def _bound(
    name: str, namespace: str, granted: list[Manifest], subject: Manifest
) -> tuple[Manifest, Manifest]:
    kind = "Role" if namespace else "ClusterRole"
    meta: Manifest = {"name": name, "labels": LABELS}
    if namespace:
        meta["namespace"] = namespace
    role = {"apiVersion": f"{RBAC}/v1", "kind": kind, "metadata": meta, "rules": granted}
    binding = {
        "apiVersion": f"{RBAC}/v1",
        "kind": f"{kind}Binding",
        "metadata": meta,
        "roleRef": {"apiGroup": RBAC, "kind": kind, "name": name},
        "subjects": [subject],
    }
    return role, binding


def _service_account(namespace: str, name: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": name, "namespace": namespace, "labels": LABELS},
    }


def _account(namespace: str, name: str) -> Manifest:
    return {"kind": "ServiceAccount", "name": name, "namespace": namespace}


def _user(username: str) -> Manifest:
    return {"apiGroup": RBAC, "kind": "User", "name": username}
