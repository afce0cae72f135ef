"""
A small world with an incident in it: a Slack workspace, a cluster and a firewall, as servers on this machine.

The rehearsal plays in it and the tests' journeys run in it: one world, so that what is shown is what is tested.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from bot.sandbox.azure import SUBSCRIPTION, ArmDouble, Behaviour, rules
from bot.sandbox.flows.traffic import Line, Traffic, relayed, usual
from bot.sandbox.kubelet import Kubelet
from bot.sandbox.kubernetes.access import User as ClusterUser
from bot.sandbox.kubernetes.double import ClusterDouble
from bot.sandbox.kubernetes.engine import stage_engine
from bot.sandbox.kubernetes.incident import CLUSTER, Incident, stage_incident
from bot.sandbox.slack import Channel, Group, User, Workspace, World

CHANNEL: Final = "C0INCIDENT"
AUDIT_CHANNEL: Final = "C0AUDIT"
ALICE: Final = "U0ALICE"  # on call: asks
BOB: Final = "U0BOB"  # security: approves
CARA: Final = "U0CARA"  # security and network: approves
DAN: Final = "U0DAN"  # a member who is in no group
GUEST: Final = "U0GUEST"
STRANGER: Final = "U0STRANGER"
NODES: Final = "10.240.0.0/16"
PODS: Final = "10.244.0.0/16"
PARTNER: Final = "203.0.113.200/30"
FOREIGN: Final = "198.51.100.9"
TOKEN: Final = "sandbox-token-of-the-bot"  # noqa: S105 - known to nothing but this machine's own double

POLICY: Final = """\
version: 1
groups:
  on-call: {usergroup: S0ONCALL}
  security: {usergroup: S0SECURITY}
  network-owners: {users: ["T0HOST:U0CARA"]}
reads: [on-call, security]
evidence: [security]
flows:
  - {clusters: ["*"], groups: [on-call, security]}
rules:
  - name: any pod
    actions: [quarantine-pod]
    clusters: ["*"]
    request: [on-call]
    approve: [security]
    release: [on-call, security]
    lease: {default: 4h, maximum: 1d, on_expiry: hold}
  - name: addresses
    actions: [block-address]
    clusters: ["*"]
    scopes: [cluster, estate]
    request: [on-call]
    approve: [security]
    release: [on-call, security]
    lease: {default: 1d, maximum: 7d, on_expiry: release}
adds_approver:
  last_ready_replica: 1
  estate: [network-owners]
alerts: {mute: [on-call]}
flood: {namespace_percent: 60, approve: [network-owners]}  # five pods: one is 20 % of them
"""

ALONE: Final = """\
solo:
  actions: [quarantine-pod]
  clusters: ["*"]
  request: [on-call]
  reviewers: [security]
break_glass:
  actions: [quarantine-pod, block-address]
  clusters: ["*"]
  request: [on-call]
  reviewers: [security]
