"""What one pod may still reach, and who may reach it, among 10,000 pods and 2,000 policies; beside cyclonus."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import msgspec

from bot.domain import network_policies, views
from bot.domain.residual import World, compiled, residual, stepwise, world_of
from bot.domain.residual.pace import Steps
from tests.bench.figures import Figure, figure, median
from tests.cyclonus.binaries import CYCLONUS
from tests.cyclonus.oracle import Place, Traffic, answers, prepared

PODS, POLICIES, NAMESPACES, APPS, NODES = 10_000, 2_000, 50, 8, 100
ROUNDS = 5
LONGEST_STEP = 20.0
"""Milliseconds for which the evaluator may hold a loop."""
Body = dict[str, Any]
Bytes = tuple[bytes, bytes, bytes, bytes]
T = TypeVar("T")
V = TypeVar("V", views.PodView, views.NamespaceView, views.NodeView, views.NetworkPolicyView)


async def evaluator(folder: Path) -> list[Figure]:
    """Measure one pod's residual beside cyclonus on the same policies and pods."""
    return await asyncio.to_thread(_measured, folder)


def _measured(folder: Path) -> list[Figure]:
    random = Random(7)
    policies = [_policy(random, at) for at in range(POLICIES)]
    pods = [_pod(random, at) for at in range(PODS)]
    told = (
        msgspec.json.encode(pods),
        msgspec.json.encode(policies),
        msgspec.json.encode([_namespace(at) for at in range(NAMESPACES)]),
        msgspec.json.encode([_node(at) for at in range(NODES)]),
    )
    world = _world(told)
    subject = world.pods[3]
    whole = [_timed(lambda: residual(subject, _world(told))) for _ in range(ROUNDS)]
    alone = [_timed(lambda: residual(subject, world)) for _ in range(ROUNDS)]
    longest = min(_longest(stepwise(subject, world)) for _ in range(ROUNDS))
    theirs = _cyclonus(folder, policies, world)
    return [
        figure("a pod's residual among 10,000 pods, ms", median(alone), theirs[0], 1.0),
        figure("the same with the reading of its files, ms", median(whole), theirs[1], 1.0),
        figure("its longest step on a loop, ms", longest, LONGEST_STEP, 1.0),
    ]


def _cyclonus(folder: Path, policies: list[Body], world: World) -> tuple[float, float]:
    """Return how long cyclonus takes for the pod and each other, both ways, on one port: alone, and with reading."""
    program = CYCLONUS.ensure(("cyclonus",))["cyclonus"]
    spaces = {space.name: space.labels for space in world.namespaces}
    places = [Place(pod.addresses[0], pod.namespace, pod.labels, spaces[pod.namespace]) for pod in world.pods]
    own = places.pop(3)
    pairs = [pair for other in places for pair in ((own, other), (other, own))]
    wanted = [Traffic(*pair, "TCP", 8080, "http") for pair in pairs]
    took = []
    for name, asked in (("one", wanted[:1]), ("all", wanted)):
        home = folder / f"residual-{name}"
        home.mkdir()
        command = prepared(program, home, policies, asked)
        took.append(_timed(lambda command=command, asked=asked: answers(command, len(asked))))  # type: ignore[misc]  # bound now
    return took[1] - took[0], took[1]


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _longest(steps: Steps[T]) -> float:
    longest = 0.0
    while True:
        began = time.perf_counter()
        try:
            next(steps)
        except StopIteration:
            return longest
        finally:
            longest = max(longest, (time.perf_counter() - began) * 1000)


def _world(told: Bytes) -> World:
    pods, policies, namespaces, nodes = told
    return world_of(
        _read(pods, views.PodView),
        _read(namespaces, views.NamespaceView),
        _read(nodes, views.NodeView),
        compiled(network_policies.whole(view) for view in _read(policies, views.NetworkPolicyView)),
    )


def _read(body: bytes, view: type[V]) -> list[V]:
    return msgspec.json.decode(body, type=list[view])  # type: ignore[valid-type]  # made for each view


def _app(random: Random) -> str:
    return f"app-{random.randrange(APPS)}"


def _pod(random: Random, at: int) -> Body:
    labels = {"app": _app(random), "pod-template-hash": f"h{at % 97}", "tier": f"t{at % 3}"}
    ports = [{"name": "http", "containerPort": 8080}]
    address = f"10.1.{at // 256}.{at % 256}"
    return {
        "kind": "Pod",
        "metadata": {"name": f"pod-{at}", "namespace": f"ns-{at % NAMESPACES}", "labels": labels},
        "spec": {"nodeName": f"node-{at % NODES}", "containers": [{"name": "c", "ports": ports}]},
        "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]},
    }


def _policy(random: Random, at: int) -> Body:
    """Return a policy that lets in its neighbours and a team, and out to an address, to DNS and to high ports."""
    block = f"203.{random.randrange(256)}.{random.randrange(256)}.0/24"
    teams: Body = {"namespaceSelector": {"matchLabels": {"team": f"t{random.randrange(10)}"}}}
    spec = {
        "podSelector": {"matchLabels": {"app": _app(random)}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {
                "from": [{"podSelector": {"matchLabels": {"app": _app(random)}}}, teams],
                "ports": [{"port": 8080}, {"port": "http"}],
            }
        ],
        "egress": [
            {"to": [{"ipBlock": {"cidr": block}}], "ports": [{"port": 443}]},
            {
                "to": [{"namespaceSelector": {}}],
                "ports": [{"port": 53, "protocol": "UDP"}, {"port": 8000, "endPort": 9000}],
            },
        ],
    }
    meta = {"name": f"policy-{at}", "namespace": f"ns-{at % NAMESPACES}"}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": meta, "spec": spec}


def _namespace(at: int) -> Body:
    labels = {"team": f"t{at % 10}", "kubernetes.io/metadata.name": f"ns-{at}"}
    return {"kind": "Namespace", "metadata": {"name": f"ns-{at}", "labels": labels}}


def _node(at: int) -> Body:
    address = {"type": "InternalIP", "address": f"10.250.0.{at + 1}"}
    return {"kind": "Node", "metadata": {"name": f"node-{at}"}, "status": {"addresses": [address]}}
