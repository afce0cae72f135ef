"""The first half: the flow is confirmed, the address blocked and the pod isolated as suggested, its peers traced."""

from typing import Final

from bot.bootstrap.rehearsal.alerted import BLOCK, ISOLATE, takes
from bot.bootstrap.rehearsal.narrator import Narrator
from bot.bootstrap.rehearsal.stage import Stage, id_in
from bot.bootstrap.rehearsal.waiting import applied
from bot.domain.isolation import LABEL
from bot.sandbox.scene import ALICE, BOB, CARA, FOREIGN
from bot.sandbox.story import given

OPEN: Final = "🚪 STAYS OPEN"
"""How the card's line of what is worst begins."""


async def confirm(stage: Stage, narrator: Narrator) -> None:
    """What the alert speaks of is asked of the cluster's own flows, as its playbook says first."""
    incident = stage.scene.incident
    line = f"/ir flows {incident.cluster}/{incident.namespace}/{incident.pod} last 15m"
    narrator.says("alice", line)
    said = await stage.types(ALICE, line)
    narrator.told("alice", said.splitlines()[0])
    narrator.hold("who is on call may ask who talked to whom", "Refused" not in said)
    rows = await stage.rows(ALICE, "flows")
    narrator.table(
        ("to", "port", "connections", "verdict"),
        [
            (row["server name"] or row["server address"], row["port"], row["connections"], row["verdict"])
            for row in rows
            if row["client name"] == incident.pod
        ],
    )
    beacon = [row for row in rows if row["server address"] == incident.beacon]
    pods = await stage.pods(incident.namespace)
    owners = {pods[a]["metadata"]["name"] for row in beacon if (a := row["client address"]) in pods}
    narrator.hold(f"the cluster says that {incident.pod_address} is {incident.pod}", owners == {incident.pod})
    narrator.hold(
        f"the pod calls {incident.beacon} again and again, and passes",
        {(row["client name"], row["verdict"]) for row in beacon} == {(incident.pod, "allowed")}
        and "every 20 s" in said,
    )
    narrator.hold(
        "the source is named, with the time that it covers and what it cannot see",
        "hubble: single connections" in said and "covers" in said and "Cannot be seen" in said,
    )
    narrator.hold(f"{incident.beacon} is not blocked yet", incident.beacon not in stage.now().addresses)


async def block(stage: Stage, narrator: Narrator, group: str) -> str:
    """Take the block that is suggested and have it approved; Azure then takes its minutes. Returns the request's id."""
    request = await takes(stage, narrator, group, BLOCK)
    narrator.hold("nothing was changed by asking", stage.now() == stage.before)
    narrator.says("bob", "presses [ Approve ]")
    narrator.told("bob", await stage.clicks(BOB, request, "ir_approve"))
    card = await stage.stands(request, "ACCEPTED")
    narrator.tell(card.state)
    puts = stage.scene.arm.asked("PUT", "/ipGroups/")
    narrator.hold("Azure was sent one write, to the bot's own IP Group", len(puts) == 1)
    narrator.hold(
        "accepted is not shown as applied", "APPLIED" not in card.state and "verdict" not in card.state
    )
    narrator.tell("Azure takes its minutes now; the people don't wait for it.", quiet=True)
    return request


async def isolate(stage: Stage, narrator: Narrator) -> str:
    """Ask for the quarantine as most would make it: by a NetworkPolicy. Returns the request's id."""
    incident = stage.scene.incident
    where = f"{incident.cluster}/{incident.namespace}/{incident.pod}"
    line = f"/ir quarantine {where} using networkpolicy for 4h because beaconing"
    narrator.says("alice", line)
    said = await stage.types(ALICE, line)
    request = id_in(said)
    narrator.told("alice", said)
    card = await stage.posted(request)
    narrator.card(card)
    narrator.hold("the card says that it waits", "WAITING FOR APPROVAL" in card.state)
    hit = card.under("Blast radius")
    narrator.hold(
        "the card says who is hit: one pod, two ready ones left",
        {"1 pod loses traffic", "Ready replicas left beside it: 2"} <= set(hit),
    )
    told = card.line(OPEN)
    narrator.hold(
        "it says before any click what stays open, and by which policy",
        "out to the internet" in told and "payments/allow-egress" in told,
    )
    narrator.hold("the cluster is untouched", stage.now().cluster == stage.before.cluster)
    return request


