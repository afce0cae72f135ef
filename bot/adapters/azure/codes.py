"""
What Azure's refusals mean: its codes, and its HTTP statuses where the code says nothing.

Sources: "Troubleshoot common Azure deployment errors" (Azure Resource Manager documentation); cloud-provider-azure's
retry rules for ``CanceledAndSuperseded...`` and ``ReferencedResourceNotProvisioned``; "Request limits and throttling".
"""

from collections.abc import Mapping

from bot.domain.errors import (
    BusyError,
    ConflictError,
    DeniedError,
    OutsideError,
    ThrottledError,
    UnknownOutcomeError,
)

BUSY = frozenset(
    {
        "AnotherOperationInProgress",
        "RetryableErrorDueToAnotherOperation",
        "RetryableError",
        "CanceledAndSupersededDueToAnotherOperation",
        "ReferencedResourceNotProvisioned",
    }
)
CONFLICT = frozenset({"PreconditionFailed", "PreconditionFailedEtagMismatch", "SecurityRuleConflict"})
THROTTLED = frozenset(
    {
        "TooManyRequests",
        "SubscriptionRequestsThrottled",
        "TenantRequestsThrottled",
        "ResourceRequestsThrottled",
    }
)
_ROLE = "the bot's identity lacks a permission: have the role of deploy/azure assigned there"
_IDENTITY = "Azure does not accept the bot's identity: check its federated credential and its tenant"
ADVICE: Mapping[str, str] = {
    "AuthorizationFailed": _ROLE,
    "LinkedAuthorizationFailed": "the bot's identity lacks a permission on a linked resource, such as join/action: "
    "have the role of deploy/azure assigned there, too",
    "DenyAssignmentAuthorizationFailed": "a deny assignment stands in the way (managed resource group, deployment "
    "stack): have its owner exclude the bot's identity",
    "RequestDisallowedByPolicy": "an Azure Policy forbids it: have its owner exempt the IP Groups of deploy/azure",
    "ScopeLocked": "a lock stands in the way: have its owner take it away; waiting does not help",
    "ReadOnlyDisabledSubscription": "the subscription is disabled and read-only: have its owner enable it",
    "MissingSubscriptionRegistration": "Microsoft.Network is not registered in the subscription: have an owner "
    "register it; the bot does not",
    "AuthenticationFailed": _IDENTITY,
    "InvalidAuthenticationToken": _IDENTITY,
    "InvalidAuthenticationTokenTenant": _IDENTITY,
    "ExpiredAuthenticationToken": _IDENTITY,
    "ResourceNotFound": "it does not exist: have a network owner deploy deploy/azure, or correct the settings",
    "ResourceGroupNotFound": "its resource group does not exist: correct the settings",
    "SubscriptionNotFound": "the subscription is not known in this tenant: correct the settings",
}
ABSENT = frozenset({"ResourceNotFound", "ParentResourceNotFound", "ResourceGroupNotFound", "NotFound"})
"""Codes with which a 404 says that the resource is not there. A 404 without one may come from anything between."""

KNOWN = BUSY | CONFLICT | THROTTLED | frozenset(ADVICE)


def meaning(status: int, code: str) -> type[OutsideError]:
    """
    Return which kind of refusal this is.

    A server that failed (5xx) or gave up waiting may still have taken the write, whatever its code says.
    """
    if status >= 500 or status < 400 or status in {408, 499}:
        return UnknownOutcomeError
    for kind, codes in ((BusyError, BUSY), (ConflictError, CONFLICT), (ThrottledError, THROTTLED)):
        if code in codes:
            return kind
    if code in ADVICE:
        return DeniedError
    # A 409 that nobody has named: the engine's waiting is bounded, and the code is shown.
    return {409: BusyError, 412: ConflictError, 429: ThrottledError}.get(status, DeniedError)
