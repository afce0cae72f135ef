"""
Everything that must agree before an entry counts as in force: the group, the rules over it, every firewall below.

An IP Group may fail while the firewall reads Succeeded ("IP Groups in Azure Firewall"), and a firewall may be Failed
while the group reads Succeeded: so each is asked.
"""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from bot.adapters.azure.arm import Arm, Reply
from bot.adapters.azure.groups import view
from bot.adapters.azure.ids import kind_of
from bot.domain.arm import FirewallPolicy, RuleGroup
from bot.domain.errors import DeniedError
from bot.domain.firewalls import not_root, not_standing
from bot.domain.queries import FirewallFacts
from bot.domain.refs import ArmRef

T = TypeVar("T")

MOST = 200
"""Policies and firewalls that are looked at; beyond it the rest is named as not looked at."""


@dataclass(frozen=True)
class Seen:
    """One resource: its answer, ``None`` when it does not exist, or why it may not be read."""

    ref: ArmRef
    answer: Reply | DeniedError | None

    @property
    def state(self) -> str:
        """Its provisioning state; empty when there is none to see."""
        body = self.answer.body if isinstance(self.answer, Reply) else None
        properties = body.get("properties") if isinstance(body, dict) else None
        return str(properties.get("provisioningState") or "") if isinstance(properties, dict) else ""


@dataclass(frozen=True)
class Surroundings:
    """What was seen around a group, by case-folded id; ``cut`` when there was more than is looked at."""

    seen: Mapping[str, Seen]
    cut: bool

    def of(self, ref: ArmRef) -> Seen:
        """Return one that was asked for by name."""
        return self.seen[ref.id.casefold()]

    @property
    def ready(self) -> bool:
        """Whether nothing is being updated."""
        return all(rests(one.state) for one in self.seen.values())


def rests(state: str) -> bool:
    """Whether a provisioning state is an end: nothing runs. No state at all is not a running one."""
    return state.casefold() in {"succeeded", "failed", "canceled", ""}


async def look_around(arm: Arm, group: ArmRef, facts: FirewallFacts) -> Surroundings:
    """
    Read the group, rule group, root policy, configured firewalls, and whatever inherits from the policy.

    Raises ``OutsideError`` when something could not be read just now; what may never be read is ``Seen`` as such.
    """
    seen: dict[str, Seen] = {}
    waiting = _new((group, facts.root_policy, facts.rule_group, *facts.firewalls), seen)
    while waiting and len(seen) < MOST:
        for one in await together(_look(arm, ref) for ref in waiting[: MOST - len(seen)]):
            seen[one.ref.id.casefold()] = one
        waiting = _new([ref for one in list(seen.values()) for ref in _below(one)], seen)
    return Surroundings(seen, cut=bool(waiting))


async def together(calls: Iterable[Awaitable[T]]) -> list[T]:
    """Await all, then raise the first error if there is one: nothing goes on behind the caller's back."""
    found = await asyncio.gather(*calls, return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException):
            raise one
    return [one for one in found if not isinstance(one, BaseException)]


def _new(refs: Iterable[ArmRef], seen: Mapping[str, Seen]) -> list[ArmRef]:
    named = {ref.id.casefold(): ref for ref in refs}
    return [ref for name, ref in named.items() if name not in seen]


async def _look(arm: Arm, ref: ArmRef) -> Seen:
    try:
        return Seen(ref, await arm.get(ref))
    except DeniedError as denied:
        return Seen(ref, denied)
    except ValueError as error:
        return Seen(ref, DeniedError("BadId", str(error)))


def _below(one: Seen) -> Iterable[ArmRef]:
    """Return the children and firewalls that a policy names."""
    if kind_of(one.ref) != "firewallpolicies" or not isinstance(one.answer, Reply):
        return ()
    properties = view(one.answer, FirewallPolicy, one.ref).properties
    return [ArmRef(sub.id) for sub in (*(properties.child_policies or ()), *(properties.firewalls or ()))]


def disagreeing(around: Surroundings, facts: FirewallFacts, group: ArmRef, scope: str) -> tuple[str, ...]:
    """Name everything that leaves open whether the group is enforced, most telling first."""
    told = [
        *_not_denied(around.of(facts.rule_group), group, scope),
        *_not_first(around.of(facts.root_policy)),
        *((f"{group} (it is gone)",) if around.of(group).answer is None else ()),
        *(text for one in around.seen.values() for text in _state(one)),
    ]
    if around.cut:
        told.append(f"{facts.root_policy} (more than {MOST} policies and firewalls: not all were looked at)")
    return tuple(dict.fromkeys(told))


def _not_denied(rules: Seen, group: ArmRef, scope: str) -> tuple[str, ...]:
    if rules.answer is None:
        return (f"{rules.ref} (it is gone, and with it the standing denies)",)
    if isinstance(rules.answer, DeniedError):
        return ()
    wrong = not_standing(view(rules.answer, RuleGroup, rules.ref), group, scope)
    return (f"{rules.ref} (it no longer denies {group} as it must: {wrong.text})",) if wrong else ()


def _not_first(policy: Seen) -> tuple[str, ...]:
    if policy.answer is None:
        return (f"{policy.ref} (it is gone)",)
    if isinstance(policy.answer, DeniedError):
        return ()
    wrong = not_root(view(policy.answer, FirewallPolicy, policy.ref), policy.ref)
    return (f"{policy.ref} ({wrong.text})",) if wrong else ()


def _state(one: Seen) -> tuple[str, ...]:
    """A firewall that is gone enforces nothing and hides nothing: it is passed over."""
    if isinstance(one.answer, DeniedError):
        return (f"{one.ref} (not readable: {one.answer.code})",)
    if one.answer is None:
        return ()
    if not one.state:
        return (f"{one.ref} (it tells no state)",)
    return (str(one.ref),) if one.state.casefold() != "succeeded" and rests(one.state) else ()
