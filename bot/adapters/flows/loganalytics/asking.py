"""A question about traffic as queries to one table: wide enough to miss nothing, and filtered exactly when it came."""

import ipaddress
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from bot.adapters.flows.loganalytics.kql import (
    Among,
    Both,
    Condition,
    Empty,
    Is,
    Network,
    Project,
    Query,
    Sum,
    Summarize,
    Take,
    Top,
    Where,
    Within,
    both,
    either,
)
from bot.adapters.flows.loganalytics.tables.log import CONNECTIONS, FIRST, LAST, TIME, Log, Side
from bot.adapters.flows.loganalytics.workspace import Columns
from bot.domain.flows.asked import IN_CLUSTER, About, Asked, Subject
from bot.domain.flows.concerning import ACCOUNT

MOST_ADDRESSES: Final = 200
"""Addresses of one subject in one query; a query may have some hundred kB, and every one of them is compared."""
NEWEST: Final = "Newest"
OLDEST: Final = "Oldest"


def shape(log: Log) -> Query:
    """Return what tells a table's columns: any row's answer names them all, and so does none's."""
    return Query(log.table, (Take(1),))


def reach(log: Log, columns: Columns, owner: str) -> Query:
    """
    Return what tells from when to when a table has rows of the kind that is read, of whomever.

    ``owner`` as for `condition`: what another cluster writes does not show that this one does.
    """
    newest = log.ended if log.ended in columns else TIME
    oldest = log.began if log.began in columns else TIME
    sums = Summarize((Sum(NEWEST, "max", newest), Sum(OLDEST, "min", oldest)))
    ours = both((log.only, _mine(log, columns, owner)))
    return Query(log.table, (Where(ours), sums) if ours else (sums,))


def rows(log: Log, columns: Columns, condition: Condition, most: int) -> Query:
    """Return the newest rows that fit, one more than so many."""
    kept = tuple(column for column in log.columns() if column in columns)
    return Query(log.table, (Where(condition), Top(most + 1, TIME), Project(kept)))


def counted(log: Log, columns: Columns, condition: Condition, most: int) -> Query | None:
    """Return how many rows there are of each kind, the most first; ``None`` where a table can't be counted."""
    by = tuple(column for column in log.groups if column in columns)
    if not by:
        return None
    sums = (Sum(CONNECTIONS, "count"), Sum(FIRST, "min", TIME), Sum(LAST, "max", TIME))
    return Query(log.table, (Where(condition), Summarize(sums, by), Top(most + 1, CONNECTIONS)))


def condition(log: Log, columns: Columns, asked: Asked, owner: str) -> Condition | None:
    """
    Return which rows to ask for; ``None`` where the table knows the subject by nothing that is known of it.

    ``owner`` is the ARM id of the cluster, where it is known, for tables in which several clusters write.
    """
    concerns = _concerns(log, columns, asked)
    if concerns is None:
        return None
    done = log.verdicts.get(asked.verdict) if asked.verdict else None
    return both(
        (
            log.only,
            *_meanwhile(log, columns, asked.since, asked.until),
            concerns,
            _port(log, columns, asked),
            done,
            _mine(log, columns, owner),
        )
    )


def apart(log: Log, columns: Columns, owner: str) -> bool:
    """Whether rows of one cluster are told from those of others that write into the same table."""
    return not log.owner or bool(owner and log.owner in columns)


def _mine(log: Log, columns: Columns, owner: str) -> Condition | None:
    return Is(log.owner, "=~", owner) if log.owner and apart(log, columns, owner) else None


def _concerns(log: Log, columns: Columns, asked: Asked) -> Condition | None:
    one, other = log.source.among(columns), log.destination.among(columns)
    own = [_holds(asked.subject, side, columns) for side in (one, other)]
    if asked.peer is None:
        return either(_once(own))
    peer = [_holds(asked.peer, side, columns) for side in (other, one)]
    return either(_once(both((end, far)) for end, far in zip(own, peer, strict=True) if end is not None))


def _once(conditions: Iterable[Condition | None]) -> Iterable[Condition | None]:
    return dict.fromkeys(conditions)


