"""The real Felix, Calico's agent, on the lab's node: it reads the API server and enforces with iptables.

https://docs.tigera.io/calico/3.28/reference/felix/configuration
"""

import asyncio
import os
import shlex
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.controlplane import objects
from tests.controlplane.api import Api
from tests.controlplane.leash import leashed
from tests.controlplane.server import wait_until
from tests.controlplane.waiting import eventually
from tests.crds.fetch import Manifest
from tests.packetlab.network import NODE, NODE_ADDRESS, Network

VERSION = "v3.28.5"
POD_RANGE = "10.244.0.0/16"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
CALICO = "/apis/crd.projectcalico.org/v1"
ENVIRONMENT: Mapping[str, str] = {
    "FELIX_DATASTORETYPE": "kubernetes",
    "FELIX_LOGFILEPATH": "none",
    "FELIX_LOGSEVERITYSCREEN": "info",
    "FELIX_LOGSEVERITYSYS": "none",
    "FELIX_MTUIFACEPATTERN": "uplink",
    "FELIX_XDPENABLED": "false",
    "FELIX_IPV6SUPPORT": "false",
    "FELIX_IPTABLESBACKEND": "nft",
    "FELIX_HEALTHENABLED": "false",
    "FELIX_PROMETHEUSMETRICSENABLED": "false",
    "FELIX_USAGEREPORTINGENABLED": "false",
    "FELIX_IPINIPENABLED": "false",
    "FELIX_VXLANENABLED": "false",
    "FELIX_BPFENABLED": "false",
    "FELIX_DEFAULTENDPOINTTOHOSTACTION": "Accept",
    "FELIX_DEVICEROUTESOURCEADDRESS": NODE_ADDRESS,
}
DONE = b"Completed first update to dataplane"


async def prepare(api: Api, node: str, crds: Sequence[Manifest]) -> None:
    """Put Calico's CRDs, the two objects that Felix waits for, the node and what stands for its agent into the cluster."""
    await asyncio.gather(*(api.create(CRDS, body) for body in crds))

    async def established() -> bool:
        return all(_is_established(one) for one in (await api.get(CRDS))["items"])

    await eventually(established)
    pool = {"cidr": POD_RANGE, "ipipMode": "Never", "vxlanMode": "Never", "natOutgoing": False}
    await api.create(f"{CALICO}/clusterinformations", _body("ClusterInformation", {"datastoreReady": True}))
    await api.create(f"{CALICO}/ippools", _body("IPPool", pool))
    body = objects.node(node)
    body["status"]["addresses"][0]["address"] = NODE_ADDRESS
    await api.create("/api/v1/nodes", body)
    path = f"/api/v1/nodes/{node}"
    await api.patch(path, {"spec": {"taints": None}})  # admission marks a new node as not ready
    await api.patch(f"{path}/status", {"status": body["status"]})
    await _announce(api, node)


async def _announce(api: Api, node: str) -> None:
    """Write what a cluster shows of its agent: Felix runs here as a plain program, elsewhere in this DaemonSet."""
    labels = {"k8s-app": "calico-node"}
    container = {"name": "calico-node", "image": f"registry.test/calico/node:{VERSION}"}
    pod_spec = {"hostNetwork": True, "containers": [container]}
    spec = {
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pod_spec},
    }
    head = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "calico-node", "labels": labels},
    }
    made = await api.create("/apis/apps/v1/namespaces/kube-system/daemonsets", {**head, "spec": spec})
    counts = dict.fromkeys(("currentNumberScheduled", "desiredNumberScheduled", "numberReady"), 1)
    status = {**counts, "numberAvailable": 1, "numberMisscheduled": 0, "observedGeneration": 1}
    path = "/apis/apps/v1/namespaces/kube-system/daemonsets/calico-node/status"
    await api.patch(path, {"status": status})
    agent = objects.pod(
        "calico-node-lab", "kube-system", labels=labels, node=node, ip=NODE_ADDRESS, owner=made
    )
    agent["spec"].update(pod_spec)
    agent["status"]["hostIP"] = NODE_ADDRESS
    agent["status"]["containerStatuses"][0].update(container)
    await api.create("/api/v1/namespaces/kube-system/pods", agent)
    path = "/api/v1/namespaces/kube-system/pods/calico-node-lab/status"
    await api.patch(path, {"status": agent["status"]})


@dataclass(frozen=True)
class Felix:
    """The agent that runs. `parent` is the small program that ends it with the test run."""

    parent: subprocess.Popen[bytes]
    network: Network

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Have it do nothing for the length of the block: what it has programmed stays, what is new is not enforced."""
        children = Path(f"/proc/{self.parent.pid}/task/{self.parent.pid}/children").read_text("ascii").split()
        (agent,) = map(int, children)
        os.kill(agent, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(agent, signal.SIGCONT)

    @contextmanager
    def useless(self) -> Iterator[None]:
        """Have nothing enforced at all for the length of the block, though every object of it is there."""
        rule = ("FORWARD", "-j", "cali-FORWARD")
        with self.frozen():
            comment = ("-m", "comment", "--comment", self._comment())
            self.network.run(NODE, ("iptables-nft", "-D", rule[0], *comment, *rule[1:]))
            try:
                yield
            finally:
                self.network.run(NODE, ("iptables-nft", "-I", rule[0], *comment, *rule[1:]))

    def _comment(self) -> str:
        """Return what Felix notes at its own jump, by which it knows it."""
        rules = self.network.run(NODE, ("iptables-nft", "-S", "FORWARD")).splitlines()
        (jump,) = [shlex.split(rule) for rule in rules if rule.endswith("-j cali-FORWARD")]
        return jump[jump.index("--comment") + 1]


@contextmanager
def running_felix(
    program: Path, network: Network, kubeconfig: Path, node: str, directory: Path
) -> Iterator[Felix]:
    """Let Felix enforce on the lab's node until the block ends. Raises NotStartedError."""
    log = directory / "felix.log"
    wanted = {**os.environ, **ENVIRONMENT, "KUBECONFIG": str(kubeconfig), "FELIX_FELIXHOSTNAME": node}
    command = ("nsenter", f"--net={network.paths[NODE]}", "--", str(program))
    with leashed(command, log, env=wanted) as running:
        wait_until(lambda: DONE in log.read_bytes(), running, log)
        yield Felix(running, network)


def _body(kind: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    head = {"apiVersion": "crd.projectcalico.org/v1", "kind": kind, "metadata": {"name": "default"}}
    return {**head, "spec": dict(spec)}


def _is_established(crd: Mapping[str, Any]) -> bool:
    conditions = crd.get("status", {}).get("conditions") or ()  # the files of Calico carry an empty status
    return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)
