"""Whether a lock forbids writing: ReadOnly at the resource or anything that it stands in ("Lock your resources")."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

from bot.adapters.azure.arm import Arm, Reply
from bot.adapters.azure.errors import refusal
from bot.adapters.azure.ids import covers, scopes_of
from bot.adapters.azure.words import plain
from bot.domain.errors import OutsideError, UnknownOutcomeError
from bot.domain.queries import Unavailable, Unwelcome, Welcome
from bot.domain.refs import ArmRef

MOST_PAGES = 20
_MARK = "/providers/microsoft.authorization/locks/"


async def writable(arm: Arm, ref: ArmRef) -> Welcome | Unwelcome | Unavailable:
    """
    Say whether locks let a resource be written. A lock that was seen counts even where another scope is unreadable.

    Raises ``ValueError`` for an id that is not a Microsoft.Network resource.
    """
    found = await asyncio.gather(*(_at(arm, scope) for scope in scopes_of(ref)))
    locks = [lock for some in found if isinstance(some, list) for lock in some]
    for lock in locks:
        why = _forbids(lock, ref)
        if why:
            return Unwelcome("ScopeLocked", why)
    trouble = next((some for some in found if isinstance(some, OutsideError)), None)
    if trouble is not None:
        return Unavailable(f"the locks over {ref} could not be read: {trouble}")
    return Welcome()


async def _at(arm: Arm, scope: str) -> list[Any] | OutsideError:
    try:
        return [lock async for lock in _pages(arm, scope)]
    except OutsideError as error:
        return error
    except ValueError as error:
        return UnknownOutcomeError("NextPage", str(error))


async def _pages(arm: Arm, scope: str) -> AsyncIterator[Any]:
    reply = await arm.locks(scope)
    for _ in range(MOST_PAGES):
        for lock in _rows(reply):
            yield lock
        following = reply.body.get("nextLink")
        if not following:
            return
        reply = await arm.follow(str(following))
        if reply.status == 404:
            raise refusal(reply.status, reply.body, reply.headers)
    raise UnknownOutcomeError("TooManyPages", f"more than {MOST_PAGES} pages of locks")


def _rows(reply: Reply) -> Iterator[Any]:
    rows = reply.body.get("value") if isinstance(reply.body, dict) else None
    if not isinstance(rows, list):
        raise UnknownOutcomeError("Unreadable", "the list of locks was not understood")
    return iter(rows)


def _forbids(lock: Any, ref: ArmRef) -> str:
    """Return why a lock forbids the write, or nothing. A lock that cannot be read forbids it."""
    properties = lock.get("properties") if isinstance(lock, dict) else None
    if not isinstance(properties, dict) or not isinstance(lock.get("id"), str):
        return "a lock that cannot be understood stands here"
    lock_id: str = lock["id"]
    scope = lock_id[: lock_id.casefold().rfind(_MARK)] if _MARK in lock_id.casefold() else ""
    if str(properties.get("level")).casefold() != "readonly" or not covers(scope, ref):
        return ""
    notes = f": {properties['notes']}" if properties.get("notes") else ""
    return plain(f"lock {lock.get('name')} (ReadOnly) stands at {scope}{notes}")
