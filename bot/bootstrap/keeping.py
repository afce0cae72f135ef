"""What is kept beside the records, plans and cards as they were shown, held against the records that name it."""

import hashlib
from collections.abc import Iterable

from bot.adapters.store.reading import LogSnapshot
from bot.domain.audit.check import Row
from bot.domain.audit.export import Blob
from bot.domain.audit.kept import kept_by
from bot.domain.audit.verdicts import Notebook, Reason


async def check_kept(log: LogSnapshot, rows: Iterable[Row], notebook: Notebook) -> None:
    """Note each record whose plan or card is gone, or is not the one that was shown."""
    for seq, body, _leaf in rows:
        for name in kept_by(body):
            blob = await log.blob(name)
            if blob is None:
                notebook.record(Reason.BLOB, seq, "names a plan or card that is no longer kept")
            elif hashlib.sha256(blob).hexdigest() != name:
                notebook.record(Reason.BLOB, seq, "has a plan or card that is not the one recorded")


async def blobs_of(log: LogSnapshot, body: bytes | None) -> tuple[Blob, ...]:
    """
    Return what a record says is kept, as an export carries it; what is gone is left out.

    What is not the text that was recorded goes along as it is, so that whoever verifies the export finds it.
    """
    found = [(name, await log.blob(name)) for name in kept_by(body)]
    return tuple(Blob(name, raw.decode("utf-8", "replace")) for name, raw in found if raw is not None)
