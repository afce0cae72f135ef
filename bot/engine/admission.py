"""
What holds the bot's own writes to our keys, names and denies, whatever RBAC lets it do.

RBAC cannot narrow a patch to fields, and patching pods is otherwise the power to run anything; so ValidatingAdmission-
Policies judge what it writes (admissionregistration.k8s.io/v1, Kubernetes 1.30 and later; they are effective some
seconds after their binding). They bind the bot alone; nobody else is touched.
"""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from bot.actions import CATALOGUE
from bot.domain.actions import NAME_PREFIX, Action
from bot.domain.isolation import calico, cilium, network_policy
from bot.domain.isolation.detaching import ANNOTATIONS, DETACHED
from bot.domain.isolation.rights import SMALLEST, Width
from bot.domain.refs import CALICO_POLICY, CALICO_STORED_POLICY, CILIUM_POLICY, NETWORK_POLICY, Kind
from bot.engine.canary_guard import canary_checks

Manifest = dict[str, Any]

LABELS = {"app.kubernetes.io/name": "firebreak", "app.kubernetes.io/part-of": "firebreak"}
CANARIES = "firebreak-canaries"
ADMISSION = "admissionregistration.k8s.io/v1"

SPEC = "object.spec"
NAME = "(request.operation == 'CREATE' ? object.metadata.name : request.name)"


class Guard(msgspec.Struct, frozen=True):
    """A policy over one kind: the CEL that must hold, each with what is said where it does not."""

    name: str
    kind: Kind
    operations: tuple[str, ...]
    checks: tuple[tuple[str, str], ...]


def admission(
    username: str, catalogue: Mapping[str, type[Action]] = CATALOGUE, width: Width = SMALLEST
) -> tuple[Manifest, ...]:
    """Return the guards with their bindings: for pods, for NetworkPolicies, and for the engines chosen."""
    labels = sorted({key for action in catalogue.values() for key in action.pod_labels})
    noted = {key for action in catalogue.values() for key in action.pod_annotations}
    annotations = sorted(noted | set(ANNOTATIONS)) if width.detach else sorted(noted)
    guards = [
        Guard("firebreak-pods", CORE_PODS, ("UPDATE",), _pods(labels, annotations, detach=width.detach)),
        _written("firebreak-networkpolicies", NETWORK_POLICY, _floor(labels, width)),
    ]
    if "cilium" in width.engines:
        guards.append(_written("firebreak-cilium", CILIUM_POLICY, _cilium(labels, width)))
    tiers = [calico.OWN_TIER, *([calico.DEFAULT_TIER] if "calico-default-tier" in width.engines else [])]
    if {"calico", "calico-default-tier"} & set(width.engines):
        guards.append(_written("firebreak-calico", CALICO_POLICY, _calico(labels, width, tiers)))
    if "calico-stored" in width.engines:
        both = [calico.OWN_TIER, calico.DEFAULT_TIER]
        guards.append(_written("firebreak-calico-stored", CALICO_STORED_POLICY, _calico(labels, width, both)))
    if width.canary:
        guards.append(Guard(CANARIES, CORE_PODS, ("CREATE", "DELETE"), canary_checks(width.canary)))
    return tuple(manifest for guard in guards for manifest in _manifests(guard, username))


CORE_PODS = Kind("", "v1", "pods", "Pod")


def _written(name: str, kind: Kind, checks: tuple[tuple[str, str], ...]) -> Guard:
    return Guard(name, kind, ("CREATE", "UPDATE", "DELETE"), checks)


def _manifests(guard: Guard, username: str) -> tuple[Manifest, Manifest]:
    meta = {"name": guard.name, "labels": LABELS}
    rule = {
        "apiGroups": [guard.kind.group],
        "apiVersions": [guard.kind.version],
        "operations": list(guard.operations),
        "resources": [guard.kind.plural],
    }
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
            "validations": [
                {"expression": expression, "message": f"Firebreak may {message}", "reason": "Invalid"}
                for expression, message in guard.checks
            ],
        },
    }
    binding = {
        "apiVersion": ADMISSION,
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": meta,
        "spec": {"policyName": guard.name, "validationActions": ["Deny"]},
    }
    return policy, binding


# -- pods --------------------------------------------------------------------------------------------------


def _pods(labels: list[str], annotations: list[str], *, detach: bool) -> tuple[tuple[str, str], ...]:
    return (
        ("object.spec == oldObject.spec", "not change what a pod runs"),
        *_only_keys("labels", labels, _detached() if detach else ""),
        *_only_keys("annotations", annotations, ""),
        *(_unchanged(field) for field in ("ownerReferences", "finalizers")),
    )


