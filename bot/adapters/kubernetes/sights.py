"""Changes held against the world: before, ours, now."""

from typing import Any

from bot.adapters.kubernetes.api import Api, Stored
from bot.adapters.kubernetes.comparison import WHOLE, differences, shown
from bot.domain.changes import Create, Delete, KeyEdit, OwnChange, Patch
from bot.domain.requests import Difference
from bot.ports import Sight

THERE = "stands as written"


async def observe(api: Api, change: OwnChange) -> Sight:
    """
    Return how a change stands. Raises ``OutsideError`` when it cannot be read.

    ``differences`` also say what is missing where it is ``undone``: for an active containment that is drift. A
    patch of which some keys are done and the others are as before is ``undone`` too: it can simply be made.
    """
    found = await api.get(change.ref)
    match change:
        case Create():
            return _created(change, found)
        case Delete():
            return _deleted(change, found)
        case Patch():
            return _patched(change, found)


def _created(change: Create, found: Stored | None) -> Sight:
    if found is None:
        return Sight(undone=True, differences=(Difference(change.ref, WHOLE, THERE, None),))
    drift = list(differences(change.ref, change.body, found.body))
    if found.terminating:
        since = shown(found.metadata.get("deletionTimestamp"))
        drift.append(Difference(change.ref, "metadata.deletionTimestamp", None, since))
    return Sight(done=not drift, version=found.version, differences=tuple(drift))


def _deleted(change: Delete, found: Stored | None) -> Sight:
    if found is None:
        return Sight(done=True)
    drift = differences(change.ref, change.body, found.body)
    left = (Difference(change.ref, WHOLE, None, THERE),)
    return Sight(undone=not drift, version=found.version, differences=drift or left)


def _patched(change: Patch, found: Stored | None) -> Sight:
    if found is None or found.uid != change.uid:
        return Sight(gone=True)
    standing = [(key, value_at(found, key)) for key in change.keys]
    drift = tuple(
        Difference(change.ref, key.name, key.after, shown(now)) for key, now in standing if now != key.after
    )
    foreign = any(now not in (key.before, key.after) for key, now in standing)
    return Sight(done=not drift, undone=bool(drift) and not foreign, version=found.version, differences=drift)


def value_at(found: Stored, key: KeyEdit) -> Any:
    """Return what stands at a key, ``None`` where nothing does."""
    value: Any = found.body
    for step in key.path:
        value = value.get(step) if isinstance(value, dict) else None
    return value
