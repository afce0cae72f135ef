"""The first and the last thing that this program does with the log: is it still the same, and who begins, who ends."""

from collections.abc import Mapping
from typing import Any

import msgspec

from bot.domain.audit.events import Event as EventName
from bot.domain.audit.record import PROGRAM, Draft
from bot.engine.checkpointing import Seal
from bot.engine.growth import check_growth, shared
from bot.ports import History, Store

AFFORDABLE = 100_000  # leaves read before the start: well below a second


class Start(msgspec.Struct, frozen=True):
    """
    What runs, under which rules. Hashes are SHA-256 in hex; ``settings`` is over settings without secrets.

    ``key`` is the verifier key whose checkpoints follow, as ``name+id+base64``. ``playbooks`` are those in force, by name.
    """

    version: str
    settings: str
    policy: str
    key: str
    playbooks: Mapping[str, str] = {}


def start_record(start: Start) -> Draft:
    """Return the record that the program started."""
    details: dict[str, Any] = {"version": start.version, "settings": start.settings}
    if start.playbooks:
        details["playbooks"] = dict(start.playbooks)
    return Draft(event=EventName.START, actor=PROGRAM, policy=start.policy, details=details)


def key_record(start: Start) -> Draft:
    """Return the record of the key that signs from here on."""
    return Draft(event=EventName.KEY, actor=PROGRAM, policy=start.policy, details={"key": start.key})


def stop_record(start: Start) -> Draft:
    """Return the record that the program stopped in order."""
    details = {"version": start.version}
    return Draft(event=EventName.STOP, actor=PROGRAM, policy=start.policy, details=details)


async def open_log(store: Store, history: History, seal: Seal, start: Start) -> None:
    """
    Refuse to run on a log that is not the one that was signed, else record the start. Raises ``AuditError``.

    This looks at what is new since the newest checkpoint kept beside the log. That a whole backup was restored,
    its checkpoints included, only ``audit verify --checkpoint`` can tell.
    """
    await check_newest(history, seal)
    async with store.begin() as tx:
        await tx.log.append(start_record(start))
        await tx.log.append(key_record(start))


async def close_log(store: Store, start: Start) -> None:
    """Record the end; the checkpointer signs once more after it."""
    async with store.begin() as tx:
        await tx.log.append(stop_record(start))


async def check_newest(history: History, seal: Seal) -> None:
    """
    Raise ``AuditError`` with the remedy when the head does not extend the newest checkpoint kept.

    Where that would take more than `AFFORDABLE` leaves it is left to the checkpointer, which does it before it
    signs anything.
    """
    newest = await history.newest()
    head = await history.tree()
    if newest is None:
        return
    signed = seal.opened(newest)
    if signed.size > head.size or head.size - shared(head, signed.size).size <= AFFORDABLE:
        await check_growth(history, head, signed)
