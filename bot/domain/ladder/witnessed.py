"""L3: flows show our own policy at work: it is named in what was dropped, and nothing passes any more."""

from datetime import datetime, timedelta
from typing import ClassVar, Final

import msgspec

from bot.domain import refs
from bot.domain.changes import Create
from bot.domain.directions import Direction
from bot.domain.findings import Refusal
from bot.domain.flows.asked import Asked
from bot.domain.flows.concerning import Holds
from bot.domain.flows.flow import PASSED, Being, Endpoint, Flow, Policy, Verdict
from bot.domain.flows.knowing import external, gaps
from bot.domain.flows.merging import accounts, merge
from bot.domain.flows.peers import Peer
from bot.domain.flows.taken import (
    Capability,
    Garbled,
    Late,
    Missing,
    Overrun,
    Partial,
    Silent,
    Skewed,
    Taken,
    Truncated,
    Unanswered,
)
from bot.domain.flows.talks import Account
from bot.domain.ladder.passing import Passing, passing
from bot.domain.ladder.rungs import Asking, Hole, Outcome, Proof
from bot.domain.ladder.whom import Whom, whom_of
from bot.domain.plans import Part
from bot.domain.quarantine.closing import Possible, guarded_at, offers
from bot.domain.queries import Discover, Discovered, Flowing, Flows, Unavailable
from bot.domain.reading import cut
from bot.domain.refs import DEPLOYMENT, POD
from bot.domain.requests import PartRow
from bot.domain.residual.worst import Closing, How
from bot.domain.states import PartState

SKEW: Final = timedelta(seconds=2)
"""By how much the clock of a node may be before ours: what it saw that short after was perhaps before."""

WITHIN: Final = 3.0
"""Seconds that a relay has: many pods are looked at in one round, and other looks wait for it."""

MOST_SAID: Final = 3
IDLE: Final = "nothing was dropped by our policy yet: nothing tried"
UNNAMED: Final = "nothing was dropped by our policy yet: what was dropped does not name it"
SOME_IDLE: Final = (
    "our policy dropped what some of its pods tried, and none passed; the others have tried nothing yet"
)
TOO_LATE: Final = "only logs tell of flows here, minutes later: no drop can be shown in time. Hubble under Cilium would name our policy"
_LOST: Final = {
    Overrun: "flows were overwritten before they were read",
    Unanswered: "some nodes did not answer",
    Partial: "it answered a part only",
    Truncated: "there was more than was taken",
    Missing: "tables or columns are not there",
    Garbled: "some of it could not be understood",
    Late: "the newest may still be on its way",
    Skewed: "the clock of a node differs from ours",
}
"""What a source lost, without numbers: each other number would be new evidence of everything that stands."""
MOST_KEPT: Final = 50


class Witnessed:
    """
    Traffic of the pod was dropped in the name of our policy, and none passed since the engine must have acted.

    It is made for one look: ``settled`` is when the engine must have acted.
    """

    name: ClassVar[str] = "L3"
    needs: ClassVar[str] = (
        "a source of flows that names policies (Hubble under Cilium), and traffic that tries"
    )
    proves: ClassVar[str] = "packets of the pod were dropped by our policy, and none were seen to pass since"
    cannot: ClassVar[str] = "anything where nothing tries, or where a source has lost flows since"

    def __init__(self, settled: datetime) -> None:
        self._settled = settled

    def suits(self, part: Part) -> bool:
        """Whether it is about a pod that a quarantine has cut by a policy of its own."""
        return suits(part)

    def examine(self, part: Part) -> Asking:
        """Ask for the pod's flows since then."""
        whom = yield from whom_of(part)
        if isinstance(whom, Refusal):
            return _silent(whom.text)
        target = part.target
        place = (target.cluster, whom.space, whom.workload or whom.name)
        pods = tuple(sorted(whom.pods)) if whom.workload else ()
        asked = Flows(*place, 0, self._settled, live=True, within=WITHIN, pods=pods)
        known, answer = yield (Discover(target.cluster), asked)
        match answer:
            case Flowing(question, told):
                firewall = known.firewall if isinstance(known, Discovered) else None
                at = (self._settled, Possible(guarded=guarded_at(firewall)))
                return judged((part, whom), question, told, at)
            case Unavailable(why):
                return _silent(f"no flows could be read: {cut(why)}")
            case _:
                return _silent("the answer about flows was of another kind")


