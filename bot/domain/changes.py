"""Writes as values, each with what must hold before it and its exact inverse."""

from enum import StrEnum

import msgspec

from bot.domain.documents import Document
from bot.domain.refs import ArmRef, KubeRef


class Create(msgspec.Struct, frozen=True, tag="create"):
    """Make an object of our own. Precondition: nothing of that name stands there."""

    ref: KubeRef
    body: Document


class Delete(msgspec.Struct, frozen=True, tag="delete"):
    """Remove an object of our own. Precondition: what stands there is ``body``, the server's defaults aside."""

    ref: KubeRef
    body: Document


class KeyEdit(msgspec.Struct, frozen=True):
    """One key of a string map (labels or annotations): what stood there and what shall; ``None`` is absent."""

    path: tuple[str, ...]
    before: str | None
    after: str | None

    @property
    def name(self) -> str:
        """How people and differences name the key: ``labels[firebreak.dev/quarantine]``."""
        return f"{self.path[-2]}[{self.path[-1]}]"


class When(StrEnum):
    """
    What a patch waits for before it is made.

    ``READY``: the pod says that it is Ready. ``TAKEN_BACK``: a controller owns it again, and has no pod too many.
    """

    ALWAYS = ""
    READY = "ready"
    TAKEN_BACK = "taken-back"


class Patch(msgspec.Struct, frozen=True, tag="patch", omit_defaults=True):
    """
    Set named keys of any object. Precondition: it has this UID, and each key holds ``before``.

    ``uid`` is the identity of the object; a recreated one of the same name is another object. ``when`` is what the
    patch waits for, ``undo_when`` what its inverse does. ``over``: the keys are set whatever stands there, as
    those of our own marks are; ``undo_over`` is the same for the inverse.
    """

    ref: KubeRef
    uid: str
    keys: tuple[KeyEdit, ...]
    when: When = When.ALWAYS
    undo_when: When = When.ALWAYS
    over: bool = False
    undo_over: bool = False


class Contribute(msgspec.Struct, frozen=True, tag="contribute"):
    """Have an entry in something that many containments share. Undone by withdrawing it."""

    thing: ArmRef
    entry: str


OwnChange = Create | Delete | Patch
Change = Create | Delete | Patch | Contribute


def invert(change: OwnChange) -> OwnChange:
    """
    Return the exact inverse: total, pure, and its own inverse.

    A ``Contribute`` has none: what the shared thing must contain is rendered from all that is still active.
    """
    match change:
        case Create(ref, body):
            return Delete(ref, body)
        case Delete(ref, body):
            return Create(ref, body)
        case Patch(ref, uid, keys, when, undo_when, over, undo_over):
            edits = tuple(KeyEdit(k.path, k.after, k.before) for k in reversed(keys))
            return Patch(ref, uid, edits, undo_when, when, undo_over, over)


def undo(changes: tuple[Change, ...]) -> tuple[OwnChange, ...]:
    """Return the inverses of our own changes, in reverse order."""
    return tuple(invert(c) for c in reversed(changes) if not isinstance(c, Contribute))


def forget(inverse: tuple[OwnChange, ...], theirs: frozenset[tuple[KubeRef, str]]) -> tuple[OwnChange, ...]:
    """
    Return the inverse without what others have made theirs, given as (object, field) pairs.

    Of a patch the named keys go; of an object that was changed or removed the whole change goes.
    """
    changed = {ref for ref, _ in theirs}
    kept: list[OwnChange] = []
    for change in inverse:
        if isinstance(change, Patch):
            keys = tuple(k for k in change.keys if (change.ref, k.name) not in theirs)
            kept += [msgspec.structs.replace(change, keys=keys)] if keys else []
        elif change.ref not in changed:
            kept.append(change)
    return tuple(kept)
