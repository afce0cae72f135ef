"""What every write needs beside its object: the store, the time, and the terms of the request."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bot.sandbox.kubernetes.objects import Clock, Json, metadata_of, rfc3339
from bot.sandbox.kubernetes.resources import Resource
from bot.sandbox.kubernetes.statuses import not_found
from bot.sandbox.kubernetes.store import Identities, Store

Admission = Callable[[Resource, str], None]


def _admit_all(_resource: Resource, _name: str) -> None:
    """Refuse nothing."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How a write was asked for: tried out only or for good, by which field manager, and who may still refuse it."""

    manager: str = "unknown"
    dry_run: bool = False
    admit: Admission = _admit_all


@dataclass(frozen=True, slots=True)
class Registry:
    """The cluster's state with its source of time and identities."""

    store: Store
    clock: Clock
    identities: Identities
    installed: set[Resource] = field(default_factory=set)

    def serves(self, resource: Resource) -> bool:
        """Tell whether a kind is there: those of an engine only where they were installed."""
        return not resource.custom or resource in self.installed

    def now(self) -> str:
        """Return the time as the API writes it."""
        return rfc3339(self.clock())

    def need(self, resource: Resource, namespace: str, name: str) -> Json:
        """Return the object; raises `ApiError` 404 if there is none."""
        found = self.store.find(resource, namespace, name)
        if found is None:
            raise not_found(resource, name)
        return found

    def commit(self, resource: Resource, body: Json, terms: Terms) -> Json:
        """Store the object unless it is only tried out; return it as stored, or as it would have been."""
        return body if terms.dry_run else self.store.put(resource, body)

    def signed(self, resource: Resource, body: Json, manager: str, subresource: str = "") -> Json:
        """Return the object with this manager's entry in `managedFields` brought up to date.

        The entries name no fields: server-side apply is the one thing that would read them.
        """
        entry = {
            "manager": manager,
            "operation": "Update",
            "apiVersion": resource.api_version,
            "time": self.now(),
            "fieldsType": "FieldsV1",
            "fieldsV1": {},
        } | ({"subresource": subresource} if subresource else {})
        kept = [other for other in metadata_of(body).get("managedFields") or [] if not _same(other, entry)]
        return {**body, "metadata": {**metadata_of(body), "managedFields": [*kept, entry]}}


_OWNER_KEYS: Final = ("manager", "operation", "apiVersion", "subresource")


def _same(one: Json, other: Json) -> bool:
    return all(one.get(key) == other.get(key) for key in _OWNER_KEYS)
