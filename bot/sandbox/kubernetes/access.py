"""Who calls, and what they may do: a small table in the place of RBAC."""

from dataclasses import dataclass
from typing import Final

from bot.sandbox.kubernetes.calls import Target
from bot.sandbox.kubernetes.objects import Json
from bot.sandbox.kubernetes.statuses import ApiError

ANY: Final = ("*",)


@dataclass(frozen=True, slots=True)
class Rule:
    """Requests, described as an RBAC rule does; `*` stands for all, no names for every name.

    A subresource is written `pods/status`. Namespaces name where the rule holds.
    """

    verbs: tuple[str, ...] = ANY
    groups: tuple[str, ...] = ANY
    resources: tuple[str, ...] = ANY
    namespaces: tuple[str, ...] = ANY
    names: tuple[str, ...] = ()

    def covers(self, target: Target) -> bool:
        """Tell whether the request is one of those described."""
        full = f"{target.plural}/{target.subresource}" if target.subresource else target.plural
        pairs = (
            (self.verbs, target.verb),
            (self.groups, target.group),
            (self.resources, full),
            (self.namespaces, target.namespace),
        )
        named = not self.names or target.name in self.names
        return named and all(allowed == ANY or value in allowed for allowed, value in pairs)


@dataclass(frozen=True, slots=True)
class User:
    """An identity with what it may do: what is allowed and not denied."""

    name: str
    allow: tuple[Rule, ...] = (Rule(),)
    deny: tuple[Rule, ...] = ()

    def may(self, target: Target) -> bool:
        """Tell whether this user may make the request."""
        denied = any(rule.covers(target) for rule in self.deny)
        return not denied and any(rule.covers(target) for rule in self.allow)


ANONYMOUS: Final = User("system:anonymous", allow=())


def refusal(user: User, target: Target) -> ApiError:
    """Return the 403 that tells this user what is missing, in the words of the real server."""
    full = f"{target.plural}/{target.subresource}" if target.subresource else target.plural
    where = f'in the namespace "{target.namespace}"' if target.namespace else "at the cluster scope"
    why = f'User "{user.name}" cannot {target.verb} resource "{full}" in API group "{target.group}" {where}'
    qualified = f"{target.plural}.{target.group}" if target.group else target.plural
    subject = f'{qualified} "{target.name}"' if target.name else qualified
    details = {"name": target.name} if target.name else {}
    details |= {"group": target.group} if target.group else {}
    return ApiError(403, "Forbidden", f"{subject} is forbidden: {why}", {**details, "kind": target.plural})


def _unasked() -> ApiError:
    field, why = "spec.resourceAttributes", "Invalid value: null: resourceAttributes must be specified"
    cause = {"reason": "FieldValueInvalid", "message": why, "field": field}
    details = {"group": "authorization.k8s.io", "causes": [cause]}
    return ApiError(422, "Invalid", f'.authorization.k8s.io "" is invalid: {field}: {why}', details)


def review(user: User, body: Json | None) -> Json:
    """Answer a `SelfSubjectAccessReview` (authorization.k8s.io/v1); raises `ApiError` 422 for another body."""
    spec = (body or {}).get("spec") or {}
    asked = spec.get("resourceAttributes")
    if not isinstance(asked, dict):
        raise _unasked()
    target = Target(
        asked.get("verb", ""),
        asked.get("group", ""),
        asked.get("version", ""),
        asked.get("resource", ""),
        asked.get("namespace", ""),
        asked.get("name", ""),
        asked.get("subresource", ""),
    )
    return {
        "kind": "SelfSubjectAccessReview",
        "apiVersion": "authorization.k8s.io/v1",
        "metadata": {},
        "spec": spec,
        "status": {"allowed": user.may(target)},
    }