async def close(stage: Stage, narrator: Narrator, group: str, request: str) -> str:
    """Take what the alert suggests instead: the deny of the engine itself. Returns its id."""
    button = next((each for each in stage.card(request).buttons if each.startswith("Close")), "")
    narrator.hold("the card offers what would close it", "Calico's own deny" in button)
    narrator.tell(
        "The card of the alert suggests the same, so that it can be undone by the alert.", quiet=True
    )
    closed = await takes(stage, narrator, group, ISOLATE)
    card = stage.card(closed)
    narrator.hold("nothing known stays open", "NOTHING KNOWN STAYS OPEN" in card.line("🔒"))
    line = f"/ir deny {request} because {closed} closes what this leaves open"
    narrator.says("alice", line)
    narrator.told("alice", await stage.types(ALICE, line))
    await stage.stands(request, "CANCELLED")
    narrator.hold("the cluster is untouched", stage.now().cluster == stage.before.cluster)
    return closed


def _offers(said: str, pod: str) -> bool:
    """Whether it is the command that contains this pod and nothing that must stay."""
    return said.startswith(f"/ir plan contain {pod}") and given.PARTNER not in said and "coredns" not in said


async def trace(stage: Stage, narrator: Narrator) -> None:
    """How far it may have come, two hops outward; one of its peers must stay reachable."""
    incident = stage.scene.incident
    line = f"/ir trace {incident.cluster}/{incident.namespace}/{incident.pod} since 15m"
    narrator.says("alice", line)
    said = await stage.types(ALICE, line)
    narrator.told("alice", said.splitlines()[0])
    reached = [each for each in said.splitlines() if each.startswith(("├─", "│", "└─"))]
    for each in reached:
        narrator.tell(each)
    narrator.hold(
        "it reached the beacon, the payment partner and the resolver",
        all(any(end in each for each in reached) for end in (incident.beacon, given.PARTNER, "coredns")),
    )
    narrator.hold(
        "the one plan that would contain what may be is at hand, without the partner and the resolver",
        any(
            _offers(each, f"{incident.cluster}/{incident.namespace}/{incident.pod}")
            for each in said.splitlines()
        ),
    )
    line = f"/ir block {given.PARTNER} for 24h because a peer of the pod"
    narrator.says("alice", line)
    said = await stage.types(ALICE, line)
    narrator.told("alice", said)
    narrator.hold(
        "the payment partner cannot be blocked by mistake", "Refused" in said and "payment partner" in said
    )


async def approve(stage: Stage, narrator: Narrator, request: str) -> None:
    """Let another person approve exactly what was shown, and look at what was written."""
    incident = stage.scene.incident
    before = await stage.pods(incident.namespace)
    narrator.says("cara", "presses [ Approve ]")
    narrator.told("cara", await stage.clicks(CARA, request, "ir_approve"))
    await stage.stands(request, "APPLIED")
    await stage.until(lambda: "verdict" in stage.card(request).state, "a verdict on the card")
    narrator.card(stage.card(request))
    after = await stage.pods(incident.namespace)
    labelled = [pod["metadata"]["name"] for pod in after.values() if LABEL in pod["metadata"]["labels"]]
    narrator.hold(f"one pod carries the label: {incident.pod}", labelled == [incident.pod])
    others = [address for address in after if address != incident.pod_address]
    narrator.hold(
        f"the {len(others)} other pods of {incident.namespace} are untouched",
        all(after[address] == before.get(address) for address in others),
    )


async def stays_allowed(stage: Stage, narrator: Narrator, request: str) -> None:
    """Say what is still open, as the card says it."""
    card = stage.card(request)
    left = card.under("All that it won't stop")
    for item in left:
        narrator.tell(f"• {item}")
    narrator.hold(
        "no policy lets anything through any more",
        not any("allow-egress" in item or "api-from-web" in item for item in left),
    )
    narrator.hold("what the engine never cuts is named", any("open connections go on" in i for i in left))
    narrator.hold(
        "nothing was seen to be dropped in our name: INCONCLUSIVE, never CONTAINED", _honest(card.state)
    )


async def blocked(stage: Stage, narrator: Narrator, request: str) -> None:
    """Wait for Azure, and look at the IP Group."""
    incident = stage.scene.incident
    await applied(stage, narrator, request, f"blocking {incident.beacon}", "APPLIED")
    await stage.until(lambda: "verdict" in stage.card(request).state, "a verdict on the card")
    card = stage.card(request)
    narrator.card(card)
    addresses = stage.scene.arm.addresses(stage.scene.estate.cluster_group)
    wanted = {FOREIGN, incident.beacon}
    narrator.hold(f"the IP Group holds {', '.join(sorted(wanted))}, no more", set(addresses) == wanted)
    narrator.hold("a colleague's entry was kept", FOREIGN in addresses)
    narrator.hold("read back is not called proof: INCONCLUSIVE", _honest(card.state))


def _honest(state: str) -> bool:
    return "INCONCLUSIVE" in state and "CONTAINED" not in state