"""
"""To append to the policy where somebody may act alone; both are off without it."""


@dataclass(frozen=True)
class Estate:
    """ARM ids of the staged firewall: root policy, our rule group, our IP Groups, and the firewall itself."""

    subscription: str
    root: str
    rule_group: str
    cluster_group: str
    estate_group: str
    firewall: str


@dataclass(frozen=True)
class Scene:
    """The servers, running, and who and what is in them."""

    workspace: Workspace
    cluster: ClusterDouble
    arm: ArmDouble
    incident: Incident
    estate: Estate
    kubeconfig: Path
    policy_file: Path
    kubelet: Kubelet
    traffic: Traffic | None = None


@asynccontextmanager
async def scene(
    folder: Path,
    *,
    transport: Literal["socket", "http"] = "socket",
    behaviour: Behaviour | None = None,
    engine: bool = False,
    relay: bool = False,
    further: tuple[Line, ...] = (),
) -> AsyncIterator[Scene]:
    """
    Start the servers with the incident staged; what they must leave on disk goes into ``folder``.

    ``engine``: a network engine is seen to enforce on every node, with a deny of its own; without, none is.
    ``relay``: the cluster has a Hubble Relay, and its pods have been talking, also as ``further`` says.
    """
    cluster = ClusterDouble(CLUSTER, clock=lambda: datetime.now(UTC))  # noqa: TID251 - the world outside has its own clock
    kubelet = Kubelet(cluster)
    cluster.inhabit(kubelet.settle)
    incident = stage_incident(cluster)
    if engine:
        stage_engine(cluster)
    cluster.add_user(TOKEN, ClusterUser("system:serviceaccount:firebreak:firebreak"))
    policy_file = folder / "policy.yaml"
    policy_file.write_text(POLICY, encoding="utf-8")
    async with (
        Workspace(staff(), transport=transport) as workspace,
        cluster.serving(),
        ArmDouble(behaviour or Behaviour()) as arm,
        AsyncExitStack() as stack,
    ):
        kubeconfig = folder / "kubeconfig"
        cluster.write_kubeconfig(kubeconfig, TOKEN)
        estate = stage_estate(arm)
        made = Scene(workspace, cluster, arm, incident, estate, kubeconfig, policy_file, kubelet)
        yield (
            replace(made, traffic=await _talking(stack, folder, cluster, (incident, further)))
            if relay
            else made
        )


async def _talking(
    stack: AsyncExitStack, folder: Path, cluster: ClusterDouble, whom: tuple[Incident, tuple[Line, ...]]
) -> Traffic:
    incident, further = whom
    traffic = await stack.enter_async_context(relayed(cluster, folder))
    lines = usual(incident.pod, incident.namespace, incident.beacon)
    traffic.lines = (*lines, *further)
    traffic.chatter(traffic.lines, datetime.now(UTC))  # noqa: TID251 - the world outside has its own clock
    return traffic


def staff() -> World:
    """Return the workspace's people: on call, security, a member of nothing, a guest, a stranger."""
    world = World()
    members = (User(ALICE, "alice", "Alice"), User(BOB, "bob", "Bob"), User(CARA, "cara", "Cara"))
    for user in (*members, User(DAN, "dan", "Dan"), User(GUEST, "guest", is_restricted=True)):
        world.add_user(user)
    world.add_user(User(STRANGER, "mallory", team="T0OTHER"))
    world.add_group(Group("S0ONCALL", "oncall", (ALICE, BOB)))
    world.add_group(Group("S0SECURITY", "security", (BOB, CARA)))
    everyone = frozenset({ALICE, BOB, CARA, DAN, GUEST})
    world.add_channel(Channel(CHANNEL, "incident", everyone))
    world.add_channel(Channel(AUDIT_CHANNEL, "incident-audit", everyone))
    return world


def stage_estate(arm: ArmDouble) -> Estate:
    """Stage a shared root policy with the bot's standing denies in it, as ``deploy/azure`` makes them."""
    stage = arm.stage
    root = stage.add_policy("root")
    firewall = stage.add_firewall("hub", policy=stage.add_policy("spoke", base=root))
    own = stage.add_ip_group("ir-block-prod", [FOREIGN])
    everywhere = stage.add_ip_group("ir-block-estate")
    ranges = [NODES, PODS]
    denies = rules.filter_collection(
        "ir-deny-net",
        100,
        "Deny",
        [
            rules.network_rule("to-blocked", sources=ranges, destinations=[own]),
            rules.network_rule("from-blocked", sources=[own], destinations=ranges),
            rules.network_rule("to-blocked-estate", sources=["*"], destinations=[everywhere]),
            rules.network_rule("from-blocked-estate", sources=[everywhere], destinations=["*"]),
        ],
    )
    rule_group = stage.add_rule_group(root, "firebreak", priority=100, collections=[denies])
    return Estate(SUBSCRIPTION, root, rule_group, own, everywhere, firewall)
