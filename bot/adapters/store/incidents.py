"""Rows of incidents."""

from typing import Any

import msgspec
from sqlalchemy import bindparam, select, text, update

from bot.adapters.store.rows import check_version, inserting, micros, text_of
from bot.adapters.store.tables import incidents
from bot.adapters.store.work import Work
from bot.domain.incidents import SCHEMA, Incident, IncidentState

JOINING = 0x46_42_49_4E  # of PostgreSQL's advisory locks; a number of our own
_decoder = msgspec.json.Decoder(Incident)
_ours = incidents.c.schema <= SCHEMA

_INSERT = inserting(incidents, lambda insert: insert.on_conflict_do_nothing(index_elements=["id"]))
_GET = select(incidents.c.schema, incidents.c.doc).where(incidents.c.id == bindparam("id"))
_LOCKED = _GET.with_for_update()
_PUT = update(incidents).where(incidents.c.id == bindparam("key"), _ours)
_IN_STATE = (
    select(incidents.c.doc)
    .where(_ours, incidents.c.state == bindparam("wanted"))
    .order_by(incidents.c.created_at.desc(), incidents.c.id.desc())
    .limit(bindparam("most"))
)
_LOCK = text("SELECT pg_advisory_xact_lock(:name)")
MOST = 500


class SqlIncidents:
    """``ports.Incidents`` over the table of that name."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def add(self, incident: Incident) -> bool:
        """Insert; return False when the id is taken."""
        added = {"id": incident.id, "created_at": micros(incident.opened_at), **_columns(incident)}
        return bool(await self._work.count(_INSERT[self._work.postgres], **added))

    async def get(self, incident_id: str, *, lock: bool = False) -> Incident | None:
        """Return one; raises ``NewerVersionError`` for a row that a newer program wrote."""
        row = await self._work.first(_LOCKED if lock else _GET, id=incident_id)
        if row is None:
            return None
        check_version(f"incident {incident_id}", row.schema, SCHEMA)
        return _decoder.decode(row.doc)

    async def in_state(self, state: IncidentState, limit: int = MOST) -> tuple[Incident, ...]:
        """Return incidents in one state, newest first."""
        rows = await self._work.rows(_IN_STATE, wanted=state.value, most=limit)
        return tuple(_decoder.decode(row.doc) for row in rows)

    async def gather(self) -> None:
        """Let one transaction after the other look which incident is open and join. SQLite has one writer anyway."""
        if self._work.postgres:
            await self._work.run(_LOCK, {"name": JOINING})

    async def put(self, incident: Incident) -> None:
        """Save. Raises ``LookupError`` when there is no such row of a version that this program may write."""
        if not await self._work.count(_PUT, key=incident.id, **_columns(incident)):
            raise LookupError(f"there is no incident {incident.id} to save")


def _columns(incident: Incident) -> dict[str, Any]:
    return {"state": incident.state.value, "schema": incident.schema, "doc": text_of(incident)}
