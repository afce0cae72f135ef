"""L3 of a block: the firewall's own log shows that our standing rule denied traffic with the address."""

from datetime import datetime, timedelta
from typing import ClassVar, Final

import msgspec

from bot.domain.addresses import overlap, spelled
from bot.domain.arm import RuleGroup, holds
from bot.domain.changes import Contribute
from bot.domain.flows.asked import Asked
from bot.domain.flows.concerning import end as ends_of
from bot.domain.flows.flow import Flow, Policy, Verdict
from bot.domain.flows.merging import merge
from bot.domain.flows.peers import peers
from bot.domain.flows.taken import Silent, Taken, grave
from bot.domain.ladder.rungs import Asking, Hole, Outcome, Proof
from bot.domain.ladder.verdicts import FLOWS
from bot.domain.plans import Part
from bot.domain.queries import Discover, Discovered, FirewallFacts, Flowing, Flows, Get, Unavailable
from bot.domain.reading import cut, read

ADDRESS: Final = "Address"
SOURCE: Final = "firewall"
"""The one source that sees the firewall decide: that a packet left its pod says nothing of what comes after."""
SETTLE: Final = timedelta(seconds=60)
"""How long after a write is accepted an instance of the firewall may still be at its old rules, and a clock behind ours."""
LONGEST: Final = timedelta(hours=2)
WITHIN: Final = 12.0
MOST: Final = 5_000
IDLE: Final = (
    "the firewall's log has no row of it yet: nothing tried, or the row is still on its way (3 to 10 minutes)"
)


class Denying:
    """Since the block the firewall denied traffic with the address, in the name of our rule, and let none pass."""

    name: ClassVar[str] = FLOWS
    needs: ClassVar[str] = (
        "for a block: the firewall's log `AZFWNetworkRule` in Log Analytics, and traffic that tries"
    )
    proves: ClassVar[str] = "the firewall denied traffic with the address by our own rule"
    cannot: ClassVar[str] = "what does not cross this firewall; it alone makes no verdict"

    def __init__(self, since: datetime) -> None:
        self._since = since

    def suits(self, part: Part) -> bool:
        """Whether it is about an address that a firewall blocks, and one that a log can be asked for."""
        return part.target.kind == ADDRESS and bool(spelled(part.target.name))

    def examine(self, part: Part) -> Asking:
        """Ask whose rules are ours, and what the firewall's log says since."""
        target = part.target
        asked = Flows(
            target.cluster,
            "",
            "",
            0,
            self._since,
            address=spelled(target.name),
            sources=(SOURCE,),
            within=WITHIN,
            most=MOST,
        )
        (known,) = yield (Discover(target.cluster),)
        facts = known.firewall if isinstance(known, Discovered) else None
        if facts is None:
            return _silent("which rules are ours could not be read")
        stands, answer = yield (Get(facts.rule_group), asked)
        rules = read(stands, RuleGroup)
        if not isinstance(rules, RuleGroup):
            return _silent("our own rules could not be read")
        match answer:
            case Flowing(question, told):
                return judged(Rules(facts, ranges(rules, part)), question, told)
            case Unavailable(why):
                return _silent(f"the firewall's log could not be read: {cut(why)}")
            case _:
                return _silent("the answer about the firewall's log was of another kind")


class Rules(msgspec.Struct, frozen=True):
    """What stands for us: the settings, and whose traffic our rules deny, as addresses; ``None`` where that is not told."""

    facts: FirewallFacts
    ranges: frozenset[str] | None


def ranges(rules: RuleGroup, part: Part) -> frozenset[str] | None:
    """Return the other side of the rules that deny what a part adds to."""
    group = next((change.thing.id for change in part.changes if isinstance(change, Contribute)), "")
    found: set[str] = set()
    for rule in rules.denying:
        if holds(rule.destination_ip_groups, group):
            found.update(rule.source_addresses or ())
        if holds(rule.source_ip_groups, group):
            found.update(rule.destination_addresses or ())
    return frozenset(found) or None


def judged(rules: Rules, asked: Asked, told: tuple[Taken | Silent, ...]) -> Proof:
    """
    Return what the log says. One row that passed outweighs all that were denied; lost rows are no evidence for us.

    Behind the firewall may be others, whose traffic our rules are not about: that theirs passes is no hole.
    """
    silent = next((one.why for one in told if isinstance(one, Silent)), "")
    taken = [one for one in told if isinstance(one, Taken)]
    if silent or not taken:
        return _silent(f"the firewall's log cannot tell: {cut(silent or 'nobody was there to ask')}")
    own = ends_of(asked.subject)
    passed = tuple(peer for peer in peers(merge(taken).talks, own) if peer.passed)
    if passed and rules.ranges is None:
        return _silent("traffic with it passed, and whose our rules are about could not be read")
    if through := [peer for peer in passed if _within(peer.end.address, rules.ranges or frozenset())]:
        most = through[0]
        about = f"{asked.subject} seen at the firewall"
        text = f"the firewall let traffic of {most} with {asked.subject} pass after the block"
        return Proof(FLOWS, Outcome.OPEN, text, (Hole(about, text),))
    if any(grave(one.losses) for one in taken):
        return _silent("the firewall's log could be read in part only")
    ours = [
        msgspec.structs.replace(one, flows=tuple(f for f in one.flows if _is_ours(f, rules.facts)))
        for one in taken
    ]
    number = sum(talk.connections for talk in merge(ours).talks)
    if not number:
        return _silent(IDLE)
    return Proof(
        FLOWS, Outcome.HOLDS, f"seen denying traffic: {number} connections by our own rule, and none passed"
    )


def _within(address: str, covered: frozenset[str]) -> bool:
    """Whether an address is in one of these entries; ``*`` is everybody."""
    if "*" in covered:
        return True
    return any(_touches(address, one) for one in covered)


def _touches(address: str, one: str) -> bool:
    try:
        return overlap(address, one)
    except ValueError:
        return False


def _is_ours(flow: Flow, facts: FirewallFacts) -> bool:
    return flow.verdict is Verdict.DENIED and any(_of(policy, facts) for policy in flow.policies)


def _of(policy: Policy, facts: FirewallFacts) -> bool:
    """A rule of ours is known by its group and by the policy that this stands in; Azure may spell names in any case."""
    group = policy.name.partition("/")[0].casefold() == facts.rule_group.name.casefold()
    return group and policy.namespace.casefold() in {"", facts.root_policy.name.casefold()}


def _silent(why: str) -> Proof:
    return Proof(FLOWS, Outcome.SILENT, why)
