"""
Whether an object of ours stands as we wrote it.

Compared is what decides what it does: our labels and annotations, and all of its content, where nothing may be
missing, other or extra. What the API fills in by itself is filled in on both sides first; a kind whose defaults
are not known here must be written out in full. Labels and annotations that others add do nothing, and are theirs.

Of a pod only our labels and annotations are compared: the API fills in dozens of fields, admission injects more, and it
decides nothing by standing there. Whether a canary still runs what we wrote, whoever believes its message looks at.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from bot.domain.documents import Document
from bot.domain.reading import cut
from bot.domain.refs import NETWORK_POLICY, POD, Kind, KubeRef
from bot.domain.requests import Difference

_FRAME = frozenset({"apiVersion", "kind", "metadata", "status"})
_MAPS = ("labels", "annotations")
WHOLE = "object"


def differences(ref: KubeRef, ours: Document, now: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Return what stands otherwise than in our body, empty when it stands as written."""
    body = ours.value
    found = [Difference(ref, name, a, b) for name, a, b in _metadata(body, now)]
    if ref.kind == POD:
        return tuple(found)
    wanted, stands = (_settled(ref.kind, _content(item)) for item in (body, now))
    found += [Difference(ref, name, shown(a), shown(b)) for name, a, b in _unequal("", wanted, stands)]
    return tuple(found)


def shown(value: Any) -> str | None:
    """Return a JSON value as people read it; ``None`` is absent."""
    if value is None or isinstance(value, str):
        return value if value is None else cut(value)
    return cut(msgspec.json.encode(value, order="sorted").decode())


def _metadata(ours: Any, now: Mapping[str, Any]) -> list[tuple[str, str | None, str | None]]:
    found: list[tuple[str, str | None, str | None]] = []
    for part in _MAPS:
        wanted, stands = (item.get("metadata", {}).get(part) or {} for item in (ours, now))
        found += [
            (f"{part}[{key}]", value, shown(stands.get(key)))
            for key, value in sorted(wanted.items())
            if stands.get(key) != value
        ]
    return found


def _content(body: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key not in _FRAME}


def _settled(kind: Kind, content: dict[str, Any]) -> Any:
    pruned = _pruned(content)
    return _network_policy(pruned) if kind == NETWORK_POLICY else pruned


def _pruned(value: Any) -> Any:
    """Return the value without nulls and empty lists, which the API does not tell from absent ones."""
    if isinstance(value, dict):
        kept = {key: _pruned(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item is not None and item != []}
    return [_pruned(item) for item in value] if isinstance(value, list) else value


def _network_policy(content: Any) -> Any:
    """Fill in as ``pkg/apis/networking/v1/defaults.go`` of Kubernetes does."""
    spec = dict(content.get("spec") or {})
    spec.setdefault("podSelector", {})
    spec.setdefault("policyTypes", ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])
    for direction in ("ingress", "egress"):
        if direction in spec:
            spec[direction] = [_rule(rule) for rule in spec[direction]]
    return {**content, "spec": spec}


def _rule(rule: Any) -> Any:
    if not isinstance(rule, dict) or "ports" not in rule:
        return rule
    return {**rule, "ports": [{"protocol": "TCP", **port} for port in rule["ports"]]}


def _unequal(path: str, ours: Any, now: Any) -> list[tuple[str, Any, Any]]:
    if isinstance(ours, dict) and isinstance(now, dict):
        keys = sorted(ours.keys() | now.keys())
        pairs = [_unequal(f"{path}.{k}" if path else k, ours.get(k), now.get(k)) for k in keys]
        return [one for some in pairs for one in some]
    same = type(ours) is type(now) and ours == now  # True == 1 in Python, not in JSON
    return [] if same else [(path, ours, now)]
