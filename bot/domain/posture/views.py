"""
The few fields that tell who may do what (rbac.authorization.k8s.io/v1).

It imports nothing of ours but the names of objects, since `bot.domain.seen` registers these.
"""

import msgspec

from bot.domain.engines.views import Named


class _View(msgspec.Struct, frozen=True, rename="camel", tag_field="kind"):
    pass


class Rule(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """What a role allows; no names means every name."""

    verbs: tuple[str, ...] | None = ()
    api_groups: tuple[str, ...] | None = ()
    resources: tuple[str, ...] | None = ()
    resource_names: tuple[str, ...] | None = ()


class RoleView(_View, frozen=True, tag="Role"):
    """A role of one namespace."""

    metadata: Named
    rules: tuple[Rule, ...] | None = ()


class ClusterRoleView(_View, frozen=True, tag="ClusterRole"):
    """A role of the cluster; the rules of an aggregated one are filled in by the cluster's controller."""

    metadata: Named
    rules: tuple[Rule, ...] | None = ()


class RoleRef(msgspec.Struct, frozen=True, gc=False):
    """Which role is bound."""

    kind: str
    name: str


class Subject(msgspec.Struct, frozen=True, gc=False):
    """To whom: a User, a Group or a ServiceAccount."""

    kind: str
    name: str
    namespace: str = ""


class RoleBindingView(_View, frozen=True, tag="RoleBinding"):
    """A role bound in one namespace."""

    metadata: Named
    role_ref: RoleRef
    subjects: tuple[Subject, ...] | None = ()


class ClusterRoleBindingView(_View, frozen=True, tag="ClusterRoleBinding"):
    """A role bound in the whole cluster."""

    metadata: Named
    role_ref: RoleRef
    subjects: tuple[Subject, ...] | None = ()
