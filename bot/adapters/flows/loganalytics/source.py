"""Tables as sources of flows: what one is called, which tables it reads, and one answer from all of them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.adapters.flows.loganalytics.asking import MOST_ADDRESSES, addresses
from bot.adapters.flows.loganalytics.refusals import BasicPlanError
from bot.adapters.flows.loganalytics.tables import (
    azfw_application,
    azfw_nat,
    azfw_network,
    container,
    diagnostics,
    gateway,
    kube_audit,
    vnet,
)
from bot.adapters.flows.loganalytics.tables.log import Log
from bot.adapters.flows.loganalytics.taking import Page, Tables
from bot.domain.errors import DeniedError, FirebreakError, OutsideError, UnknownOutcomeError
from bot.domain.flows.asked import About, Asked, Subject
from bot.domain.flows.flow import Flow, Granularity
from bot.domain.flows.taken import Capability, Loss, Missing, Partial, Taken, Truncated, Unanswered, Window
from bot.domain.reading import cut

HEALTH_WITHIN: Final = 10.0
ANY: Final = "*"
"""The workspace of every cluster that has none of its own."""


@dataclass(frozen=True)
class Kind:
    """A source by name. ``instead`` are the tables that are asked where none of the first two are there."""

    name: str
    logs: tuple[Log, ...]
    can: frozenset[Capability]
    remedy: str
    instead: tuple[Log, ...] = ()


_C: Final = Capability
KINDS: Final = (
    Kind(
        "firewall",
        (azfw_network.LOG, azfw_application.LOG, azfw_nat.LOG),
        frozenset(
            {_C.ADDRESSES, _C.OUTSIDE, _C.ALLOWED, _C.DENIED, _C.POLICIES, _C.NAMES, _C.PORTS, _C.HISTORY}
        ),
        "switch on the firewall's resource-specific logs",
        (diagnostics.LOG,),
    ),
    Kind(
        "vnet",
        (vnet.LOG,),
        frozenset({_C.ADDRESSES, _C.OUTSIDE, _C.ALLOWED, _C.DENIED, _C.POLICIES, _C.COUNTS, _C.HISTORY}),
        "switch on VNet flow logs with Traffic Analytics",
    ),
    Kind(
        "container-logs",
        (container.LOG,),
        frozenset(
            {
                _C.PODS,
                _C.WORKLOADS,
                _C.INSIDE,
                _C.OUTSIDE,
                _C.ALLOWED,
                _C.DENIED,
                _C.POLICIES,
                _C.COUNTS,
                _C.HISTORY,
            }
        ),
        "switch on container network logs, and have a ContainerNetworkLog include the namespace",
    ),
    Kind(
        "waf",
        (gateway.LOG,),
        frozenset({_C.ADDRESSES, _C.DENIED, _C.NAMES, _C.POLICIES, _C.HISTORY}),  # the rest has no row
        "switch on the gateway's firewall log, resource-specific",
    ),
    Kind(
        "kube-audit",
        (kube_audit.LOG,),
        frozenset({_C.PODS, _C.ADDRESSES, _C.ALLOWED, _C.DENIED, _C.TOKENS, _C.HISTORY}),
        "switch on the cluster's kube-audit log, resource-specific",
    ),
)


class LogSource:
    """``ports.FlowSource`` over tables of Log Analytics. ``owners`` are the ARM ids of clusters, where they are known."""

    def __init__(self, kind: Kind, tables: Mapping[str, Tables], owners: Mapping[str, str]) -> None:
        self._kind = kind
        self._tables = tables
        self._owners = owners

    @property
    def name(self) -> str:
        """``firewall``, ``vnet``, ``container-logs``, ``waf`` or ``kube-audit``."""
        return self._kind.name

    @property
    def can(self) -> frozenset[Capability]:
        """What its tables are able to know."""
        return self._kind.can

    def serves(self, cluster: str) -> bool:
        """Whether a workspace is known for the cluster."""
        return cluster in self._tables or ANY in self._tables

    async def ask(self, asked: Asked, within: float) -> Taken:
        """Ask all its tables at once, for so many seconds. Raises ``OutsideError`` where none answered."""
        until = asyncio.get_running_loop().time() + within
        pages = await self._pages(self._kind.logs, asked, within)
        if self._kind.instead and all(isinstance(page, Page) and page.absent for page in pages[:2]):
            pages += await self._pages(self._kind.instead, asked, until - asyncio.get_running_loop().time())
        told = [page for page in pages if isinstance(page, Page)]
        failed = [page for page in pages if isinstance(page, OutsideError)]
        if not told:
            raise failed[0]
        return await asyncio.to_thread(self._taken, asked, told, self._silent(pages))

    async def health(self) -> str:
        """Say why it can't be asked; empty where it can."""
        for tables in dict.fromkeys(self._tables.values()):
            until = asyncio.get_running_loop().time() + HEALTH_WITHIN
            try:
                shapes = [await tables.shape(log, until) for log in (*self._kind.logs, *self._kind.instead)]
            except FirebreakError as error:
                return str(error)
            if not any(shape.columns for shape in shapes):
                named = ", ".join(log.table for log in self._kind.logs)
                return f"the workspace has no {named}: {self._kind.remedy} (a table comes with its first row)"
        return ""

    async def _pages(self, logs: Sequence[Log], asked: Asked, within: float) -> list[Page | OutsideError]:
        tables = self._tables.get(asked.cluster) or self._tables.get(ANY)
        if tables is None:
            raise UnknownOutcomeError("NoWorkspace", f"no workspace is set for the cluster {asked.cluster}")
        owner = self._owners.get(asked.cluster, "")

        async def page(log: Log) -> Page | OutsideError:
            try:
                return await tables.take(self.name, log, asked, owner, within)
            except OutsideError as error:
                return error
            except ValueError as error:  # no address, or a name that is longer than names are
                return DeniedError("BadQuestion", cut(str(error)))
            except BasicPlanError:
                return UnknownOutcomeError("Unreadable", f"{log.table} could be asked neither way")

        return list(await asyncio.gather(*map(page, logs)))

    def _silent(self, pages: Sequence[Page | OutsideError]) -> list[Loss]:
        logs = (*self._kind.logs, *self._kind.instead)
        return [
            Unanswered((log.table,), page.text)
            for log, page in zip(logs, pages, strict=False)
            if isinstance(page, OutsideError)
        ]

    def _taken(self, asked: Asked, pages: list[Page], losses: list[Loss]) -> Taken:
        there = [page for page in pages if not page.absent]
        heard = [page for page in there if page.asked]
        flows, cut = _newest([flow for page in heard for flow in page.flows], asked.limit)
        newest = [page.newest for page in heard if page.newest]
        losses += self._lost(asked, pages, there)
        if cut:
            losses.append(Truncated(asked.limit))
        return Taken(
            source=self.name,
            flows=flows,
            window=_covered(heard),
            newest=max(newest, default=None),
            losses=tuple(dict.fromkeys(losses)),
            blind=tuple(dict.fromkeys(self._blind(asked, there, heard))),
            granularity=_granularity(flows, self._kind.logs[0]),
            can=tuple(sorted(self.can)),
        )

    def _lost(self, asked: Asked, pages: list[Page], there: list[Page]) -> list[Loss]:
        losses: list[Loss] = []
        instead = any(page.log in self._kind.instead and page.newest for page in there)
        for page in pages:
            spared = page.log.rare and there
            if page.absent and (instead or spared or page.log in self._kind.instead):
                continue
            for loss in page.losses:
                bare = isinstance(loss, Missing) and not loss.columns
                losses.append(Missing(page.log.table, why=self._kind.remedy) if bare else loss)
        losses += [
            Missing(page.log.table, (what,), "whoever is there by nothing else was not found")
            for page in there
            for what in _unfindable(asked, page.log)
        ]
        if any(_sums_unfound(asked.subject, page) for page in there):
            losses.append(
                Partial("sums without pods are told by identity, and that of the subject is not known")
            )
        many = max(len(addresses(one)) for one in (asked.subject, asked.peer or asked.subject))
        if there and many > MOST_ADDRESSES and self.name != "container-logs":
            losses.append(Partial(f"{MOST_ADDRESSES} of {many} addresses were asked for"))
        return losses

    def _blind(self, asked: Asked, there: list[Page], heard: list[Page]) -> list[str]:
        found = [sentence for page in heard for sentence in (*page.log.blind, *page.blind)]
        if there and not heard:
            found.append(f"nothing is known of {asked.subject} by which it would be found here")
        if any(not page.apart for page in heard):
            found.append(
                "rows of every cluster that writes into this workspace (azure.managed_clusters would tell them apart)"
            )
        return found