def _detached() -> str:
    """Labels of others move only in a write that leaves or finds the pod marked: dry runs are of one write alone."""
    maps = ("oldObject.metadata.annotations", "object.metadata.annotations")
    return " || ".join(f"(has({m}) && {_cel(DETACHED)} in {m})" for m in maps)


def _only_keys(field: str, keys: list[str], unless: str) -> tuple[tuple[str, str], ...]:
    """Hold every other key of a map to its old value: none added, none changed, none taken away."""
    new, old, ours = f"object.metadata.{field}", f"oldObject.metadata.{field}", f"k in {_cel(keys)}"
    beyond = f", and others of a pod that carries {DETACHED}" if unless else ""
    told = f"change only its own {field} of a pod: {', '.join(keys) or 'none'}{beyond}"
    stands = f"has({old}) && k in {old} && {old}[k] == {new}[k]"
    free = f"({unless}) || " if unless else ""
    return (
        (f"{free}!has({new}) || {new}.all(k, {ours} || ({stands}))", told),
        (f"{free}!has({old}) || {old}.all(k, {ours} || (has({new}) && k in {new}))", told),
    )


def _unchanged(field: str) -> tuple[str, str]:
    new, old = f"object.metadata.{field}", f"oldObject.metadata.{field}"
    return f"has({new}) == has({old}) && (!has({new}) || {new} == {old})", f"not change a pod's {field}"


# -- policies ----------------------------------------------------------------------------------------------


def _floor(labels: list[str], width: Width) -> tuple[tuple[str, str], ...]:
    kind, spec = "network policies", SPEC
    types = f"{spec}.policyTypes"
    governs = f"has({types}) && 'Ingress' in {types} && 'Egress' in {types}"
    narrow = "has(t.ipBlock) && t.all(k, k == 'ipBlock') && t.ipBlock.all(k, k == 'cidr')"
    listed = f"has(r.to) && r.all(k, k == 'to') && size(r.to) > 0 && r.to.all(t, {narrow} && {_within('t.ipBlock.cidr', width)})"
    shut = f"{governs} && {_none('ingress')} && {_each('egress', network_policy.dns_rules(), listed, width)}"
    return (
        _named((NAME_PREFIX,), kind),
        _selecting(f"{spec}.podSelector", labels, width, kind),
        _kept(shut, f"write only {kind} that allow nothing{_but(width)}, in both directions"),
    )


def _cilium(labels: list[str], width: Width) -> tuple[tuple[str, str], ...]:
    kind, spec = "Cilium policies", SPEC
    whole = (
        f"has({spec}) && !has(object.specs) && !has({spec}.nodeSelector) && !has({spec}.enableDefaultDeny)"
    )
    denies = " && ".join(f"has({spec}.{d}) && size({spec}.{d}) > 0" for d in ("ingressDeny", "egressDeny"))
    listed = f"has(r.toCIDR) && r.all(k, k == 'toCIDR') && size(r.toCIDR) > 0 && r.toCIDR.all(c, {_within('c', width)})"
    opened = _each("egress", cilium.dns_rules(port_ranges=True), listed, width)
    return (
        _named((NAME_PREFIX,), kind),
        _kept(whole, f"write only {kind} of one spec, for pods"),
        _selecting(f"{spec}.endpointSelector", labels, width, kind),
        _kept(f"{denies} && {_none('ingress')} && {opened}", _only_denies(kind, width)),
    )


def _calico(labels: list[str], width: Width, tiers: list[str]) -> tuple[tuple[str, str], ...]:
    kind, spec = "Calico policies", SPEC
    own = " || ".join(f"{spec}.selector.matches(\"^{key} == '[a-z0-9-]+'$\")" for key in labels)
    selects = f"has({spec}.selector) && ({_narrow(f'{spec}.selector') if width.workloads else own})"
    narrow = "r.all(k, k in ['action', 'destination']) && has(r.destination.nets) && r.destination.all(k, k == 'nets')"
    listed = (
        f"r.action == 'Allow' && has(r.destination) && {narrow} && size(r.destination.nets) > 0 "
        f"&& r.destination.nets.all(c, {_within('c', width)})"
    )
    deny = "r.action == 'Deny'"
    incoming = f"has({spec}.ingress) && {spec}.ingress.all(r, {deny})"
    opened = _each("egress", calico.dns_rules(), f"{deny} || ({listed})" if width.ranges else deny, width)
    placed = f"(has({spec}.tier) ? {spec}.tier : {_cel(calico.DEFAULT_TIER)}) in {_cel(tiers)}"
    types = f"has({spec}.types) && 'Ingress' in {spec}.types && 'Egress' in {spec}.types"
    return (
        _named(tuple(f"{tier}.{NAME_PREFIX}" for tier in tiers), kind),
        _kept(placed, f"write only {kind} of tier {' or '.join(tiers)}"),
        _kept(selects, f"write only {kind} that select {_whom(width)}"),
        _kept(f"{types} && {incoming} && {opened}", _only_denies(kind, width)),
    )


