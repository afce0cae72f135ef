"""Named keys of objects that are not ours: set and put back, and nothing beside them touched."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from bot.adapters.kubernetes.api import Api, Stored
from bot.adapters.kubernetes.comparison import shown
from bot.adapters.kubernetes.sights import value_at
from bot.domain.changes import KeyEdit, Patch
from bot.domain.errors import BusyError, ConflictError
from bot.domain.reading import cut
from bot.domain.requests import Written

TRIES: Final = 3
Check = Callable[[Patch, Stored], None]


async def patch(api: Api, change: Patch) -> Written:
    """
    Set the keys where each holds what it should before, or ours already; ``over`` whatever it holds.

    Raises ``OutsideError``.
    """
    return await (overwrite(api, change) if change.over else _patch(api, change, _expected))


async def overwrite(api: Api, change: Patch) -> Written:
    """
    Set the keys whatever stands there: whoever changes the object without pause must not keep them from being set.

    Raises ``OutsideError``.
    """
    return await _patch(api, change, None)


async def _patch(api: Api, change: Patch, check: Check | None) -> Written:
    for _ in range(TRIES):
        found = await api.get(change.ref)
        if found is None:
            raise ConflictError("Gone", f"{change.ref} is gone")
        if found.uid != change.uid:
            raise ConflictError("Recreated", f"{change.ref} was recreated: it is another object")
        if check is not None:
            check(change, found)
        if all(value_at(found, key) == key.after for key in change.keys):
            return Written(change.ref, found.version, adopted=True)
        try:
            guard = found.version if check is not None else ""
            return Written(change.ref, (await api.merge(change.ref, merge_of(change, guard))).version)
        except ConflictError as error:
            if error.code not in {"Conflict", "NotFound", "Recreated"}:
                raise  # else somebody was quicker: read again, and say what stands there now
    raise BusyError("Unsteady", f"{change.ref} is changed again and again")


def merge_of(change: Patch, version: str) -> dict[str, Any]:
    """
    Return the merge patch that sets the keys, null removes.

    The UID makes a recreated object refuse it (422, "field is immutable"), the version, where one is given, one that has
    changed since it was read (409).
    """
    body: dict[str, Any] = {}
    for key in change.keys:
        _set(body, key.path, key.after)
    guards = {"uid": change.uid} | ({"resourceVersion": version} if version else {})
    body.setdefault("metadata", {}).update(guards)
    return body


def _set(body: dict[str, Any], path: Iterable[str], value: str | None) -> None:
    *steps, last = path
    for step in steps:
        body = body.setdefault(step, {})
    body[last] = value


def _expected(change: Patch, found: Stored) -> None:
    wrong = [key for key in change.keys if value_at(found, key) not in (key.before, key.after)]
    if wrong:
        raise ConflictError("Differs", cut(f"{change.ref}: {_told(wrong[0], found)}"))


def _told(key: KeyEdit, found: Stored) -> str:
    now, before = (
        value if value is not None else "absent" for value in (shown(value_at(found, key)), key.before)
    )
    return f"{key.name} is {now}, expected was {before}"
