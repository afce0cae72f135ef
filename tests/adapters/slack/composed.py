"""Requests of several actions for tests of their cards: made by joining plans as the action does."""

from collections.abc import Iterator
from datetime import timedelta

import msgspec

from bot.actions import parameters
from bot.actions.block_address import BlockAddress
from bot.actions.contain import Contain, Single
from bot.actions.quarantine_pod import QuarantinePod
from bot.domain.composing import joined
from bot.domain.findings import BlastRadius, Finding, Forecast, Verdict
from bot.domain.plans import Plan
from bot.domain.requests import Moment
from bot.domain.states import PartState
from bot.engine.reading import Shown
from tests.adapters.slack.staging import NOW, address_part, plan_of, pod_part, shown

CILIUM = ("cilium: its nodes enforce it, and the rights are there",)


def of_pods(namespace: str, *names: str, first: int = 0) -> Plan:
    """Return the plan of one step that cuts pods."""
    parts = tuple(pod_part(name, first + n) for n, name in enumerate(names))
    targets = (msgspec.structs.replace(part.target, namespace=namespace) for part in parts)
    own = tuple(
        msgspec.structs.replace(part, target=target) for part, target in zip(parts, targets, strict=True)
    )
    listed = ", ".join(f"{namespace}/{name}" for name in names)
    return plan_of(
        *own,
        strategy="cilium",
        means=CILIUM,
        forecast=Forecast.FULL,
        residual=(Finding("icmp", namespace, "ICMP from its own node passes"),),
        summary=f"Cut {listed} in prod off the network, and no other pod",
        eta="accepted within seconds, in effect within 5 s",
        blast_radius=BlastRadius(pods=len(names), services=(f"{namespace}/api",), ready_left=2),
    )


def of_addresses(*addresses: str) -> Plan:
    """Return the plan of one step that blocks addresses."""
    return plan_of(
        *map(address_part, addresses),
        action="block-address",
        strategy="ip-group",
        residual=(Finding("ipv6", "prod", "IPv6 is not covered"),),
        side_effects=(),
        warnings=(),
        unseen=(),
        summary=f"Deny {', '.join(addresses)} at the firewall, for cluster prod alone",
        blast_radius=BlastRadius(addresses=len(addresses)),
    )


def together(steps: tuple[Single, ...]) -> Plan:
    """Return the joined plan of these steps."""
    plan = joined("contain", parameters(Contain("prod", steps)), tuple(_plans(steps)))
    assert isinstance(plan, Plan), plan
    return plan


def _plans(steps: tuple[Single, ...]) -> Iterator[Plan]:
    first = 0
    for step in steps:
        names = tuple(name for _, name in step.places)
        yield (
            of_addresses(*names)
            if isinstance(step, BlockAddress)
            else of_pods(step.namespace, *names, first=first)
        )
        first += len(names)


STORY = (
    QuarantinePod("prod", "payments", ("api-7d9f",)),
    QuarantinePod("prod", "shop", ("cart-5c6d", "cart-9x2k")),
    BlockAddress("prod", ("203.0.113.7",)),
)


def cancelled() -> Shown:
    """Return the story's request, of which the pods are cut; a vote was disowned before the address had its turn."""
    whole = failed()
    address = msgspec.structs.replace(
        whole.rows[-1], state=PartState.CANCELLED, moments=(Moment(PartState.CANCELLED, NOW),), trouble=""
    )
    return msgspec.structs.replace(whole, rows=(*whole.rows[:-1], address))


def failed() -> Shown:
    """Return the story's request, of which the pods are cut and the address was refused by Azure."""
    whole = shown(PartState.APPLIED, together(STORY), approved_at=NOW - timedelta(seconds=20))
    pods = tuple(msgspec.structs.replace(row, verdict=Verdict.CONTAINED) for row in whole.rows[:-1])
    address = msgspec.structs.replace(
        whole.rows[-1],
        state=PartState.FAILED,
        moments=(Moment(PartState.FAILED, NOW),),
        trouble="ScopeLocked: a lock stands in the way: have its owner take it away; waiting does not help.",
    )
    return msgspec.structs.replace(whole, rows=(*pods, address))