_KEY = "[A-Za-z0-9][A-Za-z0-9._/-]*"
_VALUE = "'[A-Za-z0-9._-]*'"
_SET = rf"\{{ {_VALUE}(, {_VALUE})* \}}"
_TERM = rf"({_KEY} == {_VALUE}|{_KEY} (not )?in {_SET}|!?has\({_KEY}\))"


def _narrow(selector: str) -> str:
    """
    Hold a Calico selector to what `calico.expression` writes, with a label that must have some value.

    Without that a roundabout ``!has(x)`` or ``a == 'b' || !has(c)`` is true of every pod; so is what Calico gives to all
    pods of a namespace by itself (``projectcalico.org/namespace``, ``pcns.`` and ``pcsa.``: its "Selectors").
    """
    given = r"(^|[ !(])(projectcalico\.org/|pcns\.|pcsa\.)"
    checks = (rf"^{_TERM}( && {_TERM})*$", rf"(^| && ){_KEY} (== |in \{{ )")
    held = " && ".join(f"{selector}.matches({_cel(check)})" for check in checks)
    return f"{held} && !{selector}.matches({_cel(given)})"


def _named(prefixes: tuple[str, ...], kind: str) -> tuple[str, str]:
    expression = " || ".join(f"{NAME}.startsWith({_cel(prefix)})" for prefix in prefixes)
    return expression, f"write only {kind} named {' or '.join(f'{prefix}...' for prefix in prefixes)}"


def _selecting(selector: str, labels: list[str], width: Width, kind: str) -> tuple[str, str]:
    by_label = f"has({selector}.matchLabels) && {selector}.matchLabels.exists(k, k in {_cel(labels)})"
    filled = [
        f"(has({selector}.{f}) && size({selector}.{f}) > 0)" for f in ("matchLabels", "matchExpressions")
    ]
    selects = f"has({selector}) && ({' || '.join(filled) if width.workloads else by_label})"
    return _kept(selects, f"write only {kind} that select {_whom(width)}")


def _kept(expression: str, message: str) -> tuple[str, str]:
    """A DELETE has no object to judge."""
    return f"request.operation == 'DELETE' || ({expression})", message


def _none(direction: str) -> str:
    return f"(!has({SPEC}.{direction}) || size({SPEC}.{direction}) == 0)"


def _each(direction: str, known: list[Manifest], listed: str, width: Width) -> str:
    """Every rule is one of those that ask for DNS, word for word, or opens just what may stay open."""
    exact = f"r in {_cel(known)}"
    also = f" || ({listed})" if width.ranges or "Deny" in listed else ""
    return f"(!has({SPEC}.{direction}) || {SPEC}.{direction}.all(r, {exact}{also}))"


def _within(cidr: str, width: Width) -> str:
    """IP and CIDR functions of CEL are there since Kubernetes 1.30."""
    return f"{_cel(list(width.ranges))}.exists(w, isCIDR({cidr}) && cidr(w).containsCIDR({cidr}))"


def _whom(width: Width) -> str:
    return "by some label" if width.workloads else "its own label"


def _but(width: Width) -> str:
    return f" but {' and '.join(('DNS', *width.ranges))}"


def _only_denies(kind: str, width: Width) -> str:
    return f"write only {kind} that deny both ways and allow nothing{_but(width)}"


def _cel(value: Any) -> str:
    """Write a CEL literal: JSON is one, escapes included, but that what differs in type must be called dynamic."""
    match value:
        case dict():
            return "{" + ", ".join(f"{json.dumps(k)}: dyn({_cel(v)})" for k, v in value.items()) + "}"
        case list() if any(isinstance(each, dict | list) for each in value):
            return "[" + ", ".join(f"dyn({_cel(each)})" for each in value) + "]"
        case _:
            return json.dumps(value)
