"""What recent flows say of a block: who talked to the addresses. It is told to people, and no part of what they approve."""

from typing import Final

from bot.domain.addresses import spelled
from bot.domain.flows.concerning import end
from bot.domain.flows.flow import Being
from bot.domain.flows.merging import merge
from bot.domain.flows.peers import Peer, called, peers
from bot.domain.quarantine.replays import MOST_SAID, PATIENCE, RECENT, ROWS, blank, doubt, over
from bot.domain.queries import Flowing, Flows, Rounds
from bot.domain.reading import cut

MOST: Final = 5
"""Addresses that are asked about: each is a question to every source."""


def who_loses(cluster: str, addresses: tuple[str, ...]) -> Rounds[str]:
    """Ask who talked to the addresses, and return it in a line; empty with nobody to ask."""
    named = tuple(filter(None, map(spelled, addresses)))[:MOST]
    share = ROWS // max(len(named), 1)
    answers = yield tuple(
        Flows(cluster, "", "", RECENT, address=one, live=True, within=PATIENCE, most=share) for one in named
    )
    told = [one for one in answers if isinstance(one, Flowing) and one.told]
    if not told:
        return ""
    seen = [(one.asked, merge(one.told)) for one in told]
    if not any(merged.talks for _, merged in seen):
        return blank(seen)
    every = (peer for asked, merged in seen for peer in peers(merged.talks, end(asked.subject)))
    left = (
        ""
        if len(named) == len(addresses)
        else f"; {len(addresses) - len(named)} addresses were not asked about"
    )
    return cut(
        _line([peer for peer in every if peer.passed], over(told[0].asked)) + left + doubt(seen), MOST_SAID
    )


def _line(passed: list[Peer], time: str) -> str:
    """Say who it is: only what crosses the firewall is cut, and that is not analysed."""
    ends = {called(peer.end): peer for peer in sorted(passed, key=lambda peer: peer.passed)}
    if not ends:
        return f"nothing passed with it in the last {time}"
    most = max(ends.values(), key=lambda peer: (peer.end.being is Being.POD, peer.passed))
    among = f"{called(most.end)} ({most.passed} connections)"
    if len(ends) == 1:
        return f"cuts at most 1 peer of the last {time}: {among}"
    return f"cuts at most {len(ends)} peers of the last {time}, among them {among}"
