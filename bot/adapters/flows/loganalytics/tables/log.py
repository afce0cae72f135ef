"""What is said of a table: its columns, which of them hold the ends of a connection, and how a row becomes flows."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from bot.adapters.flows.loganalytics.kql import Condition
from bot.adapters.flows.loganalytics.tables.cells import Reading
from bot.domain.flows.flow import LOG_ROW, Flow, Granularity, Verdict

CONNECTIONS: Final = "Connections"
FIRST: Final = "First"
LAST: Final = "Last"
TIME: Final = "TimeGenerated"

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Side:
    """
    The columns that tell of one end; those that a table lacks are left out of it.

    ``addresses`` hold one each, ``lists`` several with more behind each (``ip|...``), ``texts`` have them somewhere in a
    sentence; ``names`` hold DNS names. The rest are the cluster's own names; ``workloads`` is a list of them as JSON,
    ``accounts`` has a service account's name in it.
    """

    addresses: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    namespace: str = ""
    pod: str = ""
    workloads: str = ""
    identity: str = ""
    accounts: str = ""

    def among(self, there: Iterable[str]) -> "Side":
        """Return what is left of it in a table with these columns."""
        known = set(there)

        def kept(columns: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(column for column in columns if column in known)

        namespace, pod, workloads, identity, accounts = (
            column if column in known else ""
            for column in (self.namespace, self.pod, self.workloads, self.identity, self.accounts)
        )
        return Side(
            *(kept(self.addresses), kept(self.lists), kept(self.texts), kept(self.names)),
            *(namespace, pod, workloads, identity, accounts),
        )


@dataclass(frozen=True)
class Log:
    """
    One table. Without one of ``needs`` it can't be read; without one of ``wants`` a row says less.

    ``flows`` raises ``ValueError``, ``TypeError``, ``KeyError`` or ``AttributeError`` for a row that it does not understand.
    ``only`` holds of each row that is wanted; ``verdicts`` narrows by what was done, where a column tells. ``groups`` are
    the columns that rows are counted by when there are too many; none: they can't be. ``delay`` is after how many seconds
    a row may be expected at the latest, ``late`` how far a row's own time may lie before the time that it is filed under.
    ``owner`` names the column with the resource that wrote. ``mixed``: an end stands there by its address or by its name,
    one of the two. ``rare``: that the table is not there is nothing to be said of, where others of its source are.
    """

    table: str
    needs: tuple[str, ...]
    wants: tuple[str, ...]
    flows: Callable[[Row, Reading], Iterable[Flow]]
    source: Side
    destination: Side
    delay: int
    ports: tuple[str, ...] = ()
    only: Condition | None = None
    began: str = ""
    ended: str = ""
    verdicts: Mapping[Verdict, Condition] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    late: int = 0
    owner: str = ""
    mixed: bool = False
    rare: bool = False
    granularity: Granularity = LOG_ROW
    blind: tuple[str, ...] = ()

    def columns(self) -> tuple[str, ...]:
        """Return all columns that are read, in order."""
        return tuple(dict.fromkeys((TIME, *self.needs, *self.wants)))


Told = tuple[datetime, datetime, int | None]


def told(row: Row, reading: Reading) -> Told:
    """Return first and last time of a row, and how many it stands for; ``None`` for itself alone."""
    if CONNECTIONS not in row:
        at = reading.time(row[TIME])
        return at, at, None
    return reading.time(row[FIRST]), reading.time(row[LAST]), reading.number(row[CONNECTIONS])
