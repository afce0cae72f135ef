"""Answers about flows as they are stored: of a suspect that beacons, of one peer, of many, of none, of denials alone."""

from collections.abc import Iterable
from datetime import timedelta

from bot.domain.flows.asked import About, Asked, Subject
from bot.domain.flows.chosen import Spared, chosen
from bot.domain.flows.flow import Being, Endpoint, Flow, Policy, Verdict
from bot.domain.flows.merging import Answer, accounts, merge
from bot.domain.flows.steps import steps
from bot.domain.flows.summing import summary
from bot.domain.flows.taken import Late, Overrun, Silent, Unanswered
from bot.domain.flows.telling import Seen, Swept, Traced, bounded, lean, moments, thin_steps
from bot.domain.flows.tracing import traced
from bot.domain.policy.protection import Protected
from tests.domain.flows.observed import API, C2, DB, EVIL, NODE, at, flow, taken

WEB = Endpoint("10.0.1.3", Being.POD, "shop", "web-5c7d", "deployment/web")
DNS = Endpoint("10.0.0.53", Being.POD, "kube-system", "coredns-1", "deployment/coredns")
OTHER = Endpoint("198.51.100.24", Being.WORLD, names=("updates.example.net",))
DENIED = {
    "verdict": Verdict.DENIED,
    "reason": "POLICY_DENIED",
    "policies": (Policy("deny-db", "payments", "CiliumNetworkPolicy"),),
}
ORIGIN = "command:gallery"
ASKED = Asked("prod", Subject(About.POD, "api-1", "payments", addresses=("10.0.0.1",)), at(0), at(900))


def seen(*answers: Answer, earlier: Iterable[Answer] | None = None, asked: Asked = ASKED) -> Seen:
    """Return the answer to a question, made as the bot makes it."""
    merged = merge(answers)
    whole = summary(merged, asked, merge(earlier) if earlier is not None else None)
    kept, left = bounded(whole)
    when, thinned = moments(merged, asked)
    return Seen(
        asked=lean(asked),
        summary=kept,
        steps=thin_steps(steps(whole)),
        accounts=merged.accounts,
        left=left,
        moments=when,
        thinned=thinned,
        talks=len(merged.talks),
        origin=ORIGIN,
    )


def beaconing() -> Seen:
    """Return what is seen of a pod that calls home, beside its usual peers."""
    calls = [flow(20.0 * n, ports=(40000 + n, 443)) for n in range(44)]
    usual = [flow(7.0 * n, API, DNS, (41000 + n, 53), protocol="UDP") for n in range(90)]
    usual += [flow(3.0 * n, WEB, API, (42000 + n, 8080)) for n in range(214)]
    shut = [flow(31.0 * n, API, DB, (43000 + n, 5432), **DENIED) for n in range(12)]
    once = [flow(100, API, OTHER, (44000, 443)), flow(200, API, NODE, (44001, 10250))]
    losses = (Overrun("node-b", 1200), Unanswered(("node-c",), "unavailable"))
    blind = ("pods on their node's network stand under the node",)
    told = taken(*calls, *usual, *shut, *once, newest=at(898), losses=losses, blind=blind)
    before = [flow(-80000, API, OTHER, (44000, 443)), flow(-80000, API, DNS, (41000, 53), protocol="UDP")]
    late = Silent("firewall", "the workspace refused the question: no permission")
    return seen(told, late, earlier=[taken(*before)])


def alone() -> Seen:
    """Return what is seen of a pod with one peer."""
    return seen(taken(*(flow(60.0 * n, ports=(40000 + n, 443)) for n in range(3)), newest=at(880)))


def crowded(peers: int = 500) -> Seen:
    """Return what is seen of a pod with so many peers, in every group and with every verdict."""
    return seen(taken(*(_one_of(n) for n in range(peers) for _ in range(1)), newest=at(899)))


