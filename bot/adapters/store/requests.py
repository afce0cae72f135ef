"""Rows of requests."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import bindparam, exists, or_, select, update

from bot.adapters.store.parts import INSERT as INSERT_PART
from bot.adapters.store.parts import columns as part_columns
from bot.adapters.store.rows import check_version, inserting, micros, text_of
from bot.adapters.store.tables import parts, requests
from bot.adapters.store.work import Work
from bot.domain.people import Principal
from bot.domain.requests import SCHEMA, PartRow, Request
from bot.domain.roots import Kind, Root
from bot.domain.states import FINAL

_decoder = msgspec.json.Decoder(Request)
_ours = requests.c.schema <= SCHEMA
_open = exists().where(parts.c.request_id == requests.c.id, parts.c.state.not_in(sorted(FINAL)))

_INSERT = inserting(requests, lambda insert: insert.on_conflict_do_nothing(index_elements=["id"]))
_GET = select(requests.c.schema, requests.c.doc).where(requests.c.id == bindparam("id"))
_LOCK = _GET.with_for_update()
_PUT = update(requests).where(requests.c.id == bindparam("key"), _ours)
_DUE = (
    select(requests.c.id)
    .where(requests.c.due_at <= bindparam("now"), _ours)
    .order_by(requests.c.due_at, requests.c.id)
    .limit(bindparam("most"))
)
_NEWEST = (
    select(requests.c.doc)
    .where(_ours)
    .order_by(requests.c.created_at.desc(), requests.c.id.desc())
    .limit(bindparam("most"))
)
_RECENT = {True: _NEWEST.where(_open), False: _NEWEST}
_UNREVIEWED = (
    select(requests.c.doc)
    .where(_ours, requests.c.review == "open")
    .order_by(requests.c.created_at, requests.c.id)
    .limit(bindparam("most"))
)
_HELD = (
    select(requests.c.doc)
    .where(_ours, requests.c.holder == bindparam("who"), or_(_open, requests.c.review == "open"))
    .order_by(requests.c.created_at, requests.c.id)
    .limit(bindparam("most"))
)
_OF_INCIDENT = (
    select(requests.c.doc).where(_ours, requests.c.incident == bindparam("incident")).order_by(requests.c.id)
)
_NOT_OVER = select(requests.c.doc).where(_ours, _open).order_by(requests.c.id)
_OF_ROOT = {
    kind: _NOT_OVER.where(column == bindparam("name"))
    for kind, column in (
        (Kind.INCIDENT, requests.c.incident),
        (Kind.ALERT, requests.c.alerts),
        (Kind.PLAYBOOK, requests.c.playbook),
    )
}
_AUTOMATIC = (
    select(requests.c.doc)
    .where(
        _ours,
        requests.c.playbook == bindparam("name"),
        requests.c.created_at >= bindparam("since"),
        requests.c.requester == "",
    )
    .order_by(requests.c.created_at)
)

_UNDONE = (
    select(requests.c.id)
    .where(
        _ours,
        requests.c.playbook == bindparam("name"),
        requests.c.released_at >= bindparam("since"),
        requests.c.requester == "",
        requests.c.id != bindparam("besides"),
    )
    .limit(1)
)


class SqlRequests:
    """``ports.Requests`` over the table of that name."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def add(self, request: Request, parts: Sequence[PartRow]) -> bool:
        """Insert; return False when the id is taken."""
        added = {"id": request.id, "created_at": micros(request.created_at), **_columns(request)}
        if not await self._work.count(_INSERT[self._work.postgres], **added):
            return False
        if parts:
            created = {"created_at": added["created_at"]}
            await self._work.run(
                INSERT_PART[self._work.postgres], *({**part_columns(row), **created} for row in parts)
            )
        self._work.rings = True
        return True

    async def get(self, request_id: str, *, lock: bool = False) -> Request | None:
        """Return one request; raises ``NewerVersionError`` for a row that a newer program wrote."""
        row = await self._work.first(_LOCK if lock else _GET, id=request_id)
        if row is None:
            return None
        check_version(f"request {request_id}", row.schema, SCHEMA)
        return _decoder.decode(row.doc)

    async def put(self, request: Request) -> None:
        """Save. Raises ``LookupError`` when there is no such row of a version that this program may write."""
        if not await self._work.count(_PUT, key=request.id, **_columns(request)):
            raise LookupError(f"there is no request {request.id} to save")

    async def due(self, limit: int) -> tuple[str, ...]:
        """Return ids whose ``due_at`` has come, oldest first."""
        rows = await self._work.rows(_DUE, now=self._work.us, most=limit)
        return tuple(row.id for row in rows)

    async def recent(self, *, open_only: bool, limit: int) -> tuple[Request, ...]:
        """Return requests, newest first; ``open_only`` leaves out those whose parts are all final."""
        rows = await self._work.rows(_RECENT[open_only], most=limit)
        return tuple(_decoder.decode(row.doc) for row in rows)

    async def unreviewed(self, limit: int) -> tuple[Request, ...]:
        """Return what ran without a quorum and is not signed off, oldest first."""
        rows = await self._work.rows(_UNREVIEWED, most=limit)
        return tuple(_decoder.decode(row.doc) for row in rows)

    async def held(self, holder: Principal, limit: int) -> tuple[Request, ...]:
        """Return what this person answers for and is not over, or not reviewed; oldest first."""
        rows = await self._work.rows(_HELD, who=holder.key, most=limit)
        return tuple(_decoder.decode(row.doc) for row in rows)

    async def of_incident(self, incident_id: str) -> tuple[Request, ...]:
        """Return the requests of an incident, by id."""
        rows = await self._work.rows(_OF_INCIDENT, incident=incident_id)
        return tuple(_decoder.decode(row.doc) for row in rows)

    async def of_root(self, root: Root) -> tuple[Request, ...]:
        """Return the requests that came of it and are not over, by id."""
        if not root.name:  # what came of nothing has nothing in common
            return ()
        rows = await self._work.rows(_OF_ROOT[root.kind], name=root.name)
        return tuple(_decoder.decode(row.doc) for row in rows)

    async def automatic(self, playbook: str, since: datetime) -> tuple[Request, ...]:
        """Return what a playbook did by itself since then, over or not."""
        rows = await self._work.rows(_AUTOMATIC, name=playbook, since=micros(since))
        return tuple(_decoder.decode(row.doc) for row in rows)

    async def undone(self, playbook: str, since: datetime, besides: str = "") -> bool:
        """Whether a person let go, since then, of what a playbook did by itself whenever; ``besides`` is left out."""
        asked = {"name": playbook, "since": micros(since), "besides": besides}
        return await self._work.first(_UNDONE, **asked) is not None


def _let_go_at(request: Request) -> datetime | None:
    """When a person last asked for its end; a row that was stored before this was kept has it only while that goes on."""
    release = request.release
    return request.let_go_at or (release.at if release and release.by else None)


def _columns(request: Request) -> dict[str, Any]:
    return {
        "requester": request.requester.key if request.requester else "",
        "revision": request.revision,
        "due_at": micros(request.due_at),
        "incident": request.incident,
        "holder": request.held_by.key if request.held_by else "",
        "alerts": request.cause.group if request.cause else "",
        "playbook": request.cause.playbook if request.cause else "",
        "released_at": micros(_let_go_at(request)),
        "review": "" if request.review is None else "open" if request.review.open else "done",
        "schema": request.schema,
        "doc": text_of(request),
    }