class Untimely:
    """The same where only logs tell of flows: it has nothing to look at, and says so."""

    name: ClassVar[str] = Witnessed.name
    needs: ClassVar[str] = Witnessed.needs
    proves: ClassVar[str] = Witnessed.proves
    cannot: ClassVar[str] = Witnessed.cannot

    def suits(self, part: Part) -> bool:
        """Whether flows could tell of it at all."""
        return suits(part)

    def examine(self, part: Part) -> Asking:  # noqa: ARG002 - it is the same for every part
        """Ask nothing."""
        yield from ()
        return _silent(TOO_LATE)


def suits(part: Part) -> bool:
    """Whether a part is about a pod, or a Deployment, that a quarantine has cut by a policy of its own."""
    return part.proving is not None and part.target.kind in {POD.kind, DEPLOYMENT.kind} and bool(ours(part))


def settled(row: PartRow) -> datetime | None:
    """Return when the engine of an applied part must have acted; ``None`` where it is not applied, or nobody knows."""
    since, proving = row.since(PartState.APPLIED), row.part.proving
    if row.state is not PartState.APPLIED or since is None or proving is None:
        return None
    return since + timedelta(seconds=proving.settle)


def ours(part: Part) -> frozenset[tuple[str, str]]:
    """Return the policies that a part writes, by namespace (empty for clusterwide) and name."""
    kinds = (refs.NETWORK_POLICY, *refs.RULING_KINDS)
    made = (change.ref for change in part.changes if isinstance(change, Create))
    return frozenset((ref.namespace, ref.name) for ref in made if ref.kind in kinds)


def judged(
    cut_off: tuple[Part, Whom], asked: Asked, told: tuple[Taken | Silent, ...], at: tuple[datetime, Possible]
) -> Proof:
    """
    Return what the flows since then amount to. Seen to pass outweighs all; lost flows are no evidence for us.

    ``at``: since when, and what could be done there about what passes. Of several pods each must have tried.
    """
    part, whom = cut_off
    own = whom.own
    since = [_since(answer, at[0] + SKEW, own) for answer in told]
    if through := [one for one in passing(merge(since).talks, own) if not _probe(one.peer)]:
        return _open(f"{whom.space}/{whom.name}", through, at[1])
    named = [a for a in told if isinstance(a, Taken) and Capability.POLICIES in a.can]
    if not named:
        return _silent("no source of flows here names the policy that dropped")
    reasons = {account.source: _why(account, asked) for account in accounts(named)}
    dropped = [_dropped(answer, own, ours(part)) for answer in named if not reasons[answer.source]]
    if number := sum(talk.connections for answer in dropped for talk in merge([answer]).talks):
        return _held(whom, dropped, number)
    if all(reasons.values()):
        source, why = next(iter(reasons.items()))
        return _silent(f"{source} cannot tell: {cut(why)}")
    tried = any(
        flow.verdict is Verdict.DENIED and (own(flow.source) or own(flow.destination))
        for answer in named
        for flow in answer.flows
    )
    return _idle(UNNAMED if tried else IDLE, whom)


def _probe(peer: Peer) -> bool:
    """
    A node reaches its own pods under every engine: that is said before, and is no news.

    The node that sees names itself; one without a name is another, whose pods on its network a policy should hold.
    """
    own = peer.end.being is Being.NODE and peer.end.name != ""
    return own and peer.direction is Direction.INGRESS


