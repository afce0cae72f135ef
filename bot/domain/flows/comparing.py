"""Before and after a containment: what stopped, what goes on, what is new. What nobody could have seen has not stopped."""

from collections.abc import Collection, Iterable, Sequence

import msgspec

from bot.domain.flows.asked import Asked
from bot.domain.flows.concerning import end as ends_of
from bot.domain.flows.concerning import remembered
from bot.domain.flows.flow import PASSED, Flow, Grain
from bot.domain.flows.folding import Key, placed
from bot.domain.flows.identities import Known
from bot.domain.flows.knowing import gaps
from bot.domain.flows.merging import Answer, merge
from bot.domain.flows.peers import Peer, PeerKey, peers
from bot.domain.flows.settling import turned
from bot.domain.flows.taken import Taken, Window, grave
from bot.domain.flows.talks import Account, Merged
from bot.domain.numbers import many


class GoesOn(msgspec.Struct, frozen=True, gc=False):
    """
    A peer with whom traffic passed before and passes after; ``peer`` is as seen after.

    ``established`` of its connections were open before: most engines never cut those. A source that does not tell single
    connections has none to tell.
    """

    peer: Peer
    established: int


class Compared(msgspec.Struct, frozen=True):
    """
    What became of the traffic, each peer in one place.

    ``stopped``: passed before, and after it was denied by a source that lost nothing, or could not have passed unseen. ``unseen``: passed before and was
    not seen after, by sources that may have missed it. ``goes_on`` and ``new`` pass after. ``doubts`` are the sources that
    may have missed anything after, each with why.
    """

    stopped: tuple[Peer, ...] = ()
    unseen: tuple[Peer, ...] = ()
    goes_on: tuple[GoesOn, ...] = ()
    new: tuple[Peer, ...] = ()
    doubts: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """Say it in a line."""
        go, open_since = ("goes" if len(self.goes_on) == 1 else "go"), many(self.established, "connection")
        told = [
            f"{many(len(self.stopped), 'peer')} stopped" if self.stopped else "",
            f"{len(self.goes_on)} {go} on, with {open_since} from before" if self.goes_on else "",
            f"{len(self.new)} new" if self.new else "",
            f"{len(self.unseen)} not seen since, and cannot be known" if self.unseen else "",
        ]
        return "; ".join(text for text in told if text) or "nothing passed before or after"

    @property
    def established(self) -> int:
        """How many connections that were open before go on."""
        return sum(one.established for one in self.goes_on)


def compared(
    before: Sequence[Answer],
    after: Sequence[Answer],
    asked: Asked,
    known: Iterable[Known] = (),
    merged: Merged | None = None,
    unproven: Collection[tuple[str, PeerKey]] = (),
) -> Compared:
    """
    Return what became of what passed before. ``asked`` is the question whose answer ``after`` is.

    ``merged`` is that answer, where it was merged already. ``unproven``: that these sources saw these peers no more shows
    no end. Raises ``ValueError`` for a subject that is no address or network where it says that it is.
    """
    own, names = remembered(ends_of(asked.subject)), tuple(known)
    later = merged or merge(after, names)
    was = {peer.key: peer for peer in peers(merge(before, names).talks, own)}
    now = {peer.key: peer for peer in peers(later.talks, own)}
    old = {peer.key: peer.passed for peer in peers(merge(_continued(before, after), names).talks, own)}
    doubts = {account.source: why[0] for account in later.accounts if (why := tuple(gaps(account, asked)))}
    sure = {account.source for account in later.accounts} - set(doubts)
    gone = [peer for key, peer in was.items() if peer.passed and not _passes(now.get(key))]
    deciding = {account.source for account in later.accounts if _decides(account, asked)}
    ended = [
        peer
        for peer in gone
        if _shown(peer, now.get(peer.key), {one for one in sure if (one, peer.key) not in unproven}, deciding)
    ]
    return Compared(
        stopped=tuple(ended),
        unseen=tuple(peer for peer in gone if peer not in ended),
        goes_on=tuple(
            GoesOn(peer, old.get(key, 0))
            for key, peer in now.items()
            if peer.passed and _passes(was.get(key))
        ),
        new=tuple(peer for key, peer in now.items() if peer.passed and not _passes(was.get(key))),
        doubts=tuple(sorted(doubts.items())),
    )


def _passes(peer: Peer | None) -> bool:
    return peer is not None and peer.passed > 0


def _decides(account: Account, asked: Asked) -> bool:
    """Whether a denial that a source tells stands for the rest: it would be sure, but for what is still on its way."""
    whole = (Window(asked.since, asked.until),) if account.windows else ()
    come = msgspec.structs.replace(account, windows=whole, losses=grave(account.losses))
    return not any(gaps(come, asked))


def _shown(peer: Peer, later: Peer | None, sure: set[str], deciding: set[str]) -> bool:
    """Whether it is shown to have stopped: by a denial, or by one who saw it before and would have seen it since."""
    denied = later is not None and any(sight.denied and sight.source in deciding for sight in later.sights)
    return denied or any(sight.passed and sight.source in sure for sight in peer.sights)


def _continued(before: Sequence[Answer], after: Sequence[Answer]) -> list[Taken]:
    """Return what passed after of connections that had passed before, by each source."""
    open_then: dict[str, set[Key]] = {}
    for answer in before:
        if isinstance(answer, Taken):
            keys = open_then.setdefault(answer.source, set())
            for flow in answer.flows:
                if _of_one(flow):
                    key = placed(flow)[0]
                    keys.update((key,) if flow.reply is not None else (key, turned(key)))
    return [
        msgspec.structs.replace(a, flows=tuple(_kept(a.flows, open_then.get(a.source, set()))))
        for a in after
        if isinstance(a, Taken)
    ]


def _kept(flows: Iterable[Flow], keys: set[Key]) -> Iterable[Flow]:
    return (flow for flow in flows if _of_one(flow) and placed(flow)[0] in keys)


def _of_one(flow: Flow) -> bool:
    """
    Whether it tells of one connection, which a port of its client makes known again.

    A row of a log tells when one began: the same ports in a later row are another one.
    """
    single = flow.connections is None and flow.granularity.grain is Grain.CONNECTION
    return single and flow.verdict in PASSED and flow.source_port * flow.destination_port > 0
