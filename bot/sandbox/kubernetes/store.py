"""The objects themselves, each write under its own version."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid5

from bot.sandbox.kubernetes.objects import Json, metadata_of, name_of, namespace_of
from bot.sandbox.kubernetes.resources import Resource

_OF_SANDBOX: Final = UUID("6f9619ff-8b86-4011-b42d-00cf4fc964ff")
_SAFE_LETTERS: Final = "bcdfghjklmnpqrstvwxz2456789"  # what the API's own name generator draws from

Listener = Callable[[Resource, Json | None, Json | None], None]


@dataclass(slots=True)
class Identities:
    """UIDs and name suffixes that are unique in a cluster, and the same in every staging of it."""

    cluster: str
    given: int = 0

    def uid(self) -> str:
        """Return a UID that nothing had before."""
        self.given += 1
        return str(uuid5(_OF_SANDBOX, f"{self.cluster}/{self.given}"))

    def suffix(self, length: int = 5) -> str:
        """Return letters for a generated name."""
        number = UUID(self.uid()).int
        letters = []
        for _ in range(length):
            number, digit = divmod(number, len(_SAFE_LETTERS))
            letters.append(_SAFE_LETTERS[digit])
        return "".join(letters)


class Store:
    """Objects by resource, namespace and name.

    What is stored is never changed in place, so a reader may keep what it was given: a page of a list, or the
    state before a write. Every write takes the next version, one sequence for all resources.
    """

    def __init__(self) -> None:
        self.version = 1
        self._objects: dict[Resource, dict[tuple[str, str], Json]] = defaultdict(dict)
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Call `listener(resource, before, after)` after each write; None stands for absent."""
        self._listeners.append(listener)

    def find(self, resource: Resource, namespace: str, name: str) -> Json | None:
        """Return one object, or None."""
        return self._objects[resource].get((namespace, name))

    def each(self, resource: Resource, namespace: str | None = None) -> list[Json]:
        """Return the objects in the order of namespace and name, of one namespace or of all."""
        held = self._objects[resource]
        return [held[key] for key in sorted(key for key in held if namespace in {None, key[0]})]

    def put(self, resource: Resource, body: Json) -> Json:
        """Store the object under the next version and return it as stored."""
        self.version += 1
        stored = {**body, "metadata": {**metadata_of(body), "resourceVersion": str(self.version)}}
        key = (namespace_of(stored), name_of(stored))
        before = self._objects[resource].get(key)
        self._objects[resource][key] = stored
        self._tell(resource, before, stored)
        return stored

    def drop(self, resource: Resource, body: Json) -> None:
        """Remove the object of this name."""
        self.version += 1
        before = self._objects[resource].pop((namespace_of(body), name_of(body)), None)
        self._tell(resource, before, None)

    def _tell(self, resource: Resource, before: Json | None, after: Json | None) -> None:
        for listener in self._listeners:
            listener(resource, before, after)
