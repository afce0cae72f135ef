"""GET: one resource, a list in pages, a draft, the locks at a scope, an operation."""

from collections.abc import Mapping, Sequence

from bot.sandbox.azure.errors import Json, invalid, not_found, parent_not_found
from bot.sandbox.azure.resources import Firewall, IpGroup, Lock, Policy, Resource, RuleGroup, key, name_of
from bot.sandbox.azure.routes import Answer, Call
from bot.sandbox.azure.shapes import document, draft_document, lock_document, managed_document
from bot.sandbox.azure.world import World

KINDS: Mapping[str, type[Resource]] = {
    "ipgroups": IpGroup,
    "firewallpolicies": Policy,
    "azurefirewalls": Firewall,
    "rulecollectiongroups": RuleGroup,
}
_EXPANDABLE = ("firewalls", "firewallPolicies")


def answer_get(world: World, call: Call, base_url: str) -> Answer:
    """Answer a GET; raises ArmError where ARM would refuse."""
    match call.route.shape:
        case "one":
            return _one(world, call)
        case "managed":
            return _managed(world, call)
        case "list":
            return _list(world, call, base_url)
        case "draft":
            return _draft(world, call)
        case "locks":
            return _locks(world, call)
        case "operation":
            return _operation(world, call)
        case _:
            raise not_found(call.route.path)


def _one(world: World, call: Call) -> Answer:
    # The references are on the resource anyway; $expand is checked so that a misspelt one is found here first.
    if call.query.get("$expand", "firewalls") not in _EXPANDABLE:
        raise invalid(f"The expand value '{call.query['$expand']}' is not supported.")
    if call.route.kind == "rulecollectiongroups" and world.find(call.route.scope) is None:
        raise parent_not_found(name_of(call.route.scope))
    resource = world.find(call.route.path)
    if resource is None:
        raise not_found(call.route.path)
    return Answer(200, document(world, resource), {"ETag": resource.etag})


def _managed(world: World, call: Call) -> Answer:
    cluster = world.managed.get(key(call.route.path))
    if cluster is None:
        raise not_found(call.route.path)
    return Answer(200, managed_document(cluster))


def _list(world: World, call: Call, base_url: str) -> Answer:
    if call.route.kind == "rulecollectiongroups" and world.find(call.route.scope) is None:
        raise parent_not_found(name_of(call.route.scope))
    within = key(call.route.scope) + "/"
    kind = KINDS[call.route.kind]
    found = [r for name, r in world.resources.items() if isinstance(r, kind) and name.startswith(within)]
    return _page([document(world, resource) for resource in found], world.behaviour.page_size, call, base_url)


def _page(rows: Sequence[Json], size: int, call: Call, base_url: str) -> Answer:
    start = call.query.get("$skiptoken", "0")
    if not start.isdecimal():
        raise invalid("The skip token is not valid.")
    end = int(start) + size
    body: Json = {"value": list(rows[int(start) : end])}
    if end < len(rows):
        version = call.query["api-version"]
        body["nextLink"] = f"{base_url}{call.route.path}?api-version={version}&$skiptoken={end}"
    return Answer(200, body)


def _draft(world: World, call: Call) -> Answer:
    policy = world.find(call.route.scope)
    if not isinstance(policy, Policy):
        raise parent_not_found(name_of(call.route.scope))
    if key(policy.id) not in world.drafts:
        raise not_found(call.route.path)
    return Answer(200, draft_document(policy))


def _locks(world: World, call: Call) -> Answer:
    at_scope = call.query.get("$filter", "").replace(" ", "").lower() == "atscope()"
    asked = key(call.route.scope)
    found = [lock for lock in world.locks if _concerns(lock, asked, at_scope=at_scope)]
    return Answer(200, {"value": [lock_document(lock) for lock in found]})


def _concerns(lock: Lock, asked: str, *, at_scope: bool) -> bool:
    """Locks at and above a scope, and below it too without `atScope()` ("Get-AzResourceLock", -AtScope)."""
    above = covers(lock.scope, asked)
    return above or (not at_scope and covers(asked, lock.scope))


def covers(scope: str, resource_id: str) -> bool:
    """Say whether a scope is a resource itself or something that it stands in."""
    return (key(resource_id) + "/").startswith(key(scope) + "/")


def _operation(world: World, call: Call) -> Answer:
    operation = world.operations.get(call.route.name)
    if operation is None or operation.forgotten:
        raise not_found(call.route.path)
    headers = {} if operation.settled else {"Retry-After": str(world.behaviour.retry_after)}
    return Answer(200, operation.body(), headers)
