"""Whole objects of our own: made, taken away, and written again over what others did to them."""

from typing import Final

from bot.adapters.kubernetes.api import Api, Stored
from bot.adapters.kubernetes.comparison import differences
from bot.domain.canary import CANARY
from bot.domain.changes import Create, Delete
from bot.domain.errors import BusyError, ConflictError
from bot.domain.isolation import REQUEST
from bot.domain.reading import cut
from bot.domain.refs import POD, KubeRef
from bot.domain.requests import Difference, Written

TRIES: Final = 3


async def create(api: Api, change: Create) -> Written:
    """Make an object; one that stands there exactly as ours is adopted. Raises ``OutsideError``."""
    body = change.body.value
    for _ in range(TRIES):
        try:
            made = await api.create(change.ref, body)
            return Written(change.ref, made.version, uid=made.uid)
        except ConflictError as error:
            if error.code != "AlreadyExists":
                raise
        found = await api.get(change.ref)
        if found is not None:
            _passing(change.ref, found)
            _as_ours(change, found)
            return Written(change.ref, found.version, adopted=True)
    raise BusyError("Unsteady", f"{change.ref} comes and goes")


async def delete(api: Api, change: Delete) -> Written:
    """Remove exactly our object, as it was read; none is adopted. Raises ``OutsideError``."""
    for _ in range(TRIES):
        found = await api.get(change.ref)
        if found is None:
            return Written(change.ref, "", adopted=True)
        _as_ours(change, found)
        if await _removed(api, change.ref, found):
            return Written(change.ref, found.version)
    raise BusyError("Unsteady", f"{change.ref} is changed again and again")


async def overwrite(api: Api, change: Create) -> Written:
    """Make our object stand as written, over what others did to it. Raises ``OutsideError``."""
    for _ in range(TRIES):
        found = await api.get(change.ref)
        if found is None:
            return await create(api, change)
        _passing(change.ref, found)
        _marked(change, found)
        if not differences(change.ref, change.body, found.body):
            return Written(change.ref, found.version, adopted=True)
        body = change.body.value
        guard = {"resourceVersion": found.version}
        try:
            made = await api.replace(change.ref, {**body, "metadata": {**body["metadata"], **guard}})
        except ConflictError:
            continue
        return Written(change.ref, made.version)
    raise BusyError("Unsteady", f"{change.ref} is changed again and again")


async def remove(api: Api, change: Delete) -> Written:
    """Remove our object, whatever others made of it. Raises ``OutsideError``."""
    for _ in range(TRIES):
        found = await api.get(change.ref)
        if found is None:
            return Written(change.ref, "", adopted=True)
        _marked(change, found)
        if await _removed(api, change.ref, found):
            return Written(change.ref, found.version)
    raise BusyError("Unsteady", f"{change.ref} is changed again and again")


async def _removed(api: Api, ref: KubeRef, seen: Stored) -> bool:
    """Delete what was seen; False where it changed since. Somebody's finalizer may hold it: that is said."""
    _passing(ref, seen)
    try:
        await api.delete(ref, seen)
    except ConflictError as error:
        return error.code == "NotFound"
    if not api.dry_run and seen.metadata.get("finalizers"):
        left = await api.get(ref)
        if left is not None and left.uid == seen.uid:
            _passing(ref, left)
    return True


def _passing(ref: KubeRef, found: Stored) -> None:
    if found.terminating:
        holders = ", ".join(str(holder) for holder in found.metadata.get("finalizers") or ())
        raise BusyError(
            "Terminating", cut(f"{ref} is on its way out, held by: {holders or 'its grace period'}")
        )


def _as_ours(change: Create | Delete, found: Stored) -> None:
    """Raise ``ConflictError`` unless it carries our mark and stands as written."""
    _marked(change, found)
    drift = differences(change.ref, change.body, found.body)
    if drift:
        raise ConflictError("Differs", cut(f"{change.ref}: {_told(drift[0])}"))


def _marked(change: Create | Delete, found: Stored) -> None:
    """Of a pod both marks count: what holds the bot to canaries lets it delete none without the second."""
    labels = found.metadata.get("labels") or {}
    for key in (REQUEST, CANARY) if change.ref.kind == POD else (REQUEST,):
        ours = change.body.at("metadata", "labels", key)
        if not ours or labels.get(key) != ours:
            raise ConflictError("NotOurs", cut(f"{change.ref} exists and does not carry {key}={ours}"))


def _told(drift: Difference) -> str:
    ours = "absent" if drift.ours is None else f"'{drift.ours}'"
    now = "absent" if drift.now is None else f"'{drift.now}'"
    return f"{drift.field} is {now}, ours is {ours}"
