"""Block: addresses denied at the Azure Firewall, as entries of an IP Group under standing rules."""

import itertools
from datetime import datetime
from typing import ClassVar, Literal

import msgspec

from bot.domain import firewalls
from bot.domain.actions import Action, OnExpiry, Slot, SlotKind
from bot.domain.addresses import entry, overlap
from bot.domain.arm import Firewall, FirewallPolicy, IpGroup, RuleGroup
from bot.domain.changes import Contribute
from bot.domain.commands import ip_group
from bot.domain.crossing import who_loses
from bot.domain.documents import Document
from bot.domain.findings import AGAIN, BlastRadius, Finding, Refusal, Unseen, Verdict
from bot.domain.plans import Expectation, Part, Plan, Planning, Target
from bot.domain.queries import (
    Absent,
    Access,
    Answer,
    Discover,
    Discovered,
    FirewallFacts,
    Get,
    Query,
    Unavailable,
    Unwelcome,
)
from bot.domain.reading import cut, read, unreachable, unseen
from bot.domain.refs import ArmRef

MOST_ADDRESSES = 20
TYPICAL = "3 to 5 minutes typically"


class Standing(msgspec.Struct, frozen=True):
    """What the block hangs on, as read."""

    facts: FirewallFacts
    ref: ArmRef
    policy: FirewallPolicy
    rules: RuleGroup
    group: IpGroup
    firewalls: tuple[Firewall, ...]
    gone: tuple[ArmRef, ...]

    @property
    def states(self) -> tuple[tuple[ArmRef, str], ...]:
        """Everything that must agree, and its provisioning state."""
        return (
            (self.facts.root_policy, self.policy.properties.provisioning_state),
            (self.facts.rule_group, self.rules.properties.provisioning_state),
            (self.ref, self.group.properties.provisioning_state),
            *((ArmRef(f.id or f.name), f.properties.provisioning_state) for f in self.firewalls),
        )


