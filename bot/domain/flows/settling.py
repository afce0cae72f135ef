"""
Connections of one source put right once all observations are in: which end connected, and which verdict stands.

Where a source does not say whether something was a reply, the other observations of the same two ends tell; where none
does, who asked is the end with the higher port.
"""

from typing import Final

from bot.domain.flows.flow import Verdict
from bot.domain.flows.folding import ARRIVED, LEFT, REPLIED, SURE, Connection, Key, Ledger

_TOLD: Final = 1
_THERE: Final = 2


def settle(ledger: Ledger) -> None:
    """Put a ledger right, in place: afterwards each connection stands once under each verdict that was seen of it."""
    _turn(ledger)
    _unmix(ledger)


def _turn(ledger: Ledger) -> None:
    unsure = [
        (v, k) for v, cells in ledger.cells.items() for k, cell in cells.items() if not cell.bits & SURE
    ]
    if not unsure:
        return
    known = {key: _known(ledger, key) for _, key in unsure}
    known |= {back: _known(ledger, back) for back in map(turned, list(known))}
    for verdict, key in unsure:
        if _backwards(key, known):
            cells = ledger.cells[verdict]
            _into(cells, turned(key), cells.pop(key))


def turned(key: Key) -> Key:
    """Return the key of the same connection as its other end sees it."""
    client, port, server, served, protocol = key
    return (server, served, client, port, protocol)


def _known(ledger: Ledger, key: Key) -> int:
    cells = [cells[key] for cells in ledger.cells.values() if key in cells]
    return (_THERE if cells else 0) | (_TOLD if any(cell.bits & SURE for cell in cells) else 0)


def _backwards(key: Key, known: dict[Key, int]) -> bool:
    here, there = known[key], known[turned(key)]
    if here & _TOLD or not there:
        return False
    return bool(there & _TOLD) or _order(key) > _order(turned(key))


def _order(key: Key) -> tuple[int, str, str]:
    """What is least has the lower port as its server's."""
    return (key[3] - key[1], str(key[0]), str(key[2]))


def _into(cells: dict[Key, Connection], key: Key, cell: Connection) -> None:
    there = cells.get(key)
    if there is None:
        cells[key] = cell.turn()
    else:
        there.absorb(cell, turned=True)


def _unmix(ledger: Ledger) -> None:
    """
    Take away what is only the other half of another verdict.

    Denied where it was to arrive, what was seen to leave has not passed. What a policy would deny and let pass is told as
    that, and what has a verdict is not unknown besides.
    """
    allowed, denied = ledger.cells[Verdict.ALLOWED], ledger.cells[Verdict.DENIED]
    audited = ledger.cells[Verdict.AUDITED]
    for passed in (allowed, audited):
        for key in [key for key in denied if key in passed and not _passed(passed[key], denied[key])]:
            _lend(denied[key], passed.pop(key))
    for key in [key for key in audited if key in allowed]:
        audited[key].absorb(allowed.pop(key), turned=False)
    unknown = ledger.cells[Verdict.UNKNOWN]
    for verdict in (Verdict.ALLOWED, Verdict.AUDITED, Verdict.DENIED, Verdict.ERROR):
        for key in [key for key in unknown if key in ledger.cells[verdict]]:
            _lend(ledger.cells[verdict][key], unknown.pop(key))


def _passed(passed: Connection, denied: Connection) -> bool:
    """Whether it passed at some time although it was denied at another."""
    if passed.bits & (REPLIED | ARRIVED):
        return True
    return bool(passed.bits & LEFT) and not denied.bits & ARRIVED


def _lend(stays: Connection, goes: Connection) -> None:
    stays.ends(goes.client, goes.server)
