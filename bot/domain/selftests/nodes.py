"""On which node a self-test runs: the one whose last was longest ago, so that in time every node is tried."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from bot.domain.engines.engine import Engine
from bot.domain.engines.limit import Beyond
from bot.domain.engines.limits import beyond
from bot.domain.findings import Refusal
from bot.domain.views import NodeView

SEE: Final = "See them: kubectl get nodes"
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


def chosen(nodes: Iterable[NodeView], last: Mapping[str, datetime], wanted: str = "") -> str | Refusal:
    """Return the name of the node, by default of the Ready Linux one whose last test is the oldest, or why there is none."""
    there = {node.metadata.name: node for node in nodes}
    if wanted:
        node = there.get(wanted)
        if node is None:
            return Refusal("no-such-node", f"There is no node {wanted[:60]}.", SEE)
        return wanted if _fit(node) else Refusal("unfit-node", f"{wanted[:60]} is no Ready Linux node.", SEE)
    fit = [name for name, node in there.items() if _fit(node)]
    if not fit:
        return Refusal("no-node", "The cluster has no Ready Linux node.", SEE)
    return min(fit, key=lambda name: (last.get(name, _NEVER), name))


def _fit(node: NodeView) -> bool:
    system = node.status.node_info.operating_system or node.metadata.labels.get("kubernetes.io/os", "linux")
    return node.ready and system.lower() == "linux"


def unpoliced(engine: Engine) -> Refusal | None:
    """Return why an engine would fail every self-test without being at fault: canaries have no owner. None where it would not."""
    why = "; ".join(beyond(engine, {Beyond.UNOWNED}))
    if not why:
        return None
    text = f"On node {engine.node} a self-test would prove nothing: {why}, and its pods have none."
    return Refusal("self-test-unpoliced", text, "Leave self_test_namespace out for this cluster.")
