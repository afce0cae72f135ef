"""A store of objects in memory that makes our own changes as an API server does, with their preconditions."""

import copy
from typing import Any

from bot.domain.changes import Create, Delete, KeyEdit, OwnChange, Patch
from bot.domain.refs import KubeRef

Bodies = dict[KubeRef, dict[str, Any]]


class PreconditionError(Exception):
    """What stands there is not what the change expects."""


def applied(bodies: Bodies, change: OwnChange) -> Bodies:
    """
    Return the objects after a change; one that is made already changes nothing.

    Raises ``PreconditionError``.
    """
    after = copy.deepcopy(bodies)
    match change:
        case Create(ref, body):
            if ref in after and after[ref] != body.value:
                raise PreconditionError(f"{ref} stands already")
            after[ref] = body.value
        case Delete(ref, body):
            if ref in after and after[ref] != body.value:
                raise PreconditionError(f"{ref} was edited")
            after.pop(ref, None)
        case Patch(ref, uid, keys):
            if ref not in after or after[ref]["metadata"]["uid"] != uid:
                raise PreconditionError(f"{ref} is another object now")
            for key in keys:
                _edit(after[ref], key)
    return after


def _edit(body: dict[str, Any], edit: KeyEdit) -> None:
    holder = body
    for key in edit.path[:-1]:
        holder = holder.setdefault(key, {})
    now = holder.get(edit.path[-1])
    if now not in (edit.before, edit.after):
        raise PreconditionError(f"{edit.path[-1]} holds {now!r}")
    if edit.after is None:
        holder.pop(edit.path[-1], None)
    else:
        holder[edit.path[-1]] = edit.after
    if not holder:  # an API server drops an empty map
        _drop(body, edit.path[:-1])


def _drop(body: dict[str, Any], path: tuple[str, ...]) -> None:
    for key in path[:-1]:
        body = body[key]
    del body[path[-1]]
