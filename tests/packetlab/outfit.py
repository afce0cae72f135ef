"""The staged incident with real wires: the same cast as in the other journeys, and its packets can be tried."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.sandbox.kubernetes.incident import BEACON, CLUSTER, Incident
from tests.controlplane import objects
from tests.journeys.outfit import Outfitted
from tests.packetlab.lab import NODE_NAME, PacketLab, Packets
from tests.packetlab.network import NODE, OUTSIDE_ADDRESS, Try
from tests.packetlab.pairs import DOORS, Matrix, matrix, pairs

LABELS = {"app": "api", "tier": "backend"}
HOLE = ("tcp", 443)
"""Through which `allow-partner` lets every pod of its namespace out, to the network of the beacon."""
assert BEACON == OUTSIDE_ADDRESS


@dataclass(frozen=True)
class Wired:
    """The incident as the bot sees it, and the pods by their names in the lab."""

    outfitted: Outfitted
    packets: Packets
    suspect: str
    siblings: tuple[str, ...]
    stranger: str
    resolver: str
    """The cluster's DNS server."""

    @property
    def where(self) -> str:
        """The suspect as a person types it."""
        cast = self.outfitted.incident
        return f"{cast.cluster}/{cast.namespace}/{cast.pod}"

    @property
    def beacon(self) -> Try:
        """What the suspect does."""
        return Try(self.suspect, OUTSIDE_ADDRESS, *HOLE)

    def matrix(
        self,
        *,
        cut: bool,
        besides: Iterable[Try] = (),
        doors: Iterable[tuple[str, int]] = DOORS,
    ) -> Matrix:
        """Return what is expected with the suspect cut, or not: in every direction, but for the attempts `besides`."""
        pods = (self.suspect, *self.siblings, self.stranger, self.resolver)
        left = frozenset(besides)

        def is_cut(source: str, destination: str, attempt: Try) -> bool:
            own = self.suspect in {source, destination} and source != NODE
            return cut and own and attempt not in left

        return matrix(pairs(self.packets, *pods, doors=doors), is_cut)


async def wire_up(lab: PacketLab, packets: Packets) -> Wired:
    """Put the incident into a namespace of its own: one of three pods of `api` is the suspect."""
    world = packets.world
    space, elsewhere = await world.namespace(labels={"team": "payments"}), await world.namespace()
    owner = await world.create(objects.replica_set("api-5c9d", space, LABELS))
    bodies = [
        objects.pod(f"api-5c9d-{tail}", space, labels=LABELS, node=NODE_NAME, ip=lab.address(), owner=owner)
        for tail in ("abcde", "fghij", "klmno")
    ]
    suspect, *siblings = [await packets.add(body) for body in bodies]
    stranger = await packets.pod(elsewhere, "client", {"app": "client"})
    ports = (("dns", "UDP", 53), ("dns-tcp", "TCP", 53))
    resolver = await packets.pod("kube-system", f"coredns-{space}", {"k8s-app": "kube-dns"}, ports)
    await world.create(objects.service("api", space, {"app": "api"}))
    await world.create(objects.disruption_budget("api", space, {"app": "api"}))
    stored = await world.api.get(f"/api/v1/namespaces/{space}/pods/{bodies[0]['metadata']['name']}")
    incident = Incident(
        cluster=CLUSTER,
        namespace=space,
        pod=stored["metadata"]["name"],
        pod_uid=stored["metadata"]["uid"],
        pod_address=stored["status"]["podIP"],
        node=NODE_NAME,
        siblings=tuple(body["metadata"]["name"] for body in bodies[1:]),
        beacon=BEACON,
    )
    outfitted = Outfitted(world, incident, lab.plane.kubeconfig("bot", context=CLUSTER))
    return Wired(outfitted, packets, suspect, tuple(siblings), stranger, resolver)


async def allow_partner(wired: Wired) -> None:
    """Let every pod of the namespace out to one network on one port, and, as policies do, to nothing else."""
    rule = {
        "to": [{"ipBlock": {"cidr": "203.0.113.0/24"}}],
        "ports": [{"protocol": "TCP", "port": HOLE[1]}],
    }
    space = wired.outfitted.incident.namespace
    await wired.packets.world.create(objects.network_policy("allow-partner", space, {}, egress=[rule]))
