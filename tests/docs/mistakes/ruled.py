"""What the policy does not allow, and whom: its own guards, asked with a small workplace."""

from collections.abc import Iterator
from typing import Any, Final

from bot.domain import policy as rules
from bot.domain.people import SENT_WHEN_TRUE, STATED, Person, Principal, standing
from bot.domain.policy.governing import governing
from bot.domain.policy.guards import decide
from bot.domain.policy.limits import Flood
from bot.domain.policy.rules import FlowRule
from tests.docs.mistakes.row import Row
from tests.domain.policy.test_policy_alone import GLASS, SOLO, prospect, wished
from tests.domain.policy.worlds import (
    ANN,
    CLEO,
    DAN,
    EVE,
    KNOWN,
    a_ballot,
    a_policy,
    a_rule,
    a_vote,
    an_ask,
    facts,
)

HOME: Final = frozenset({"T1"})
SILENT: Final = {"on-call": rules.Unknown("Slack: timeout")}
HELD: Final = rules.Active(total=0, in_cluster=0, in_namespaces={"payments": 500}, asked_lately=0)
EAGER: Final = rules.Active(total=0, in_cluster=0, in_namespaces={}, asked_lately=1000)
MANY: Final = tuple(("payments", f"api-{n}") for n in range(200))


def rows() -> tuple[Row, ...]:
    """Return what each question is answered."""
    found = (*_accounts(), *_asking(), *_deciding(), *_afterwards(), *_alone())
    return tuple(Row.refused(did, refusal) for did, refusal in found)


Found = Iterator[tuple[str, object]]


def _accounts() -> Found:
    fine: dict[str, Any] = dict.fromkeys(STATED, False)
    yield (
        "You are a member of another workspace",
        standing(Person(principal=Principal("T9", "U9"), **fine), HOME),
    )
    yield "Slack does not say all about your account", standing(Person(principal=ANN), HOME)
    for flag in (*STATED, *SENT_WHEN_TRUE):
        person = Person(principal=ANN, **{**fine, flag: True})
        yield f"Slack says of the account: {flag}", standing(person, HOME)


def _asking() -> Found:
    policy = a_policy()
    only = a_policy(a_rule(actions=("block-address",)))
    yield "You ask, and are in no group that may", rules.may_request(policy, an_ask(), EVE, KNOWN)
    yield (
        "You ask while Slack does not say who is in a group",
        rules.may_request(policy, an_ask(), ANN, SILENT),
    )
    yield "You ask for what no rule is about", rules.may_request(only, an_ask(), ANN, KNOWN)
    yield "You mute alerts where no group may", rules.may_mute(policy, ANN, KNOWN)
    yield (
        "You ask where a rule names nobody",
        rules.may_request(a_policy(a_rule(request=())), an_ask(), ANN, KNOWN),
    )
    yield (
        "You ask for longer than the policy allows",
        rules.may_request(policy, an_ask(lease=7201), ANN, KNOWN),
    )
    yield "You ask for no time at all", rules.may_request(policy, an_ask(lease=0), ANN, KNOWN)
    yield "You name too many targets", rules.may_request(policy, an_ask(*MANY), ANN, KNOWN)
    yield "You name no target", governing(policy, rules.Ask("quarantine-pod", "prod", ()))
    yield "You ask when the cap is reached", rules.within_caps(policy, an_ask(), HELD)
    yield "You ask again and again", rules.within_caps(policy, an_ask(), EAGER)
    protected = policy.protected
    (hit,) = rules.protected_hits(protected, [rules.Subject("kube-system", "coredns-1")], [])
    yield "You name a protected pod", hit
    (hit,) = rules.protected_hits(protected, [], ["169.254.169.254"])
    yield "You name a protected address", hit
    (hit,) = rules.protected_hits(protected, [], ["example.org"])
    yield "You name what is no address", hit
    crowd = "with it 6 pods are cut within 10 minutes, more than 5"
    unguarded = a_policy(flood=Flood())
    yield (
        "You cut many pods at once, and the policy names no second group",
        rules.requirements(unguarded, an_ask(), facts(flood=crowd)),
    )


