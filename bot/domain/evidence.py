"""What is captured of a contained pod while people think: values, and how they are said."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from bot.domain.actions import Grant
from bot.domain.addresses import spelled
from bot.domain.flows.noting import Noted
from bot.domain.plans import Target
from bot.domain.refs import POD, Kind, KubeRef

GRANTS: Final = (
    Grant("", "pods", ("get",)),
    Grant("", "pods/log", ("get",)),
    Grant("", "events", ("list",)),
    Grant("apps", "replicasets", ("get",)),
    Grant("apps", "deployments", ("get",)),
    Grant("apps", "statefulsets", ("get",)),
    Grant("apps", "daemonsets", ("get",)),
    Grant("batch", "jobs", ("get",)),
    Grant("networking.k8s.io", "networkpolicies", ("list",)),
    Grant("", "nodes", ("get",), namespaced=False),
)


ADDRESS: Final = Kind("", "", "addresses", "Address", namespaced=False)
"""No object of any cluster: of an address that is blocked only flows are kept."""


class ItemKind(StrEnum):
    """What a piece of evidence is."""

    MANIFEST = "manifest"
    OWNER = "owner"
    EVENTS = "events"
    LOG = "log"
    PREVIOUS = "previous-log"
    POLICIES = "network-policies"
    NODE = "node"
    FLOWS = "flows"
    KEPT_FLOWS = "kept-flows"


LOGS: Final = frozenset({ItemKind.LOG, ItemKind.PREVIOUS})


class Want(msgspec.Struct, frozen=True):
    """
    One thing to capture. ``name`` is a file name of ours, ``title`` says it in words.

    ``uid`` is what the object must have, where it is known: another one of the same name is not it. ``foreign``
    names an owner of a kind that is not read.
    """

    kind: ItemKind
    name: str
    title: str
    ref: KubeRef
    uid: str = ""
    container: str = ""
    foreign: str = ""


class Item(msgspec.Struct, frozen=True):
    """
    One thing that was captured, or why it was not.

    ``sha256`` is over the original bytes, ``size`` counts them; ``cut`` says what of it was left out, empty for
    all there was. ``missing`` says why nothing is kept; ``normal`` that this is nothing to worry about. ``place``
    is where the vault keeps it, ``key_id`` under which key.
    """

    kind: ItemKind
    name: str
    title: str
    place: str = ""
    size: int = 0
    sha256: str = ""
    key_id: str = ""
    cut: str = ""
    missing: str = ""
    normal: bool = False
    captured_at: datetime | None = None


class CaptureState(StrEnum):
    """How far a capture is. ``ending``: its contents are being erased."""

    RUNNING = "running"
    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"
    ENDING = "ending"
    ERASED = "erased"


class Capture(msgspec.Struct, frozen=True):
    """
    The evidence of one part of a request; its id is the part's, and where a part has several it begins with the part's.

    ``attempts`` counts how often a worker took it, and fences: only the newest may finish it. ``after``: it is a second
    one, of flows alone, when the containment must have bitten. ``flows`` is what flows showed, ``None`` for not asked.
    ``by_hand``: somebody kept an answer that they were given.
    """

    id: str
    request_id: str
    part: int
    target: KubeRef
    uid: str
    created_at: datetime
    state: CaptureState = CaptureState.RUNNING
    items: tuple[Item, ...] = ()
    attempts: int = 0
    trouble: str = ""
    due_at: datetime | None = None
    ended_at: datetime | None = None
    after: bool = False
    flows: Noted | None = None
    by_hand: bool = False

    @property
    def running(self) -> bool:
        """Whether it is still under way."""
        return self.state is CaptureState.RUNNING

    @property
    def of_address(self) -> bool:
        """Whether it is about an address, of which flows are kept and nothing else."""
        return self.target.kind == ADDRESS

    @property
    def kept(self) -> tuple[Item, ...]:
        """What was captured."""
        return tuple(item for item in self.items if not item.missing)

    @property
    def missing(self) -> tuple[Item, ...]:
        """What was not."""
        return tuple(item for item in self.items if item.missing)


MOST_CAPTURED: Final = 5
"""Of how many pods of a workload: those that are cut by its selector alone may be hundreds."""


def captured_of(part: Target, also: Iterable[Target]) -> tuple[Target, ...]:
    """Return the pods that are captured for a part: its own, or a few of those that are cut with it."""
    if target_of(part) is not None:
        return (part,)
    return tuple(target for target in also if target_of(target) is not None)[:MOST_CAPTURED]


def places(captures: Iterable[Capture]) -> dict[str, int]:
    """
    Number from 1 what was captured: each pod, each address. Returned by the capture's id.

    What was captured of one later has its number; what somebody kept goes with the first of its part.
    """
    every = tuple(captures)
    own = dict.fromkeys((one.part, one.target) for one in every if not one.by_hand)
    numbers = {key: number for number, key in enumerate(own, 1)}
    first = {part: numbers[part, target] for part, target in reversed(tuple(own))}
    return {one.id: numbers.get((one.part, one.target), first.get(one.part, 1)) for one in every}


MOST_ADDRESSES: Final = 5
"""Of how many blocked addresses of one request flows are kept: each is a question to every source."""


def address_of(target: Target) -> KubeRef | None:
    """Return the address that a part is about, as flows can be asked for it; ``None`` for all else."""
    if target.kind != ADDRESS.kind or not spelled(target.name):
        return None
    return KubeRef(target.cluster, ADDRESS, "", target.name)


def target_of(target: Target) -> KubeRef | None:
    """Return the pod that a part is about; ``None`` for what is no pod, of which there is nothing to capture."""
    if not target.namespace or target.kind != POD.kind:
        return None
    return KubeRef(target.cluster, POD, target.namespace, target.name)


def concluded(capture: Capture, items: Iterable[Item], at: datetime) -> Capture:
    """Return a capture that is over: complete unless something is missing or cut that should not be."""
    every = tuple(msgspec.structs.replace(item, captured_at=at) for item in items)
    whole = all(item.normal if item.missing else not item.cut for item in every)
    state = CaptureState.COMPLETE if whole else CaptureState.PARTIAL
    return msgspec.structs.replace(capture, items=every, state=state, due_at=None, ended_at=at, trouble="")


def summary(captures: Iterable[Capture]) -> str:
    """Say in one line what is captured and what is missing; empty where nothing was to be captured."""
    every = tuple(capture for capture in captures if not (capture.after and capture.running))
    if not every:
        return ""
    if any(c.state in (CaptureState.ENDING, CaptureState.ERASED) for c in every):
        return "Evidence: erased, its time was over"
    items = [item for capture in every for item in capture.items]
    kept = sum(not item.missing for item in items)
    first = tuple(capture for capture in every if not capture.after)
    running, failed = sum(c.running for c in first), sum(c.state is CaptureState.FAILED for c in first)
    told = [f"{kept} of {len(items)} captured"] if items else []
    what = "addresses" if all(capture.of_address for capture in first) else "pods"
    what = what if len({capture.of_address for capture in first}) < 2 else "targets"
    told += [f"still being captured for {running} of {len(first)} {what}"] if running else []
    told += [f"not captured for {failed} of {len(first)} {what}"] if failed else []
    lost = [f"{item.title} ({item.missing})" for item in items if item.missing]
    told += [f"missing: {_few(lost)}"] if lost else []
    cut = [f"{item.title}: {item.cut}" for item in items if item.cut]
    told += [f"cut: {_few(cut)}"] if cut else []
    return f"Evidence: {', '.join(told)}"


def _few(texts: list[str]) -> str:
    told = "; ".join(text[:120] for text in texts[:3])
    return told + (f" and {len(texts) - 3} more" if len(texts) > 3 else "")


def size_of(count: int) -> str:
    """Return a number of bytes as people read it."""
    for unit, step in (("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count >= step:
            return f"{count / step:.1f} {unit}"
    return f"{count} B"
