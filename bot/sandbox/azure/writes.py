"""PUT of an IP Group or a rule group, PATCH of an IP Group's tags."""

from dataclasses import replace

from bot.sandbox.azure import bodies
from bot.sandbox.azure.errors import (
    ArmError,
    Refusal,
    another_operation,
    method_not_allowed,
    not_found,
    parent_not_found,
    precondition_failed,
    scope_locked,
)
from bot.sandbox.azure.faults import Fault, NullAnswer, Run
from bot.sandbox.azure.operations import Operation
from bot.sandbox.azure.reads import covers
from bot.sandbox.azure.resources import IpGroup, Policy, Resource, RuleGroup, name_of
from bot.sandbox.azure.routes import Answer, Call
from bot.sandbox.azure.shapes import document
from bot.sandbox.azure.world import World


def answer_put(world: World, call: Call, fault: Fault | None, base_url: str) -> Answer:
    """Answer a PUT: locks, then the body, then ETags, then what else is running, then it is accepted."""
    existing = _writable(world, call)
    refuse_locked(world, call.route.path)
    wanted = _wanted(world, call, existing)
    _refuse_outdated(world, call, existing)
    if running := world.blocking(wanted):
        raise another_operation(_operation_url(world, running, call, base_url))
    if isinstance(fault, NullAnswer) and existing is not None and _same(wanted, existing):
        return Answer(200, None)
    return _accept(world, call, wanted, fault if isinstance(fault, Run) else Run(), base_url)


def answer_patch(world: World, call: Call) -> Answer:
    """Answer a PATCH of tags, which is done at once ("IP Groups - Update Groups")."""
    existing = _writable(world, call)
    if call.route.kind != "ipgroups":
        raise method_not_allowed(call.method)
    if not isinstance(existing, IpGroup):
        raise not_found(call.route.path)
    refuse_locked(world, call.route.path)
    stored = world.store(replace(existing, tags=bodies.tags_only(call.body)))
    return Answer(200, document(world, stored), {"ETag": stored.etag})


def refuse_locked(world: World, resource_id: str) -> None:
    """Raise 409 ScopeLocked where a ReadOnly lock stands at the resource or above it."""
    for lock in world.locks:
        if lock.level == "ReadOnly" and covers(lock.scope, resource_id):
            raise scope_locked(resource_id, lock.scope)


def _writable(world: World, call: Call) -> Resource | None:
    if call.route.shape != "one" or call.route.kind not in ("ipgroups", "rulecollectiongroups"):
        raise method_not_allowed(call.method)
    return world.find(call.route.path)


def _wanted(world: World, call: Call, existing: Resource | None) -> IpGroup | RuleGroup:
    if call.route.kind == "ipgroups":
        return bodies.ip_group(
            call.route.path, call.body, existing if isinstance(existing, IpGroup) else None
        )
    policy = world.find(call.route.scope)
    if not isinstance(policy, Policy):
        raise parent_not_found(name_of(call.route.scope))
    if policy.afc_managed:
        # What Azure answers is not published; that only Azure Firewall Controller may write is (azure-rest-api-specs#45942).
        raise ArmError(
            Refusal(400, "OperationNotAllowed", "The policy is managed by Azure Firewall Controller.")
        )
    return bodies.rule_group(existing.id if existing else call.route.path, call.body, world.resources)


def _refuse_outdated(world: World, call: Call, existing: Resource | None) -> None:
    """Honour If-Match and If-None-Match (RFC 9110 13.1), which for these two types nobody has proven of Azure."""
    if not world.behaviour.honours_if_match:
        return
    wanted = call.headers.get("if-match")
    if wanted is not None and (existing is None or wanted not in ("*", existing.etag)):
        raise precondition_failed(call.route.path)
    if call.headers.get("if-none-match") == "*" and existing is not None:
        raise precondition_failed(call.route.path)


def _same(wanted: IpGroup | RuleGroup, existing: Resource) -> bool:
    return replace(wanted, state=existing.state, etag=existing.etag) == existing


def _accept(world: World, call: Call, wanted: IpGroup | RuleGroup, run: Run, base_url: str) -> Answer:
    existing = world.find(wanted.id)
    stored = world.store(replace(wanted, state=existing.state) if existing else wanted)
    operation = world.start(wanted, run)
    headers = {
        "ETag": stored.etag,
        "Retry-After": str(world.behaviour.retry_after),
        "Azure-AsyncNotification": "Enabled",
        "Azure-AsyncOperation": run.url or _operation_url(world, operation, call, base_url),
    }
    return Answer(200 if existing else 201, document(world, stored), headers)


def _operation_url(world: World, operation: Operation, call: Call, base_url: str) -> str:
    subscription = call.route.path.split("/")[2]
    target = world.find(operation.target)
    region = bodies.region(target.location) if isinstance(target, IpGroup) else "westeurope"
    provider = f"/subscriptions/{subscription}/providers/Microsoft.Network"
    return f"{base_url}{provider}/locations/{region}/operations/{operation.id}?api-version={call.query['api-version']}"