def _deciding() -> Found:
    policy, now = a_policy(), 1001.0
    yield "You approve your own request", rules.may_vote(policy, a_ballot(requester=CLEO), CLEO, KNOWN, now)
    yield (
        "You approve what was handed over to you",
        rules.may_vote(policy, a_ballot(holder=CLEO), CLEO, KNOWN, now),
    )
    yield "You approve twice", rules.may_vote(policy, a_ballot(a_vote(CLEO)), CLEO, KNOWN, now)
    yield "You approve too late", rules.may_vote(policy, a_ballot(), CLEO, KNOWN, now + 1_000_000)
    yield "You approve, and are no approver", rules.may_vote(policy, a_ballot(), EVE, KNOWN, now)
    yield "You deny, and are no approver", rules.may_deny(policy, a_ballot(), EVE, KNOWN, now)
    yield "You read, and are in no group that may", rules.may_read(policy, EVE, KNOWN)
    yield "You ask about flows, and no rule is for them", rules.may_see(policy, ("prod", "shop"), ANN, KNOWN)
    seeing = a_policy(flows=(FlowRule(clusters=("*",), groups=("on-call",), namespaces=("shop",)),))
    yield "You ask about flows, and may not", rules.may_see(seeing, ("prod", "shop"), EVE, KNOWN)
    yield (
        "You ask about the flows of an address, and may see some namespaces only",
        rules.may_see(seeing, ("prod", ""), ANN, KNOWN),
    )
    yield "A guard of the policy breaks", decide(None, [_broken])
    yield "No guard of the policy says yes", decide(None, [])


def _broken(case: None) -> rules.Permit:
    raise ZeroDivisionError(case)


def _afterwards() -> Found:
    policy = a_policy()
    late = rules.Release(an_ask(), ANN, rules.UNDO_WINDOW + 1)
    yield "You roll back your own quarantine after 15 minutes", rules.may_release(policy, late, ANN, KNOWN)
    yield "You roll back, and are no approver", rules.may_release(policy, late, EVE, KNOWN)
    yield "You extend beyond the policy's maximum", rules.may_extend(policy, an_ask(), 7201, ANN, KNOWN)
    yield (
        "You extend, alone, what you run alone",
        rules.may_extend_alone(policy, an_ask(), (ANN,), ANN, KNOWN),
    )
    two = a_policy(a_rule(quorum=2))
    yield (
        "You extend alone what takes two approvers",
        rules.may_extend_alone(two, an_ask(), (ANN,), CLEO, KNOWN),
    )
    yield "You review your own", rules.may_review(SOLO, (CLEO,), CLEO, KNOWN)
    yield "You review, and are no reviewer", rules.may_review(SOLO, (ANN,), EVE, KNOWN)
    yield "You review, and the policy names no reviewers any more", rules.may_review(None, (ANN,), DAN, KNOWN)


def _alone() -> Found:
    pair = (("payments", "a"), ("payments", "b"))
    glass = {"word": "break-glass"}
    off = rules.AskAlone("break-glass", None, an_ask(), "nobody answers", ANN)
    yield "You ask solo, and the policy has no solo", rules.may_ask_alone(wished(None), KNOWN)
    yield f"You ask for {glass['word']}, and the policy has none", rules.may_ask_alone(off, KNOWN)
    yield (
        "You ask solo where the policy does not allow it",
        rules.may_ask_alone(wished(cluster="test"), KNOWN),
    )
    yield "You ask solo for two pods", rules.may_ask_alone(wished(targets=pair), KNOWN)
    yield "You ask solo for longer than an hour", rules.may_ask_alone(wished(lease=3601), KNOWN)
    yield "You ask solo for the whole estate", rules.may_ask_alone(wished(scope=rules.Scope.ESTATE), KNOWN)
    yield "You ask solo, and may not", rules.may_ask_alone(wished(person=CLEO), KNOWN)
    yield "You ask for break-glass without a reason", rules.may_ask_alone(wished(GLASS, reason=""), KNOWN)
    yield (
        "You ask for break-glass on the whole estate",
        rules.may_ask_alone(wished(GLASS, scope=rules.Scope.ESTATE), KNOWN),
    )
    yield (
        "You ask for break-glass where it is not allowed",
        rules.may_ask_alone(wished(GLASS, action="drain-node"), KNOWN),
    )
    yield "You ask solo for what cannot be undone", rules.may_run_alone(wished(), prospect(reversible=False))
    yield "You ask solo where nothing enforces it", rules.may_run_alone(wished(), prospect(enforced=False))
    yield (
        "You ask solo for the last Ready replica",
        rules.may_run_alone(wished(), prospect(facts=facts(last_ready_replica=True))),
    )
