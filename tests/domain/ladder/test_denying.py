"""L3 of a block: what the firewall's own log proves of it, and what it does not."""

from typing import Any

import msgspec
import pytest

from bot.domain.addresses import spelled
from bot.domain.changes import Contribute
from bot.domain.documents import Document
from bot.domain.flows.asked import About, Asked, Subject
from bot.domain.flows.flow import LOG_ROW, Being, Endpoint, Observer, Policy, Verdict
from bot.domain.flows.merging import Answer as Told
from bot.domain.flows.taken import Late, Partial, Silent
from bot.domain.ladder.denying import Denying
from bot.domain.ladder.rungs import Outcome, Proof
from bot.domain.plans import Commands, Part, Target
from bot.domain.queries import Answer, Discovered, FirewallFacts, Flowing, Flows, Found, Unavailable
from bot.domain.refs import ArmRef
from tests.domain.flows.observed import at, flow, taken

ADDRESS = "203.0.113.7"
GROUP = ArmRef("/g/ours")
ENTRY = (Contribute(GROUP, ADDRESS),)
PART = Part(Target("Address", "prod", "", ADDRESS, ADDRESS), "azure:root", ENTRY, (), Commands((), ()))
FACTS = FirewallFacts(ArmRef("/p/root"), ArmRef("/p/root/ruleCollectionGroups/firebreak"), None, None)
DENY = {
    "name": "ir-deny-net",
    "ruleCollectionType": "FirewallPolicyFilterRuleCollection",
    "action": {"type": "Deny"},
    "rules": [
        {
            "ruleType": "NetworkRule",
            "sourceAddresses": ["10.240.0.0/16"],
            "destinationIpGroups": [GROUP.id],
            "ipProtocols": ["Any"],
            "destinationPorts": ["*"],
        }
    ],
}
BODY = Document.of({"id": FACTS.rule_group.id, "properties": {"priority": 100, "ruleCollections": [DENY]}})
RULES = Found(FACTS.rule_group, BODY, "1")
KNOWN = Discovered("prod", "", firewall=FACTS)
ASKED = Asked("prod", Subject(About.ADDRESS, ADDRESS), at(0), at(600))
NODE, EVIL = Endpoint("10.240.0.4"), Endpoint(ADDRESS, Being.WORLD)
OURS = Policy("firebreak/ir-deny-net/to-blocked", "root", "firewall rule")
SEEN: dict[str, Any] = {
    "observer": Observer("firewall", "hub", "network rule"),
    "granularity": LOG_ROW,
    "direction": None,
}
DENIED = flow(10, NODE, EVIL, verdict=Verdict.DENIED, policies=(OURS,), **SEEN)
PASSED = flow(20, NODE, EVIL, (40001, 443), policies=(), **SEEN)


def examined(answer: Answer, known: Answer = KNOWN) -> Proof:
    asking = Denying(at(0)).examine(PART)
    try:
        next(asking)
        _, query = asking.send((known,))
    except StopIteration as stop:
        early: Proof = stop.value
        return early
    assert isinstance(query, Flows)
    assert (query.address, query.sources, query.since) == (ADDRESS, ("firewall",), at(0))
    try:
        asking.send((RULES, answer))
    except StopIteration as stop:
        told: Proof = stop.value
        return told
    raise AssertionError("it asked again")


def told(*answers: Told) -> Proof:
    return examined(Flowing(ASKED, answers))


def test_a_denial_by_our_own_rule_is_seen_denying_traffic() -> None:
    proof = told(taken(DENIED, source="firewall", losses=(Late(600),)))

    assert proof.outcome is Outcome.HOLDS
    assert proof.text == "seen denying traffic: 1 connections by our own rule, and none passed"


def test_one_row_that_passed_outweighs_all_that_were_denied() -> None:
    proof = told(taken(DENIED, PASSED, source="firewall", losses=(Partial("broke off"),)))

    assert proof.outcome is Outcome.OPEN
    assert proof.holes


def test_that_somebody_elses_traffic_passes_is_no_hole_of_ours() -> None:
    other = msgspec.structs.replace(PASSED, source=Endpoint("10.99.0.4"))

    assert told(taken(DENIED, other, source="firewall")).outcome is Outcome.HOLDS


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (taken(source="firewall"), "no row of it yet"),
        (taken(DENIED, source="firewall", losses=(Partial("throttled"),)), "in part only"),
        (Silent("firewall", "throttled"), "cannot tell: throttled"),
        *(
            (taken(msgspec.structs.replace(DENIED, policies=some), source="firewall"), "no row of it yet")
            for some in (
                (),
                (Policy("platform/deny/all", "root", "firewall rule"),),
                (Policy("firebreak/ir-deny-net/to-blocked", "spoke", "firewall rule"),),
                (Policy("firebreakers/x/y", "root", "firewall rule"),),
            )
        ),
    ],
)
def test_what_is_lost_unsaid_or_somebody_elses_proves_nothing(answer: Told, why: str) -> None:
    proof = told(answer)

    assert proof.outcome is Outcome.SILENT
    assert why in proof.text


def test_without_knowing_whose_rules_are_ours_nothing_is_proved() -> None:
    answer = Flowing(ASKED, (taken(DENIED, source="firewall"),))

    assert examined(answer, Unavailable("no answer")).outcome is Outcome.SILENT
    assert examined(Unavailable("no answer")).outcome is Outcome.SILENT
    assert told().outcome is Outcome.SILENT


def test_a_range_is_nothing_that_a_log_can_be_asked_for() -> None:
    assert [spelled(name) for name in (ADDRESS, "203.0.113.0/24", "203.0.113.7-203.0.113.9", "<!here>")] == [
        ADDRESS,
        "203.0.113.0/24",
        "",
        "",
    ]
