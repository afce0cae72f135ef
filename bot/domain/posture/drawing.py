"""A posture as an answer: a table by namespace, what else was found under headings, and all rows as CSV."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from typing import Final

import msgspec

from bot.domain.hidden import plain
from bot.domain.posture.rows import Row, What
from bot.domain.posture.scope import Scope
from bot.domain.report.table import cell
from bot.domain.telling import LONGEST_FILE, Attached, Section, Told, shown

COLUMNS: Final = ("what", "namespace", "name", "detail")
NAME: Final = 15
ROWS: Final = 10
HEADINGS: Final = {
    What.NO_POLICIES: "Namespaces without a policy of their own",
    What.SELECTS_NOTHING: "Policies that select nothing",
    What.MISSING_LABEL: "Policies that name what nothing has",
    What.IGNORED: "Policies that do nothing here, or not all they say",
    What.ENGINE: "Engine by node pool",
    What.EDITOR: "Who may edit policies",
    What.NOT_KNOWN: "Not known",
}


class Found(msgspec.Struct, frozen=True):
    """The pods that were counted, by namespace, and everything that was found."""

    pods: tuple[tuple[str, int], ...]
    rows: tuple[Row, ...]


def drawn(scope: Scope, found: Found) -> Told:
    """Return the answer, with all of it as a file."""
    per = Counter((row.what, row.namespace) for row in found.rows)
    every = (_table(found, per), *(_section(found, what) for what in HEADINGS))
    sections = shown(every)
    name = f"posture-{scope.cluster}-{scope.namespace or 'all'}.csv"
    return Told(_headline(scope, found), sections, Attached(name, table(found)))


def _headline(scope: Scope, found: Found) -> str:
    counts = Counter(row.what for row in found.rows)
    pods = sum(count for _, count in found.pods)
    opened = f"{counts[What.OPEN_OUT]} open out, {counts[What.OPEN_IN]} open in"
    several = "1 pod" if pods == 1 else f"{pods} pods"
    idle = counts[What.SELECTS_NOTHING]
    policies = f"{idle} {'policy selects' if idle == 1 else 'policies select'} nothing"
    beyond = counts[What.HOST_NETWORK]
    hosts = f" {beyond} on the network of their node, where policies do not reach;" if beyond else ""
    return f"{scope.target}: {several}, {opened} by default;{hosts} {policies}."


def _table(found: Found, per: Counter[tuple[What, str]]) -> Section:
    lines = [f"{'namespace':<{NAME}} pods  out   in"]
    ranked = sorted(found.pods, key=lambda pair: (-_open(pair[0], per), pair[0]))
    for name, count in ranked[:ROWS]:
        out, into = per[What.OPEN_OUT, name], per[What.OPEN_IN, name]
        lines.append(f"{_short(name):<{NAME}} {count:>4} {out:>4} {into:>4}")
    left = len(ranked) - ROWS
    lines += [f"… {left} more: see the file"] if left > 0 else []
    return Section("Pods that no policy closes, out and in", tuple(lines) if found.pods else (), table=True)


def _open(name: str, per: Counter[tuple[What, str]]) -> int:
    return per[What.OPEN_OUT, name] + per[What.OPEN_IN, name]


def _short(name: str) -> str:
    shown = plain(name)
    return shown if len(shown) <= NAME else shown[: NAME - 1] + "…"


def _section(found: Found, what: What) -> Section:
    return Section(HEADINGS[what], tuple(_line(row) for row in found.rows if row.what is what))


def _line(row: Row) -> str:
    place = f" in {row.namespace}" if row.namespace and row.what is What.EDITOR else ""
    return f"{row.name}{place}: {row.detail}"


def table(found: Found) -> str:
    """Return every row as CSV, no cell of which a spreadsheet takes for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for cells in _cells(found):
        writer.writerow([cell(text) for text in cells])
        if out.tell() > LONGEST_FILE:
            writer.writerow(
                ["cut", "", "", "the file would be longer than may be sent: ask namespace by namespace"]
            )
            break
    return out.getvalue()


def _cells(found: Found) -> Iterator[tuple[str, ...]]:
    yield from ((row.what, row.namespace, row.name, row.detail) for row in found.rows)
