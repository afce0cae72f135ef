"""What the plan of a block contributes, checks, says and refuses."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from bot.actions import parameters, revive
from bot.actions.block_address import BlockAddress
from bot.domain.changes import Contribute
from bot.domain.digests import Terms, digest, worse
from bot.domain.findings import Forecast
from bot.domain.refs import ArmRef
from tests.actions.firewall import (
    ESTATE,
    FACTS,
    FIREWALL,
    POLICY,
    PROD,
    RULES,
    block,
    collection,
    estate,
    rule,
    standing,
)
from tests.actions.shell import ran
from tests.actions.staged import Staged, planned, refused

TERMS = Terms(lease=86400, on_expiry="release", quorum=1)


def properties(world: Staged, ref: ArmRef) -> dict[str, Any]:
    found: dict[str, Any] = world.objects[ref]["properties"]
    return found


def facts(world: Staged, **changed: Any) -> Staged:
    assert world.discovered is not None
    fresh = msgspec.structs.replace(FACTS, **changed)
    world.discovered = msgspec.structs.replace(world.discovered, firewall=fresh)
    return world


# -- the plan ----------------------------------------------------------------------------------------------


def test_each_address_is_one_part_and_all_share_the_lane_of_the_root_policy() -> None:
    plan = planned(block("203.0.113.7", "198.51.100.0/24"), estate())

    assert [part.changes for part in plan.parts] == [
        (Contribute(PROD, "203.0.113.7"),),
        (Contribute(PROD, "198.51.100.0/24"),),
    ]
    assert {part.lane for part in plan.parts} == {f"azure:{POLICY.id.lower()}"}
    assert plan.blast_radius.addresses == 2


def test_the_scope_chooses_the_group_and_an_estate_is_said_to_be_everything() -> None:
    plan = planned(block(scope="estate"), estate())

    assert plan.parts[0].changes == (Contribute(ESTATE, "203.0.113.7"),)
    assert plan.scope == "estate"
    assert "estate" in [f.code for f in plan.side_effects]
    assert "estate" not in [f.code for f in planned(block(), estate()).side_effects]


def test_a_block_promises_no_more_than_is_known() -> None:
    plan = planned(block(), estate())

    assert plan.forecast == Forecast.UNKNOWN
    assert plan.parts[0].best_verdict == "INCONCLUSIVE"
    assert [f.code for f in plan.residual] == ["earlier-allow", "path", "ranges", "dnat", "ipv6"]
    assert sum("not analysed" in f.text for f in plan.residual) == 3
    assert plan.eta == "3 to 5 minutes typically"


def test_the_same_world_gives_the_same_plan() -> None:
    assert planned(block(), estate("1.2.3.4")) == planned(block(), estate("1.2.3.4"))


def test_the_digest_stays_when_others_edit_the_group_and_something_is_being_updated() -> None:
    busy = estate("1.2.3.4", "203.0.113.7")
    properties(busy, PROD)["provisioningState"] = "Updating"
    old, new = planned(block(), estate()), planned(block(), busy)

    assert digest(old, TERMS) == digest(new, TERMS)
    assert worse(old, new, threshold=0) == ()
    assert "ipGroups/ir-block-prod is being updated now" in new.eta


def test_the_digest_changes_with_the_address_the_scope_and_the_group() -> None:
    moved = facts(estate(), cluster_group=ESTATE, estate_group=PROD)
    properties(moved, RULES)["ruleCollections"] = [
        collection(
            [
                rule("d", sourceAddresses=["10.0.0.0/8"], destinationIpGroups=[ESTATE.id]),
                rule("s", destinationAddresses=["10.0.0.0/8"], sourceIpGroups=[ESTATE.id]),
            ]
        )
    ]
    plans = [
        planned(block(), estate()),
        planned(block("203.0.113.8"), estate()),
        planned(block(scope="estate"), estate()),
        planned(block(), moved),
    ]

    assert len({digest(plan, TERMS) for plan in plans}) == len(plans)


def test_what_is_blocked_already_is_told_to_the_reader() -> None:
    same = planned(block("203.0.113.7/32"), estate("203.0.113.7"))
    around = planned(block("203.0.113.0/24"), estate("203.0.113.7", "9.9.9.9", "not an address"))

    assert "already there" in dict(same.parts[0].target.details)
    assert dict(around.parts[0].target.details)["overlaps"] == "with 203.0.113.7, blocked already"


def test_the_commands_add_and_remove_this_one_entry_and_keep_the_others() -> None:
    (part,) = planned(block(), estate()).parts
    url = f"{PROD.id}?api-version=2024-05-01"
    kept = "not_null(properties.ipAddresses, `[]`)[?@ != '203.0.113.7']"

    for (command,), entries in (
        (part.commands.do, f"[{kept}, ['203.0.113.7']][]"),
        (part.commands.undo, kept),
    ):
        read, write = ran(command, "az", says='{"read": "back"}')
        assert write.words == ("rest", "--method", "put", "--url", url, "--body", '{"read": "back"}')
        body = f"{{location: location, tags: tags, properties: {{ipAddresses: {entries}}}}}"
        assert read.words == ("rest", "--method", "get", "--url", url, "--query", body, "--output", "json")


def test_a_stored_action_comes_back_as_it_was() -> None:
    action = block("203.0.113.7", scope="estate")

    assert revive("block-address", parameters(action)) == action


# -- refusals ----------------------------------------------------------------------------------------------


def _parent(world: Staged) -> None:
    properties(world, POLICY)["basePolicy"] = {"id": "/x/firewallPolicies/mother"}


def _managed(world: Staged) -> None:
    properties(world, POLICY)["afcManaged"] = True


def _full(world: Staged) -> None:
    properties(world, PROD)["ipAddresses"] = [f"1.2.{i // 256}.{i % 256}" for i in range(5000)]


def _no_group(world: Staged) -> None:
    del world.objects[PROD]


def _unreadable_guard(world: Staged) -> None:
    facts(world, guarded=(("example.org", "a partner"),))


@pytest.mark.parametrize(
    ("spoil", "code", "words"),
    [
        (_parent, "not-the-root-policy", "mother"),
        (_managed, "policy-managed", "afcManaged"),
        (_full, "group-full", "5000"),
        (_no_group, "standing-part-absent", "ipGroups/ir-block-prod"),
        (_unreadable_guard, "guard-unreadable", "example.org"),
        (lambda w: facts(w, cluster_group=None), "no-group", "scope cluster"),
        (lambda w: w.blind.add("get firewallPolicies/root"), "firewall-unavailable", "did not answer"),
        (lambda w: w.blind.add("get azureFirewalls/hub"), "firewall-unavailable", "did not answer"),
        (lambda w: w.blind.add("discover prod"), "cluster-unavailable", "prod"),
        (lambda w: setattr(w, "refuses", lambda _: "ScopeLocked"), "write-denied", "ScopeLocked"),
    ],
)
def test_a_block_that_could_not_work_is_refused_with_its_reason(
    spoil: Callable[[Staged], Any], code: str, words: str
) -> None:
    world = estate()
    spoil(world)

    refusal = refused(block(), world)
    assert refusal.code == code
    assert words in refusal.text


def test_a_cluster_without_a_firewall_is_refused_with_the_remedy() -> None:
    world = estate()
    assert world.discovered is not None
    world.discovered = msgspec.structs.replace(world.discovered, firewall=None)

    assert refused(block(), world).code == "no-firewall"


@pytest.mark.parametrize("scope", ["cluster", "estate"])
@pytest.mark.parametrize("side", ["destination", "source"])
def test_without_a_standing_rule_for_each_side_nothing_is_promised(scope: Any, side: str) -> None:
    world = estate()
    kept = [r for r in standing() if not r["name"].endswith(side)]
    properties(world, RULES)["ruleCollections"] = [collection(kept)]

    refusal = refused(block(scope=scope), world)
    assert refusal.code == "standing-rule-missing"
    assert side in refusal.text
    assert "deploy/azure" in refusal.remedy


@pytest.mark.parametrize(
    "weaker",
    [
        {"ipProtocols": ["TCP", "UDP"]},
        {"destinationPorts": ["443"]},
        {"ruleType": "ApplicationRule"},
        {"sourceAddresses": [], "sourceIpGroups": []},
    ],
)
def test_a_rule_that_denies_less_than_everything_is_no_standing_rule(weaker: dict[str, Any]) -> None:
    world = estate()
    rules = [r | weaker if r["name"].endswith("-destination") else r for r in standing()]
    properties(world, RULES)["ruleCollections"] = [collection(rules)]

    assert refused(block(), world).code == "standing-rule-missing"
    assert refused(block(scope="estate"), world).code == "standing-rule-missing"


def test_rules_that_allow_are_no_standing_rules() -> None:
    world = estate()
    properties(world, RULES)["ruleCollections"] = [collection(standing(), "Allow")]

    assert refused(block(), world).code == "standing-rule-missing"


def test_a_clusters_rule_that_covers_everything_would_be_an_estate_block_in_disguise() -> None:
    world = estate()
    wide = rule("wide", sourceAddresses=["*"], destinationIpGroups=[PROD.id.upper()])
    properties(world, RULES)["ruleCollections"] = [collection([*standing(), wide])]

    assert refused(block(), world).code == "standing-rule-too-wide"


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("20.1.2.3", "the API server"),
        ("20.0.255.255-20.1.0.0", "the API server"),
        ("168.63.129.16", "host services"),
        ("168.63.0.0/16", "host services"),
        ("169.254.169.254", "metadata"),
        ("127.0.0.1", "loopback"),
        ("224.0.0.1", "multicast"),
        ("255.255.255.255", "broadcast"),
        ("10.9.0.0/24", "hub itself"),
    ],
)
def test_we_never_cut_off_ourselves(address: str, reason: str) -> None:
    refusal = refused(block("203.0.113.7", address), estate())

    assert refusal.code == "self-harm"
    assert reason in refusal.text


def test_a_hubs_own_addresses_are_guarded_too() -> None:
    world = estate()
    properties(world, FIREWALL)["hubIPAddresses"] = {
        "privateIPAddress": "10.8.0.4",
        "publicIPs": {"count": 1, "addresses": [{"address": "203.0.113.200"}]},
    }

    assert refused(block("203.0.113.192/26"), world).code == "self-harm"
    assert refused(block("10.8.0.4"), world).code == "self-harm"


# -- warnings ----------------------------------------------------------------------------------------------


def _failed(world: Staged) -> None:
    properties(world, FIREWALL)["provisioningState"] = "Failed"


def _late(world: Staged) -> None:
    properties(world, RULES)["priority"] = 300


def _unattached(world: Staged) -> None:
    properties(world, POLICY)["firewalls"] = None


def _elsewhere(world: Staged) -> None:
    properties(world, FIREWALL)["firewallPolicy"] = {"id": "/other"}


def _no_firewall(world: Staged) -> None:
    del world.objects[FIREWALL]


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (_failed, "provisioning-failed"),
        (_late, "rule-group-priority"),
        (_unattached, "policy-unattached"),
        (_elsewhere, "firewall-elsewhere"),
        (_no_firewall, "firewall-absent"),
    ],
)
def test_what_makes_a_block_doubtful_is_warned_of(spoil: Callable[[Staged], None], code: str) -> None:
    world = estate()
    spoil(world)

    assert [f.code for f in planned(block(), world).warnings] == [code]


def test_an_estate_at_peace_has_no_warnings() -> None:
    assert planned(block(), estate()).warnings == ()


def test_permission_that_cannot_be_asked_for_is_unseen_and_refuses_nothing() -> None:
    world = estate()
    world.blind = {"access ipGroups/ir-block-prod"}

    assert [u.question for u in planned(block(), world).unseen] == ["access ipGroups/ir-block-prod"]


# -- parameters --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("2001:db8::1", "IPv6"),
        ("203.0.113.7/24", "did you mean 203.0.113.0/24"),
        ("203.0.113.9-203.0.113.7", "backwards"),
        ("203.0.113.7-", "range"),
        ("0.0.0.0/0", "wider than a /8"),
        ("10.0.0.0-11.0.0.0", "wider than a /8"),
        ("example.org", "not an IPv4"),
        ("203.0.113.07", "not an IPv4"),
        ("1.2.3.4'; rm -rf ~", "not a range"),
        ("", "not an IPv4"),
    ],
)
def test_what_is_no_address_is_refused_in_plain_words(address: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        block(address)


def test_addresses_are_spelled_in_one_way() -> None:
    asked = block(
        " 203.0.113.7/32 ", "198.51.100.1-198.51.100.1", "192.0.2.0/255.255.255.0", "9.9.9.1 - 9.9.9.3"
    )

    assert asked.addresses == ("203.0.113.7", "198.51.100.1", "192.0.2.0/24", "9.9.9.1-9.9.9.3")


@pytest.mark.parametrize(
    "pair", [("203.0.113.7", "203.0.113.7/32"), ("203.0.113.0/24", "203.0.113.200-203.0.114.1")]
)
def test_entries_that_overlap_within_one_request_are_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="overlap"):
        block(*pair)


@pytest.mark.parametrize("count", [0, 21])
def test_a_request_takes_one_to_twenty_addresses(count: int) -> None:
    with pytest.raises(ValueError, match="1 to 20"):
        BlockAddress("prod", tuple(f"203.0.113.{i}" for i in range(count)))