def _why(account: Account, asked: Asked) -> str:
    """Return why a source might have missed something, in words that are the same at the next look; empty for nothing."""
    if account.silent:
        return account.silent[0]
    covered = any(w.since <= asked.since and asked.until <= w.until for w in account.windows)
    if not covered and not account.losses:
        return "it covers only a part of the time that was asked for"
    lost = next((_LOST[type(loss)] for loss in account.losses), "")
    return lost or next(gaps(account, asked), "")


def _since(answer: Taken | Silent, moment: datetime, own: Holds) -> Taken | Silent:
    if isinstance(answer, Silent):
        return answer
    kept = tuple(f for f in answer.flows if f.start > moment and f.verdict in PASSED and _decided(f, own))
    return msgspec.structs.replace(answer, flows=kept)


def _decided(flow: Flow, own: Holds) -> bool:
    """Whether it was seen beyond the pod's own policy: that it left its peer, or set out from the pod, decides nothing."""
    if flow.observer.point.startswith("from-"):
        return False
    if own(flow.source):
        return True
    return own(flow.destination) and flow.direction is Direction.INGRESS


def _held(whom: Whom, dropped: list[Taken], number: int) -> Proof:
    """
    Each pod's own node cuts it: that another one was cut shows nothing of it.

    A Deployment without a pod has nobody who could have tried.
    """
    ends = (end for answer in dropped for flow in answer.flows for end in _cut_at(flow, whom))
    tried = whom.known(end.pod for end in ends if whom.own(end))
    if not whom.pods or not whom.identities <= tried:
        return _idle(SOME_IDLE, whom, tried)
    of = f" of its {len(whom.pods)} pods" if whom.workload else ""
    text = f"{number} attempts{of} were dropped by our policy, and none passed since"
    return Proof("L3", Outcome.HOLDS, text, whom=whom.identities, shown=tried)


def _cut_at(flow: Flow, whom: Whom) -> tuple[Endpoint, ...]:
    """
    Return whose node dropped it. Both ends may be of one Deployment, and the policy is that of both: the direction decides.

    Where it is not told, an end whose other one is somebody else's is the one.
    """
    ends = (flow.source, flow.destination)
    match flow.direction:
        case Direction.EGRESS:
            return ends[:1]
        case Direction.INGRESS:
            return ends[1:]
        case None:
            return () if all(map(whom.own, ends)) else ends


def _dropped(answer: Taken, own: Holds, names: frozenset[tuple[str, str]]) -> Taken:
    drops = tuple(
        flow
        for flow in answer.flows
        if flow.verdict is Verdict.DENIED
        and (own(flow.source) or own(flow.destination))
        and any(_is_of(policy, names) for policy in flow.policies)
    )
    return msgspec.structs.replace(answer, flows=drops)


def _is_of(policy: Policy, names: frozenset[tuple[str, str]]) -> bool:
    return (policy.namespace, policy.name) in names


def _open(subject: str, through: list[Passing], here: Possible) -> Proof:
    holes = tuple(_hole(subject, one, here) for one in through[:MOST_KEPT])
    more = f"; and {len(through) - MOST_SAID} more" if len(through) > MOST_SAID else ""
    return Proof("L3", Outcome.OPEN, "; ".join(hole.text for hole in holes[:MOST_SAID]) + more, holes)


def _hole(subject: str, one: Passing, here: Possible) -> Hole:
    peer = one.peer
    about, text = f"{subject} seen {peer.direction} {peer}", f"{peer} was seen to pass"
    return Hole(about, text, offers(_ways(peer), here), one)


def _ways(peer: Peer) -> tuple[Closing, ...]:
    """A connection that was open before may outlive every policy of the cluster: a firewall on its way cuts it."""
    if peer.direction is Direction.EGRESS and external(peer.end) and peer.end.address:
        return (Closing(How.BLOCK_ADDRESS, peer.end.address),)
    return ()


def _idle(why: str, whom: Whom, shown: frozenset[str] = frozenset()) -> Proof:
    return Proof("L3", Outcome.SILENT, why, whom=whom.identities, shown=shown)


def _silent(why: str) -> Proof:
    return Proof("L3", Outcome.SILENT, why)
