"""
What several sources told, made one answer: pure, the same in whatever order and however often it is told.

Sources stand side by side and are never added up: each may have seen the same connection.
"""

from collections.abc import Iterable

from bot.domain.flows.folding import Ledger, fold
from bot.domain.flows.grouping import talks
from bot.domain.flows.identities import Known
from bot.domain.flows.naming import Naming, Seen
from bot.domain.flows.settling import settle
from bot.domain.flows.taken import Silent, Taken, Window
from bot.domain.flows.talks import Account, Merged, Talk, who

Answer = Taken | Silent


def merge(answers: Iterable[Answer], known: Iterable[Known] = ()) -> Merged:
    """
    Return who talked to whom by what all sources told. ``known``: whose addresses are whose, as the cluster says.

    Each connection counts once within a source, under each verdict that was seen of it.
    """
    told = tuple(answers)
    ledgers: dict[str, Ledger] = {}
    for answer in told:
        if isinstance(answer, Taken):
            fold(answer.flows, ledgers.setdefault(answer.source, Ledger()))
    for ledger in ledgers.values():
        settle(ledger)
    naming = Naming(known, [seen for ledger in ledgers.values() for seen in _seen(ledger)])
    every = (talk for source, ledger in ledgers.items() for talk in talks(source, ledger, naming))
    return Merged(tuple(sorted(every, key=_order)), accounts(told))


def _seen(ledger: Ledger) -> list[Seen]:
    cells = [cell for cells in ledger.cells.values() for cell in cells.values()]
    seen = [(cell.client, cell.start, cell.end) for cell in cells]
    seen += [(cell.server, cell.start, cell.end) for cell in cells]
    seen += [(flow.source, flow.start, flow.end) for flow in ledger.counted]
    seen += [(flow.destination, flow.start, flow.end) for flow in ledger.counted]
    return seen


def _order(talk: Talk) -> tuple[object, ...]:
    return (talk.source, who(talk.client), who(talk.server), talk.port, talk.protocol, talk.verdict.value)


def accounts(answers: Iterable[Answer]) -> tuple[Account, ...]:
    """Return what each source could know; what it told in several pieces is one account."""
    of: dict[str, list[Answer]] = {}
    for answer in answers:
        of.setdefault(answer.source, []).append(answer)
    return tuple(_account(source, told) for source, told in sorted(of.items()))


def _account(source: str, answers: list[Answer]) -> Account:
    taken = [answer for answer in answers if isinstance(answer, Taken)]
    silent = {answer.why for answer in answers if isinstance(answer, Silent)}
    newest = [answer.newest for answer in taken if answer.newest is not None]
    losses = {loss for answer in taken for loss in answer.losses}
    return Account(
        source=source,
        windows=joined(answer.window for answer in taken if answer.window is not None),
        newest=max(newest, default=None),
        losses=tuple(sorted(losses, key=str)),
        blind=tuple(sorted({text for answer in taken for text in answer.blind})),
        granularities=tuple(sorted({answer.granularity for answer in taken}, key=str)),
        can=frozenset(can for answer in answers for can in answer.can),
        silent=tuple(sorted(silent)),
    )


def joined(windows: Iterable[Window]) -> tuple[Window, ...]:
    """Return the stretches that some windows cover together, in order and apart from each other."""
    found: list[Window] = []
    for window in sorted(w for w in windows if w.since < w.until):
        if found and window.since <= found[-1].until:
            found[-1] = Window(found[-1].since, max(found[-1].until, window.until))
        else:
            found.append(window)
    return tuple(found)
