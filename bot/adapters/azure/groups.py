"""An IP Group as a document: what it holds, and the document that asks for other entries and nothing else."""

import copy
from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

from bot.adapters.azure.arm import Reply
from bot.adapters.azure.words import plain
from bot.domain.errors import UnknownOutcomeError
from bot.domain.lanes import normal
from bot.domain.refs import ArmRef

T = TypeVar("T", bound=msgspec.Struct)

# "IP Groups - Get": read-only for the caller. The SDK leaves them out of a PUT, and so do we.
_READ_ONLY = ("name", "type", "etag", "systemData")
_READ_ONLY_PROPERTIES = ("provisioningState", "firewalls", "firewallPolicies")


def view(reply: Reply, kind: type[T], ref: ArmRef) -> T:
    """Return a typed view of a document. Raises ``UnknownOutcomeError`` for one that is not understood."""
    try:
        return msgspec.convert(reply.body, type=kind)
    except msgspec.ValidationError as error:
        text = f"what Azure answered for {ref} was not understood: {error}"
        raise UnknownOutcomeError("Unreadable", plain(text)) from error


def asking_for(document: dict[str, Any], entries: Sequence[str]) -> dict[str, Any]:
    """Return a document with exactly these entries; everything else that a caller may write is kept as it is."""
    wanted = copy.deepcopy({key: value for key, value in document.items() if key not in _READ_ONLY})
    properties = wanted.setdefault("properties", {})
    for key in _READ_ONLY_PROPERTIES:
        properties.pop(key, None)
    properties["ipAddresses"] = list(entries)
    return wanted


def holds_exactly(current: Sequence[str], entries: Sequence[str]) -> bool:
    """Whether a group holds these entries already, however they are spelled or ordered."""
    return sorted(map(normal, current)) == sorted(map(normal, entries))
