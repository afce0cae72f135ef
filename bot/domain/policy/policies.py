"""The whole of policy.yaml, version 1, as one frozen value."""

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
import rfc8785
from msgspec import Meta

from bot.domain.policy.alone import BreakGlass, Solo
from bot.domain.policy.durations import Duration
from bot.domain.policy.limits import AddsApprover, Caps, Flood, NoWorse
from bot.domain.policy.names import GroupName
from bot.domain.policy.protection import Protected
from bot.domain.policy.rules import AlertRule, FlowRule, Group, GroupNames, Rule
from bot.domain.policy.unattended import Unattended

VERSION: Final = 1
ESCALATE_AFTER: Final = 10 * 60


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    Who may do what. What no rule allows is refused.

    The same value is in force for a request as a whole; ``policy_hash`` names it in every decision.
    """

    version: Literal[1]
    groups: Annotated[Mapping[GroupName, Group], Meta(max_length=200)]
    reads: GroupNames
    rules: Annotated[tuple[Rule, ...], Meta(max_length=500)]
    protected: Protected = Protected()
    caps: Caps = Caps()
    adds_approver: AddsApprover = AddsApprover()
    no_worse: NoWorse = NoWorse()
    escalation: Annotated[
        tuple[GroupName, ...],
        Meta(max_length=50, description="Mentioned when nobody decides. An empty list is nobody."),
    ] = ()
    escalate_after: Duration = msgspec.field(default_factory=lambda: Duration(ESCALATE_AFTER))
    solo: Solo | None = None
    break_glass: BreakGlass | None = None
    auto: Unattended | None = None
    flood: Flood = Flood()
    evidence: Annotated[
        tuple[GroupName, ...],
        Meta(
            max_length=50,
            description="May be handed the original bytes of evidence. An empty list is nobody.",
        ),
    ] = ()
    flows: Annotated[
        tuple[FlowRule, ...],
        Meta(max_length=100, description="Who may ask who talked to whom. An empty list is nobody."),
    ] = ()
    alerts: AlertRule = AlertRule()


EMPTY: Final = Policy(version=1, groups={}, reads=(), rules=())


def with_own_namespace(policy: Policy, namespace: str) -> Policy:
    """Return the policy that also protects the namespace the bot itself runs in, even where defaults are replaced."""
    spaces = policy.protected.namespaces
    if not namespace or namespace in spaces:
        return policy
    protected = msgspec.structs.replace(policy.protected, namespaces=(*spaces, namespace))
    return msgspec.structs.replace(policy, protected=protected)


def policy_hash(policy: Policy) -> str:
    """Return the SHA-256, in hex, of the policy in force as RFC 8785 JSON: defaults spelt out, seconds as numbers."""
    force = msgspec.structs.replace(policy, protected=policy.protected.effective)
    return hashlib.sha256(rfc8785.dumps(msgspec.to_builtins(force, enc_hook=_plain))).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, int):  # a Duration, which msgspec does not know
        return int(value)
    raise NotImplementedError(type(value).__name__)