def _meanwhile(log: Log, columns: Columns, since: datetime, until: datetime) -> tuple[Condition, ...]:
    """Return that a row's own time overlaps what was asked, for a table that files rows under another time."""
    if log.began in columns and log.ended in columns:
        return Is(log.began, "<", until), Is(log.ended, ">=", since)
    return ()


def _port(log: Log, columns: Columns, asked: Asked) -> Condition | None:
    if asked.port is None:
        return None
    port = asked.port
    return either(
        Is(column, "==", str(port) if columns[column] == "string" else port)
        for column in log.ports
        if column in columns
    )


def _holds(subject: Subject, side: Side, columns: Columns) -> Condition | None:
    match subject.about:
        case About.ADDRESS | About.POD | About.WORKLOAD | About.NAMESPACE:
            if subject.about in IN_CLUSTER and (side.namespace or side.accounts):
                return _named(subject, side, columns)
            return _addressed(addresses(subject)[:MOST_ADDRESSES], side, columns)
        case About.NETWORK:
            return _within(ipaddress.ip_network(subject.name, strict=False), side, columns)
        case About.NAME:
            known = [Is(column, "=~", subject.name) for column in side.names]
            texts = [
                _says(column, subject.name, columns)
                for column in side.texts
                if side.names or column == "msg_s"
            ]
            return either((*known, *texts))


def addresses(subject: Subject) -> tuple[str, ...]:
    """Return the addresses that a subject is known by, its own first, each once and in one spelling."""
    given = (subject.name,) if subject.about is About.ADDRESS else (*subject.addresses, *subject.behind)
    return tuple(dict.fromkeys(str(ipaddress.ip_address(one)) for one in given))


def _addressed(known: tuple[str, ...], side: Side, columns: Columns) -> Condition | None:
    if not known:
        return None
    exact = [Among(column, known) for column in side.addresses]
    said = [_says(column, one, columns) for column in (*side.lists, *side.texts) for one in known]
    return either((*exact, *said))


def _within(network: Network, side: Side, columns: Columns) -> Condition | None:
    exact = [Within(column, network) for column in side.addresses]
    said = [_says(column, _shared(network), columns) for column in (*side.lists, *side.texts)]
    return either((*exact, *said))


def _shared(network: Network) -> str:
    """Return what the written form of each address in a network has in common."""
    if network.version == 6:
        return ":"
    whole = network.prefixlen // 8
    return (
        "".join(f"{part}." for part in str(network.network_address).split(".")[:whole])[
            : -1 if whole == 4 else None
        ]
        or "."
    )


def _says(column: str, what: str, columns: Columns) -> Condition:
    return Is(column, "contains", what, text=columns.get(column) == "dynamic")


def _named(subject: Subject, side: Side, columns: Columns) -> Condition | None:
    if side.accounts:
        accounts = subject.service_accounts if subject.about is not About.NAMESPACE else ("",)
        return either(
            _says(side.accounts, f"{ACCOUNT}{subject.namespace}:{account}", columns) for account in accounts
        )
    here = Is(side.namespace, "==", subject.namespace)
    if subject.about is About.NAMESPACE:
        return here
    pods = tuple(dict.fromkeys((*subject.pods, *((subject.name,) if subject.about is About.POD else ()))))
    known = [Among(side.pod, pods)] if side.pod and pods else []
    workload = subject.name.rpartition("/")[2]
    works = (
        [_says(side.workloads, workload, columns)]
        if side.workloads and subject.about is About.WORKLOAD
        else []
    )
    marks = either((*known, *works, _identified(subject, side, columns)))
    return both((here, marks)) if marks else None


def _identified(subject: Subject, side: Side, columns: Columns) -> Condition | None:
    if not subject.identities or not side.identity:
        return None
    if columns[side.identity] == "string":
        same: Condition | None = Among(side.identity, subject.identities)
    else:
        numbers = [int(one) for one in subject.identities if one.isascii() and one.isdigit()]
        same = either(Is(side.identity, "==", number) for number in numbers)
    return Both((Empty(side.pod), same)) if side.pod and same else same
