"""Each kind of change to its own way of being made."""

from bot.adapters.kubernetes import keys, own
from bot.adapters.kubernetes.api import Api
from bot.domain.changes import Create, Delete, OwnChange, Patch
from bot.domain.requests import Written


async def apply(api: Api, change: OwnChange) -> Written:
    """Make a change where its precondition holds, idempotently. Raises ``OutsideError``."""
    match change:
        case Create():
            return await own.create(api, change)
        case Delete():
            return await own.delete(api, change)
        case Patch():
            return await keys.patch(api, change)


async def restore(api: Api, change: OwnChange) -> Written:
    """Make a change over what others did: to our objects, and to the named keys. Raises ``OutsideError``."""
    match change:
        case Create():
            return await own.overwrite(api, change)
        case Delete():
            return await own.remove(api, change)
        case Patch():
            return await keys.overwrite(api, change)
