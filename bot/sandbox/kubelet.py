"""
The kubelets of the small world, as far as canaries go: they start, try what they are told, and end with their message.

What they find is what the policies that stand let through, judged by the same evaluator that draws the map.
"""

import json
from typing import Any, Final

from bot.domain.canary import CANARY, COMMAND
from bot.domain.isolation import REQUEST
from bot.sandbox.kubernetes.double import ClusterDouble
from bot.sandbox.kubernetes.objects import Json, labels_of, metadata_of, name_of
from bot.sandbox.kubernetes.resources import PODS
from bot.sandbox.network import end, networked
from bot.sandbox.page.reach import ruled

TRIES: Final = 8
MOST_STEPS: Final = 40


class Kubelet:
    """
    Runs the canaries of a cluster, one step at each request that its API gets.

    ``pulls``: whether images can be pulled; ``ends``: whether canaries come to an end; ``enforces``: whether anything
    holds packets to the policies. ``seen`` lists the names of all that ever ran. ``mute``: which pods (by name) give no
    answer to which canaries (by role), whatever the policies say, as any listener may.
    """

    def __init__(self, cluster: ClusterDouble) -> None:
        self._cluster = cluster
        self._addresses = 0
        self.pulls = True
        self.ends = True
        self.enforces = True
        self.seen: list[str] = []
        self.mute: set[tuple[str, str]] = set()
        self._steps: dict[str, int] = {}
        self._opened: set[tuple[str, str]] = set()

    def settle(self) -> None:
        """Bring each canary one step further."""
        for pod in self._cluster.registry.store.each(PODS):
            if CANARY in labels_of(pod):
                self._live(pod)

    def _live(self, pod: Json) -> None:
        phase = pod.get("status", {}).get("phase", "Pending")
        if phase == "Pending" and not self.pulls:
            image = pod["spec"]["containers"][0]["image"]
            waits = {"reason": "ImagePullBackOff", "message": f'Back-off pulling image "{image}"'}
            self._tell(pod, {"phase": "Pending"}, {"waiting": waits})
        elif phase == "Pending":
            self._addresses += 1
            self.seen.append(name_of(pod))
            address = f"10.244.250.{self._addresses % 250 + 1}"
            self._tell(pod, {"phase": "Running", "podIP": address}, {"running": {}})
        elif phase == "Running" and self.ends and not _listening(pod) and not self._goes_on(pod):
            ended = {"exitCode": 0, "reason": "Completed", "message": self._message(pod)}
            self._tell(pod, {"phase": "Succeeded"}, {"terminated": ended})

    def _goes_on(self, pod: Json) -> bool:
        """Whether a caller of a self-test still waits for the policy: it ends when `control` alone gets through, or late."""
        if not labels_of(pod).get(REQUEST, "").startswith("ST-"):
            return False
        uid = metadata_of(pod)["uid"]
        steps = self._steps[uid] = self._steps.get(uid, 0) + 1
        wished = True
        for name, where in _aims(pod):
            last = self._tried(pod, name, where)["last"]
            if last == "open":
                self._opened.add((uid, name))
            wished = wished and (last == "open") is (name == "control")
        return not wished and steps < MOST_STEPS

    def _tell(self, pod: Json, status: Json, state: Json) -> None:
        container = {"name": pod["spec"]["containers"][0]["name"], "state": state}
        told = {**(pod.get("status") or {}), **status, "containerStatuses": [container]}
        if told != pod.get("status"):
            self._cluster.registry.store.put(PODS, {**pod, "status": told})

    def _message(self, pod: Json) -> str:
        results = [self._tried(pod, *aim) for aim in _aims(pod)]
        return json.dumps({"v": 1, "results": results, "seconds": float(TRIES)})

    def _tried(self, pod: Json, name: str, where: str) -> dict[str, Any]:
        address, _, port = where.rpartition(":")
        last = self._outcome(pod, address, int(port))
        before = (metadata_of(pod)["uid"], name) in self._opened
        opened = TRIES if last == "open" else int(before)
        counts = {"opened": opened, "refused": TRIES * (last == "refused")}
        return {
            "name": name,
            "last": last,
            "tries": TRIES,
            **counts,
            "first_cut": 0.0 if last == "cut" else None,
        }

    def _outcome(self, pod: Json, address: str, port: int) -> str:
        there = [
            each
            for each in self._cluster.registry.store.each(PODS)
            if each.get("status", {}).get("podIP") == address
            and not metadata_of(each).get("deletionTimestamp")
        ]
        if not there:
            return "cut"
        target = there[0]
        if (name_of(target), labels_of(pod).get(CANARY, "")) in self.mute:
            return "cut"
        ruling = ruled(end(pod), end(target), port, networked(self._cluster))
        if self.enforces and ruling.against:
            return "cut"
        ports = [
            *_listening(target),
            *(
                one.get("containerPort")
                for box in target["spec"]["containers"]
                for one in box.get("ports", [])
            ),
        ]
        return "open" if port in ports else "refused"


def _words(pod: Json) -> list[str]:
    container = pod["spec"]["containers"][0]
    return list(container.get("args") or ()) if container.get("command") == list(COMMAND) else []


def _aims(pod: Json) -> list[tuple[str, str]]:
    words = _words(pod)
    pairs = (words[at + 1].partition("=") for at, word in enumerate(words) if word == "--connect")
    return [(name, where) for name, _, where in pairs]


def _listening(pod: Json) -> list[int]:
    words = _words(pod)
    return [int(words[at + 1]) for at, word in enumerate(words) if word == "--listen"]
