"""Workspaces, their tables and rows."""

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from bot.sandbox.loganalytics.schemas import SCHEMAS

WORKSPACE: Final = "00000000-0000-4000-8000-0000000000a1"


@dataclass
class Table:
    """A table: columns with their types, rows, and the plan, `Analytics` or `Basic`."""

    name: str
    columns: dict[str, str]
    clock: Callable[[], datetime]
    plan: str = "Analytics"
    rows: list[Mapping[str, Any]] = field(default_factory=list)

    def add(self, **row: Any) -> None:
        """Add a row, of now unless it says when. Raises `KeyError` for a column that the table has not."""
        unknown = [name for name in row if name not in self.columns]
        if unknown:
            raise KeyError(f"{self.name} has no {unknown[0]}")
        self.rows.append({"TimeGenerated": self.clock(), **row})

    def between(self, since: datetime | None, until: datetime | None) -> Iterable[Mapping[str, Any]]:
        """Return the rows of a stretch of time, both ends included."""
        return (
            row
            for row in self.rows
            if (since is None or row["TimeGenerated"] >= since)
            and (until is None or row["TimeGenerated"] <= until)
        )

    def beat(self, every: timedelta, since: datetime, until: datetime, **row: Any) -> None:
        """Add one such row after another: a log that somebody else's traffic keeps writing."""
        for number in itertools.count():
            at = since + number * every
            if at > until:
                return
            self.add(**{"TimeGenerated": at, **row})


@dataclass
class Workspace:
    """A workspace: what is there of tables, which is nothing before their first row."""

    id: str
    clock: Callable[[], datetime]
    tables: dict[str, Table] = field(default_factory=dict)

    def table(
        self,
        name: str,
        *,
        plan: str = "Analytics",
        without: Iterable[str] = (),
        retyped: Mapping[str, str] | None = None,
    ) -> Table:
        """Return a table, made with its documented columns where it is not there yet, or fewer, or of other types."""
        if name not in self.tables:
            columns = {column: kind for column, kind in SCHEMAS[name].items() if column not in set(without)}
            self.tables[name] = Table(name, {**columns, **(retyped or {})}, self.clock, plan)
        return self.tables[name]