def _one_of(number: int) -> Flow:
    far = Endpoint(f"203.0.{number // 250}.{number % 250 + 1}", Being.WORLD)
    pod = Endpoint(
        f"10.2.{number // 250}.{number % 250 + 1}", Being.POD, f"team-{number % 7}", f"job-{number}"
    )
    near = Endpoint(f"10.3.{number // 250}.{number % 250 + 1}", Being.POD, "payments", f"worker-{number}")
    verdict = (Verdict.ALLOWED, Verdict.ALLOWED, Verdict.DENIED, Verdict.UNKNOWN)[number % 4]
    source, destination = (API, (far, pod, near)[number % 3])
    if number % 5 == 0:
        source, destination = destination, source
    return flow(
        number % 900,
        source,
        destination,
        (40000, 1000 + number),
        verdict=verdict,
        connections=1 + 4000 // (number + 1),
    )


def nothing() -> Seen:
    """Return an answer in which nothing was seen, by a source that would have."""
    return seen(taken(newest=at(890)))


def unknown() -> Seen:
    """Return an answer of which nothing can be known."""
    return seen(
        Silent("hubble", "no answer from the relay within 8 s"),
        taken(source="vnet", window=None, losses=(Late(7200),)),
    )


def refused() -> Seen:
    """Return what is seen of a pod that is cut off."""
    ends = (C2, DB, DNS, OTHER)
    shut = [flow(30.0 * n, API, ends[n % 4], (40000 + n, 443), **DENIED) for n in range(28)]
    return seen(taken(*shut, newest=at(870)))


def hostile() -> Seen:
    """Return an answer whose every name means harm."""
    ends = [
        Endpoint(f"10.9.0.{n + 1}", Being.POD, text, text, text, names=(text,)) for n, text in enumerate(EVIL)
    ]
    far = [Endpoint(f"203.0.113.{n + 1}", Being.WORLD, names=(text,)) for n, text in enumerate(EVIL)]
    evil = [Policy(text, text, text) for text in EVIL]
    told = [
        flow(
            n,
            API,
            end,
            (40000 + n, 443),
            reason=EVIL[n % 6],
            policies=(evil[n % 6],),
            verdict=verdict,
            note=EVIL[n % 6],
        )
        for n, end in enumerate((*ends, *far))
        for verdict in (Verdict.ALLOWED, Verdict.DENIED)
    ]
    return seen(
        taken(*told, blind=EVIL, losses=tuple(Overrun(text, 3) for text in EVIL)),
        *(Silent(text, text) for text in EVIL),
    )


def followed() -> Traced:
    """Return how far something may have come from a pod."""
    first = [flow(10.0 * n, API, end, (40000 + n, 5432)) for n, end in enumerate((DB, DB, WEB, C2))]
    second = [flow(200.0 + n, DB, end, (41000 + n, 9000)) for n, end in enumerate((DNS, OTHER, NODE))]
    second += [
        flow(300.0 + n, WEB, Endpoint(f"10.0.7.{n}", Being.POD, "shop", f"cart-{n}"), (42000, 80))
        for n in range(6)
    ]
    told = taken(*first, *second, newest=at(880))
    trace = traced(merge([told]).talks, API, at(0))
    return Traced(
        asked=ASKED,
        trace=trace,
        chosen=chosen(trace, Spared(Protected(), (("198.51.100.0/24", "a payment partner"),))),
        accounts=accounts([told]),
        incomplete=(("hubble", "no answer from node-c"),),
        talks=13,
        origin=ORIGIN,
    )


def swept() -> Swept:
    """Return who talked to one address in two clusters."""
    asked = Asked("prod", Subject(About.ADDRESS, "203.0.113.7"), at(0), at(900))
    calls = [flow(20.0 * n, API, C2, (40000 + n, 443)) for n in range(9)]
    calls += [flow(40.0, WEB, C2, (50000, 443), **DENIED)]
    one = seen(taken(*calls, newest=at(880)), asked=asked)
    other = seen(
        Silent("hubble", "no answer from the relay within 8 s"),
        asked=Asked("west", asked.subject, at(0), at(900)),
    )
    return Swept("203.0.113.7", at(0), at(0) + timedelta(seconds=900), (one, other), ("lab",), origin=ORIGIN)
