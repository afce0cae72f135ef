"""
The bot's rights in a cluster, generated from what the catalogue and the capture of evidence declare.

RBAC cannot narrow a patch to fields, and patching pods is otherwise the power to run anything; so a
ValidatingAdmissionPolicy holds the bot's own writes to our keys and names (admissionregistration.k8s.io/v1,
Kubernetes 1.30 and later; it is effective some seconds after its binding).
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from bot.actions import CATALOGUE
from bot.domain.actions import NAME_PREFIX, Action, Grant
from bot.domain.evidence import GRANTS as EVIDENCE

Manifest = dict[str, Any]

LABELS = {"app.kubernetes.io/name": "firebreak", "app.kubernetes.io/part-of": "firebreak"}
RBAC = "rbac.authorization.k8s.io"
ADMISSION = "admissionregistration.k8s.io/v1"


def manifests(
    namespace: str,
    service_account: str,
    username: str = "",
    namespaces: tuple[str, ...] = (),
    catalogue: Mapping[str, type[Action]] = CATALOGUE,
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
    guards = admission(username or account, catalogue)
    return (*made, *guards, *_roles(subject, namespaces, catalogue))


def own_namespace(name: str) -> Manifest:
    """Return the namespace that the bot runs in: nothing in it may be privileged."""
    labels = {
        "app.kubernetes.io/part-of": "firebreak",
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/enforce-version": "latest",
    }
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def rules(grants: Iterable[Grant]) -> list[Manifest]:
    """Return the rules of a Role, one for each resource, verbs united, in a stable order."""
    verbs: dict[tuple[str, str], set[str]] = {}
    for grant in grants:
        verbs.setdefault((grant.group, grant.resource), set()).update(grant.verbs)
    return [
        {"apiGroups": [group], "resources": [resource], "verbs": sorted(allowed)}
        for (group, resource), allowed in sorted(verbs.items())
    ]


def _roles(
    subject: Manifest, namespaces: tuple[str, ...], catalogue: Mapping[str, type[Action]]
) -> tuple[Manifest, ...]:
    grants = [*EVIDENCE, *(grant for action in catalogue.values() for grant in action.grants)]
    wide = rules(g for g in grants if not g.namespaced)
    narrow = rules(g for g in grants if g.namespaced)
    if not namespaces:
        return (
            *_bound("firebreak-cluster", "", wide, subject),
            *_bound("firebreak-contain", "", narrow, subject),
        )
    local = [m for place in namespaces for m in _bound("firebreak-contain", place, narrow, subject)]
    return (*_bound("firebreak-cluster", "", wide, subject), *local)


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


# -- admission ---------------------------------------------------------------------------------------------


def admission(username: str, catalogue: Mapping[str, type[Action]] = CATALOGUE) -> tuple[Manifest, ...]:
    """Return the two guards with their bindings. They bind this user alone; nobody else is touched."""
    labels = sorted({key for action in catalogue.values() for key in action.pod_labels})
    annotations = sorted({key for action in catalogue.values() for key in action.pod_annotations})
    return (
        *_guard(
            "firebreak-pods", username, _rule("", "v1", "pods", ["UPDATE"]), _pod_checks(labels, annotations)
        ),
        *_guard(
            "firebreak-networkpolicies",
            username,
            _rule("networking.k8s.io", "v1", "networkpolicies", ["CREATE", "UPDATE", "DELETE"]),
            _policy_checks(labels),
        ),
    )


def _guard(name: str, username: str, rule: Manifest, checks: list[Manifest]) -> tuple[Manifest, Manifest]:
    meta = {"name": name, "labels": LABELS}
    policy = {
        "apiVersion": ADMISSION,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": meta,
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {"matchPolicy": "Equivalent", "resourceRules": [rule]},
            "matchConditions": [
                {"name": "firebreak-only", "expression": f"request.userInfo.username == {_cel(username)}"}
            ],
            "validations": checks,
        },
    }
    binding = {
        "apiVersion": ADMISSION,
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": meta,
        "spec": {"policyName": name, "validationActions": ["Deny"]},
    }
    return policy, binding


def _rule(group: str, version: str, resource: str, operations: list[str]) -> Manifest:
    return {"apiGroups": [group], "apiVersions": [version], "operations": operations, "resources": [resource]}


def _pod_checks(labels: list[str], annotations: list[str]) -> list[Manifest]:
    return [
        _check("object.spec == oldObject.spec", "Firebreak may not change what a pod runs"),
        *_only_keys("labels", labels),
        *_only_keys("annotations", annotations),
        *(_unchanged(field) for field in ("ownerReferences", "finalizers")),
    ]


def _only_keys(field: str, keys: list[str]) -> list[Manifest]:
    """Hold every other key of a map to its old value: none added, none changed, none taken away."""
    new, old, ours = f"object.metadata.{field}", f"oldObject.metadata.{field}", f"k in {_cel(keys)}"
    told = f"Firebreak may change only its own {field} of a pod: {', '.join(keys) or 'none'}"
    stands = f"has({old}) && k in {old} && {old}[k] == {new}[k]"
    return [
        _check(f"!has({new}) || {new}.all(k, {ours} || ({stands}))", told),
        _check(f"!has({old}) || {old}.all(k, {ours} || (has({new}) && k in {new}))", told),
    ]


def _unchanged(field: str) -> Manifest:
    new, old = f"object.metadata.{field}", f"oldObject.metadata.{field}"
    same = f"has({new}) == has({old}) && (!has({new}) || {new} == {old})"
    return _check(same, f"Firebreak may not change a pod's {field}")


def _policy_checks(labels: list[str]) -> list[Manifest]:
    named = "(request.operation == 'CREATE' ? object.metadata.name : request.name)"
    selector = "object.spec.podSelector.matchLabels"
    selects = f"has({selector}) && {selector}.exists(k, k in {_cel(labels)})"
    return [
        _check(
            f"{named}.startsWith({_cel(NAME_PREFIX)})",
            f"Firebreak may write only network policies named {NAME_PREFIX}...",
        ),
        _check(
            f"request.operation == 'DELETE' || ({selects})",
            "Firebreak may write only network policies that select its own label",
        ),
        _check(
            f"request.operation == 'DELETE' || ({_closed()})",
            "Firebreak may write only network policies that allow nothing, in both directions",
        ),
    ]


def _closed() -> str:
    """Return the CEL of a policy that isolates: it governs both directions and has a rule in neither."""
    types = "object.spec.policyTypes"
    governs = f"has({types}) && 'Ingress' in {types} && 'Egress' in {types}"
    rules = [f"object.spec.{direction}" for direction in ("ingress", "egress")]
    return " && ".join([governs, *(f"(!has({rule}) || size({rule}) == 0)" for rule in rules)])


def _check(expression: str, message: str) -> Manifest:
    return {"expression": expression, "message": message, "reason": "Invalid"}


def _cel(value: str | list[str]) -> str:
    """Write a CEL literal: for these types JSON is one, escapes included."""
    return json.dumps(value)
