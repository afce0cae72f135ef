"""A kubelet for canaries: each gets wires of its own, and the very program runs in it; its status is told as a kubelet does.

Pods that tests make themselves are none of its business: they are plugged in, and said to be running, where they are made.
https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp

from bot.domain.canary import CANARY, COMMAND
from tests.controlplane import objects
from tests.controlplane.api import Api, ApiRefusedError
from tests.packetlab.lab import NODE_NAME, PacketLab
from tests.packetlab.network import NODE_ADDRESS

IMAGE = "registry.test/firebreak:1"
"""The image that this kubelet has."""
ROOT = Path(__file__).resolve().parents[2]
ALL = f"/api/v1/pods?fieldSelector=spec.nodeName%3D{NODE_NAME}&labelSelector={CANARY}&watch=1"
KILLED = 137
"""The exit code of a container that was killed (128 + SIGKILL)."""
Body = Mapping[str, Any]
Begun = Callable[[str, Body], None]


class Kubelet:
    """The canaries of the lab's node. `started` and `ended` list them by `namespace/name` as it comes to it."""

    def __init__(self, lab: PacketLab, api: Api, folder: Path) -> None:
        self._lab = lab
        self._api = api
        self._folder = folder
        self._running: dict[str, asyncio.Task[None]] = {}
        self.pulls = True
        """Whether it can pull images."""
        self.started: list[str] = []
        self.ended: list[str] = []
        self.addresses: dict[str, str] = {}
        self.messages: dict[str, str] = {}
        """What those that ended had to say, by uid."""

    async def follow(self) -> None:
        """Do what the API server says, until cancelled."""
        forever = aiohttp.ClientTimeout(total=None)
        async with self._api.session.get(self._api.url + ALL, timeout=forever) as stream:
            async for line in stream.content:
                event = json.loads(line)
                await self._heard(event["type"], event["object"])

    async def close(self) -> None:
        """End all that runs."""
        for uid in tuple(self._running):
            await self._end(uid)

    async def _heard(self, what: str, pod: Body) -> None:
        metadata = pod["metadata"]
        uid = metadata["uid"]
        if what == "DELETED":
            await self._end(uid)
        elif metadata.get("deletionTimestamp"):  # with time to end in: it is gone when its kubelet says so
            await self._end(uid)
            with suppress(ApiRefusedError):
                await self._api.delete(_path(pod))
        elif uid not in self._running and pod.get("status", {}).get("phase", "Pending") == "Pending":
            self._running[uid] = asyncio.create_task(self._run(pod))

    async def _end(self, uid: str) -> None:
        task = self._running.pop(uid, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self, pod: Body) -> None:
        metadata, spec = pod["metadata"], pod["spec"]
        container = spec["containers"][0]
        if not self.pulls:
            waits = {
                "reason": "ImagePullBackOff",
                "message": f'Back-off pulling image "{container["image"]}"',
            }
            return await self._tell(pod, "Pending", {"waiting": waits})
        address, network = self._lab.address(), self._lab.network
        plugged = await asyncio.to_thread(
            network.plug, metadata["namespace"], metadata["name"], address, answers=False
        )
        try:
            began = _now()
            await self._tell(pod, "Running", {"running": {"startedAt": began}}, address)
            self.addresses[plugged] = address
            self.started.append(plugged)
            message = self._folder / metadata["uid"]
            status, over = await _ran(
                network.paths[plugged], container, message, spec.get("activeDeadlineSeconds")
            )
            self.messages[metadata["uid"]] = message.read_text("ascii") if message.exists() else ""
            await self._told_end(pod, address, (status, over), began)
        finally:
            self.ended.append(plugged)
            network.unplug(plugged)

    async def _told_end(self, pod: Body, address: str, end: tuple[int, str], began: str) -> None:
        status, over = end
        terminated = {
            "exitCode": status,
            "reason": "Error" if status else "Completed",
            "message": self.messages[pod["metadata"]["uid"]],
            "startedAt": began,
            "finishedAt": _now(),
        }
        phase = "Failed" if status or over else "Succeeded"
        await self._tell(pod, phase, {"terminated": terminated}, address, over)

    async def _tell(self, pod: Body, phase: str, state: Body, address: str = "", over: str = "") -> None:
        """Write the status of a pod; one that is gone needs none."""
        container = pod["spec"]["containers"][0]
        is_ready = phase == "Running"
        told = objects.pod_status(address, ready=is_ready)
        told["containerStatuses"][0].update(name=container["name"], image=container["image"], state=state)
        told |= {"phase": phase, "hostIP": NODE_ADDRESS, **({"reason": over} if over else {})}
        if not address:
            told = {key: value for key, value in told.items() if key not in {"podIP", "podIPs"}}
        with suppress(ApiRefusedError):
            await self._api.patch(f"{_path(pod)}/status", {"status": told})


@asynccontextmanager
async def kubelet(lab: PacketLab, api: Api) -> AsyncIterator[Kubelet]:
    """Run the canaries that come to the lab's node, until the block ends."""
    with TemporaryDirectory() as folder:
        made = Kubelet(lab, api, Path(folder))
        following = asyncio.create_task(made.follow())
        try:
            yield made
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
            await made.close()


async def _ran(space: str, container: Body, message: Path, seconds: int | None) -> tuple[int, str]:
    """Run a container's program in a network namespace; return its exit code, and `DeadlineExceeded` if it was late."""
    command = container["command"]
    assert tuple(command) == COMMAND, command
    words: Sequence[str] = (
        sys.executable,
        *command[1:],
        *container.get("args", ()),
        "--message",
        str(message),
    )
    inside = ("nsenter", f"--net={space}", "--", *words)
    program = await asyncio.create_subprocess_exec(*inside, cwd=ROOT, stdout=asyncio.subprocess.DEVNULL)
    try:
        return await asyncio.wait_for(program.wait(), seconds), ""
    except TimeoutError:
        return KILLED, "DeadlineExceeded"
    finally:
        if program.returncode is None:
            program.kill()
            await program.wait()


def _path(pod: Body) -> str:
    metadata = pod["metadata"]
    return f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