def _unfindable(asked: Asked, log: Log) -> list[str]:
    """Return by what a table does not know an end that was asked for: it may be in a row without it."""
    kinds = {one.about for one in (asked.subject, asked.peer) if one}
    names, far = (*log.source.names, *log.destination.names), log.destination
    lacking = {
        "address of every end": bool(kinds & {About.ADDRESS, About.NETWORK})
        and (log.mixed or not (far.addresses or far.lists or far.texts)),
        "name of every end": About.NAME in kinds and (log.mixed or not names),
    }
    return [what for what, lacks in lacking.items() if lacks]


def _sums_unfound(subject: Subject, page: Page) -> bool:
    """Whether a table may hold the subject in rows that name no pod and that nothing known of it finds."""
    by_pod = subject.about in {About.POD, About.WORKLOAD}
    return by_pod and bool(page.log.source.identity) and not subject.identities


def _newest(flows: list[Flow], limit: int) -> tuple[tuple[Flow, ...], bool]:
    if len(flows) <= limit:
        return tuple(flows), False
    return tuple(sorted(flows, key=lambda flow: flow.end, reverse=True)[:limit]), True


def _covered(pages: list[Page]) -> Window | None:
    """Return what the tables cover together: what one firewall writes comes the same way, a quiet table beside a busy one."""
    windows = [page.window for page in pages if page.window]
    if not windows:
        return None
    return Window(min(window.since for window in windows), max(window.until for window in windows))


def _granularity(flows: Sequence[Flow], log: Log) -> Granularity:
    return flows[0].granularity if flows else log.granularity
