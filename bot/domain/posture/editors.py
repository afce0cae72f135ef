"""
Who may edit policies, by the roles that are bound.

It is not all: the group system:masters needs no role, whoever may bind roles can give themselves one, and other
authorisers than RBAC are asked too.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from bot.domain import panorama, refs
from bot.domain.posture import views
from bot.domain.posture.rows import Row, What
from bot.domain.queries import Asked, Each
from bot.domain.reading import unseen

WRITES: Final = ("create", "update", "patch", "delete", "deletecollection")
BEYOND: Final = "also, without any role: group system:masters, and whoever may bind or escalate roles"
NEEDED: Final = (
    "allow the bot to list roles, clusterroles, rolebindings and clusterrolebindings to have this answered"
)
_SYSTEM: Final = "system"
"""In the names that Kubernetes keeps for itself: ``system:...`` and ``kube-system/...``."""
Role = views.RoleView | views.ClusterRoleView


def editors(asked: Asked, kinds: tuple[refs.Kind, ...], namespace: str = "") -> tuple[Row, ...]:
    """Return who may write policies of these kinds; in one namespace, or anywhere."""
    blind = [(q, a) for q, a in asked if isinstance(q, Each) and q.kind in refs.RIGHTS]
    missing = unseen([query for query, _ in blind], [answer for _, answer in blind])
    if missing or not blind:
        why = missing[0].why if missing else "it was not asked"
        return (Row(What.NOT_KNOWN, "", "who may edit policies", f"{NEEDED} ({why})"),)
    roles: dict[tuple[str, str], Role] = {}
    for role in panorama.listed(asked, refs.CLUSTER_ROLE, views.ClusterRoleView) or ():
        roles["", role.metadata.name] = role
    for local in panorama.listed(asked, refs.ROLE, views.RoleView) or ():
        roles[local.metadata.namespace, local.metadata.name] = local
    found = [row for binding in _bindings(asked, namespace) for row in _rows(binding, roles, kinds)]
    beyond = Row(What.NOT_KNOWN, "", "who else may edit policies", BEYOND)
    return (*sorted(dict.fromkeys(found), key=_rank), beyond)


def _rank(row: Row) -> tuple[bool, str, str, str]:
    """Put what the cluster's own programs may do behind all others."""
    return (_SYSTEM in row.name, row.namespace, row.name, row.detail)


Binding = views.RoleBindingView | views.ClusterRoleBindingView


def _bindings(asked: Asked, namespace: str) -> Iterator[Binding]:
    yield from panorama.listed(asked, refs.CLUSTER_ROLE_BINDING, views.ClusterRoleBindingView) or ()
    for binding in panorama.listed(asked, refs.ROLE_BINDING, views.RoleBindingView) or ():
        if namespace in {"", binding.metadata.namespace}:
            yield binding


def _rows(
    binding: Binding, roles: dict[tuple[str, str], Role], kinds: tuple[refs.Kind, ...]
) -> Iterator[Row]:
    space = binding.metadata.namespace
    place = space if binding.role_ref.kind == "Role" else ""
    role = roles.get((place, binding.role_ref.name))
    granted = "; ".join(_granted(role.rules or (), kinds, everywhere=not space)) if role else ""
    if not granted:
        return
    by = f"{granted} (by {binding.role_ref.kind} {binding.role_ref.name})"
    for subject in binding.subjects or ():
        who = f"{subject.namespace}/{subject.name}" if subject.namespace else subject.name
        yield Row(What.EDITOR, space, f"{subject.kind} {who}", by)


def _granted(rules: Iterable[views.Rule], kinds: tuple[refs.Kind, ...], *, everywhere: bool) -> Iterator[str]:
    rules = tuple(rules)
    for kind in kinds:
        if not (kind.namespaced or everywhere):
            continue  # a RoleBinding grants nothing of what belongs to no namespace
        bearing = [rule for rule in rules if _about(rule, kind)]
        verbs = [v for v in WRITES if any({v, "*"} & set(rule.verbs or ()) for rule in bearing)]
        if verbs:
            named = () if any(not r.resource_names for r in bearing) else _names(bearing)
            only = f" named {', '.join(named)}" if named else ""
            yield f"{', '.join(verbs)} {kind.resource}{only}"


def _about(rule: views.Rule, kind: refs.Kind) -> bool:
    writes = {*WRITES, "*"} & set(rule.verbs or ())
    groups, resources = set(rule.api_groups or ()), set(rule.resources or ())
    return bool(writes and {kind.group, "*"} & groups and {kind.plural, "*"} & resources)


def _names(rules: list[views.Rule]) -> tuple[str, ...]:
    return tuple(sorted({name for rule in rules for name in rule.resource_names or ()}))
