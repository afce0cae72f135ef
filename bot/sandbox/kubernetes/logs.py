"""What containers have written, as kubelets hand it out through ``pods/log`` (Kubernetes API reference, "read log")."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.sandbox.kubernetes.calls import Call
from bot.sandbox.kubernetes.objects import Json, metadata_of, name_of
from bot.sandbox.kubernetes.statuses import ApiError, bad_request

BEGAN: Final = datetime(2026, 1, 1, tzinfo=UTC)
STEP: Final = timedelta(milliseconds=100)
_KINDS: Final = ("containers", "initContainers", "ephemeralContainers")


class Logs:
    """The lines of every container, by the pod's UID; of the earlier run too, where one was kept."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str, str, bool], Sequence[str]] = {}

    def write(self, pod: Json, container: str, lines: Sequence[str], *, previous: bool = False) -> None:
        """Set what a container has written, or its earlier run; any sequence will do, made or computed."""
        self._lines[metadata_of(pod)["uid"], container, previous] = lines

    def read(self, pod: Json, call: Call) -> bytes:
        """Return the text that is asked for; raises `ApiError` in the words of the real server."""
        container = _container(pod, call.one("container"))
        previous = call.one("previous") in {"1", "true"}
        lines = self._lines.get((metadata_of(pod)["uid"], container, previous))
        if lines is None and previous:
            why = f'previous terminated container "{container}" in pod "{name_of(pod)}" not found'
            raise bad_request(why)
        return _cut(lines or (), call)


def _container(pod: Json, named: str) -> str:
    every = [one["name"] for kind in _KINDS for one in pod["spec"].get(kind) or []]
    if not named and len(every) == 1:
        return str(every[0])
    if not named:
        told = f"[{' '.join(every)}]"
        raise bad_request(f"a container name must be specified for pod {name_of(pod)}, choose one of: {told}")
    if named not in every:
        raise bad_request(f"container {named} is not valid for pod {name_of(pod)}")
    return named


def _cut(lines: Sequence[str], call: Call) -> bytes:
    """Take lines from the end, then bytes from the beginning of those: so the kubelet does it."""
    tail, limit = _number(call, "tailLines"), _number(call, "limitBytes")
    stamped = call.one("timestamps") in {"1", "true"}
    since = call.one("sinceTime")
    first = 0 if tail is None else max(0, len(lines) - tail)
    out = bytearray()
    for index in range(first, len(lines)):
        stamp = (BEGAN + STEP * index).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        if since and stamp < since:
            continue
        out += f"{stamp} {lines[index]}\n".encode() if stamped else f"{lines[index]}\n".encode()
        if limit is not None and len(out) >= limit:
            return bytes(out[:limit])
    return bytes(out)


def _number(call: Call, name: str) -> int | None:
    text = call.one(name)
    if not text:
        return None
    if not text.isdecimal() or (name == "limitBytes" and int(text) < 1):
        message = f"PodLogOptions is invalid: {name}: Invalid value: {text}"
        raise ApiError(422, "Invalid", message)
    return int(text)