class BlockAddress(Action, frozen=True, tag="block-address"):
    """
    Deny IPv4 addresses at the Azure Firewall, as destination and as source.

    An entry goes into an IP Group of our own under rules that stand already: for this cluster, or with
    ``scope estate`` for everything behind the firewall. It takes minutes, and ends by itself with its lease.
    """

    name: ClassVar[str] = "block-address"
    word: ClassVar[str] = "block"
    on_expiry: ClassVar[OnExpiry] = OnExpiry.RELEASE
    slots: ClassVar[tuple[Slot, ...]] = (
        Slot(
            "addresses", SlotKind.ADDRESSES, f"IPv4 addresses, CIDRs or ranges a-b, {MOST_ADDRESSES} at most"
        ),
        Slot("cluster", SlotKind.CLUSTER, "whose firewall", keyword="cluster", required=False),
        Slot(
            "scope",
            SlotKind.CHOICE,
            "for this cluster, or for everything behind the firewall",
            keyword="scope",
            choices=("cluster", "estate"),
            required=False,
        ),
    )

    cluster: str
    addresses: tuple[str, ...]
    scope: Literal["cluster", "estate"] = "cluster"

    def __post_init__(self) -> None:
        """Spell the addresses in one way; raise ``ValueError`` in plain words for what cannot be blocked."""
        if not self.cluster:
            raise ValueError("the cluster is not named")
        if not 1 <= len(self.addresses) <= MOST_ADDRESSES:
            raise ValueError(f"one request takes 1 to {MOST_ADDRESSES} addresses, not {len(self.addresses)}")
        spelled = tuple(entry(address) for address in self.addresses)
        for one, other in itertools.combinations(spelled, 2):
            if overlap(one, other):
                raise ValueError(f"{one} and {other} overlap: name each address once")
        msgspec.structs.force_setattr(self, "addresses", spelled)

    @property
    def places(self) -> tuple[tuple[str, str], ...]:
        """The addresses."""
        return tuple(("", address) for address in self.addresses)

    @property
    def at_cluster(self) -> str:
        """The cluster whose firewall it is."""
        return self.cluster

    @property
    def at_scope(self) -> str:
        """As asked for."""
        return self.scope

    def plan(self, now: datetime, request_id: str, first: int = 0) -> Planning:  # noqa: ARG002 - entries carry no name of a request
        """Plan one entry for each address."""
        (answer,) = yield (Discover(self.cluster),)
        placed = self._placed(answer)
        if isinstance(placed, Refusal):
            return placed
        cluster, facts, ref = placed
        second = (Get(facts.root_policy), Get(facts.rule_group), Get(ref), *(Get(f) for f in facts.firewalls))
        standing = _standing(facts, ref, (yield second))
        if isinstance(standing, Refusal):
            return standing
        refusal = self._refusal(standing)
        if refusal is not None:
            return refusal
        third: tuple[Query, ...] = (Access("write", ref),)
        may = yield third
        if isinstance(may[0], Unwelcome):
            text = f"no permission to write {ref}: {cut(may[0].code)}: {cut(may[0].why)}"
            return Refusal(
                "write-denied",
                text,
                "Ask whoever runs Azure to assign the role in deploy/azure, or to take the lock away.",
            )
        plan = self._whole(cluster, standing, unseen(third, may))
        radius = msgspec.structs.replace(
            plan.blast_radius, flows=(yield from who_loses(self.cluster, self.addresses))
        )
        return msgspec.structs.replace(plan, blast_radius=radius)

    def _placed(self, answer: Answer) -> tuple[Discovered, FirewallFacts, ArmRef] | Refusal:
        if not isinstance(answer, Discovered):
            return unreachable(self.cluster, answer)
        facts = answer.firewall
        if facts is None:
            text = f"no firewall is configured for cluster {self.cluster}"
            return Refusal(
                "no-firewall",
                text,
                "Ask whoever runs Firebreak to name its root policy, rule group and IP Groups in the settings.",
            )
        group = facts.estate_group if self.scope == "estate" else facts.cluster_group
        if group is None:
            text = f"no IP Group is configured for blocks of scope {self.scope} at cluster {self.cluster}"
            return Refusal(
                "no-group",
                text,
                f"{firewalls.SET_UP} Then whoever runs Firebreak names the group in the settings.",
            )
        return answer, facts, group

    def _refusal(self, standing: Standing) -> Refusal | None:
        facts, held = standing.facts, standing.group
        added = sum(not _there(held, address) for address in self.addresses)
        return (
            firewalls.harmful(self.addresses, facts, standing.firewalls)
            or firewalls.not_root(standing.policy, facts.root_policy)
            or firewalls.not_standing(standing.rules, standing.ref, self.scope)
            or firewalls.full(held, standing.ref, added)
        )

    def _part(self, standing: Standing, address: str) -> Part:
        ref, facts = standing.ref, standing.facts
        return Part(
            target=Target(
                kind="Address",
                cluster=self.cluster,
                namespace="",
                name=address,
                uid=address,
                details=(
                    ("scope", self.scope),
                    ("IP Group", str(ref)),
                    ("root policy", str(facts.root_policy)),
                    *firewalls.standing_entries(standing.group, address),
                ),
            ),
            lane=f"azure:{facts.root_policy.id.lower()}",
            changes=(Contribute(ref, address),),
            words=(f"Add {address} to {ref}, which {facts.rule_group} denies as destination and as source",),
            commands=ip_group(ref, address),
            expectations=(Expectation(ref, f"holds {address}"),),
            best_verdict=Verdict.INCONCLUSIVE,
        )

    def _whole(self, cluster: Discovered, standing: Standing, blind: tuple[Unseen, ...]) -> Plan:
        failed, busy = firewalls.states(standing.states)
        waits = f"; {', '.join(map(str, busy))} is being updated now, and this waits for it" if busy else ""
        facts = standing.facts
        odd = firewalls.oddities(standing.policy, standing.rules, facts, standing.firewalls)
        return Plan(
            action=self.name,
            parameters=Document.of(msgspec.to_builtins(self)),
            cluster=self.cluster,
            cluster_uid=cluster.uid,
            scope=self.scope,
            strategy="ip-group",
            parts=tuple(self._part(standing, address) for address in self.addresses),
            summary=f"Deny {', '.join(self.addresses)} at the firewall, for {self._whom()}",
            eta=TYPICAL + waits,
            residual=self._residual(),
            side_effects=self._side_effects(standing),
            warnings=(*failed, *odd, *(_gone(ref) for ref in standing.gone)),
            unseen=blind,
            blast_radius=BlastRadius(addresses=len(self.addresses)),
        )

    def _whom(self) -> str:
        return "everything behind it" if self.scope == "estate" else f"cluster {self.cluster} alone"

    def _residual(self) -> tuple[Finding, ...]:
        where = self.cluster
        return (
            Finding("earlier-allow", where, "whether an earlier allow wins: not analysed"),
            Finding(
                "path", where, f"whether the traffic of {where} crosses this firewall at all: not analysed"
            ),
            Finding("ranges", where, "whether the standing rules name all of its ranges: not analysed"),
            Finding("dnat", where, "what the firewall forwards inwards by DNAT is not covered"),
            Finding("ipv6", where, "IPv6 is not covered"),
        )

    def _side_effects(self, standing: Standing) -> tuple[Finding, ...]:
        text = "open sessions with the address may be dropped: the firewall does so when rules change"
        sessions = Finding("open-sessions", self.cluster, text)
        if self.scope == "cluster":
            return (sessions,)
        estate = "everything behind the firewall loses the address, not this cluster alone"
        return (sessions, Finding("estate", str(standing.facts.root_policy), estate))


def _standing(facts: FirewallFacts, ref: ArmRef, answers: tuple[Answer, ...]) -> Standing | Refusal:
    policy, rules = read(answers[0], FirewallPolicy), read(answers[1], RuleGroup)
    group, walls = read(answers[2], IpGroup), [read(answer, Firewall) for answer in answers[3:]]
    refs = (facts.root_policy, facts.rule_group, ref, *facts.firewalls)
    for thing, found in zip(refs, (policy, rules, group, *walls), strict=True):
        if isinstance(found, Unavailable):
            return Refusal("firewall-unavailable", f"{thing} could not be read: {cut(found.why)}", AGAIN)
    for thing, found in zip(refs, (policy, rules, group), strict=False):
        if isinstance(found, Absent):
            return Refusal("standing-part-absent", f"there is no {thing}", firewalls.SET_UP)
    assert isinstance(policy, FirewallPolicy)
    assert isinstance(rules, RuleGroup)
    assert isinstance(group, IpGroup)
    return Standing(
        facts=facts,
        ref=ref,
        policy=policy,
        rules=rules,
        group=group,
        firewalls=tuple(w for w in walls if isinstance(w, Firewall)),
        gone=tuple(r for r, w in zip(facts.firewalls, walls, strict=True) if isinstance(w, Absent)),
    )


def _there(group: IpGroup, address: str) -> bool:
    return any(name == "already there" for name, _ in firewalls.standing_entries(group, address))


def _gone(ref: ArmRef) -> Finding:
    return Finding("firewall-absent", str(ref), f"{ref}, named in the settings, does not exist")
