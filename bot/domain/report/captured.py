"""The evidence of each request: what was captured of it, and who was handed it."""

from collections.abc import Iterator
from typing import Any, Final

from bot.domain.report.story import Story
from bot.domain.report.values import Fact

NONE_OF_ADDRESSES: Final = "none was captured: of addresses only flows are, where somebody sees them; what they did stands in the firewall's own logs"
NONE: Final = "none was captured: the log holds no record of any"


def evidence(name: str, story: Story) -> Iterator[Fact]:
    """Return what was captured for a request, or why nothing was."""
    found = [e for e in story.of("evidence") if isinstance(e.body.details.get("items"), list)]
    for one in found:
        state = one.detail("evidence") or one.body.outcome
        label = "captured after it was contained" if one.body.outcome == "flows-after" else "captured"
        yield Fact(label, f"{name}, of {one.body.target}: {state}, {one.at}", one.seq)
        if one.detail("flows"):
            yield Fact("flows", one.detail("flows"), one.seq)
        for item in one.body.details["items"]:
            yield Fact("item", _item(item), one.seq)
    if not found:
        yield Fact("none", f"{name}: {_why(story)}", story.asked.seq if story.asked else None)
    for one in story.of("evidence_access"):
        what = one.detail("name") or one.detail("item") or one.detail("place")
        told = f"{what}, {one.body.outcome}" if what else one.body.outcome
        yield Fact("handed to", f"{story.who(one)}, {told}, {one.at}", one.seq)


def _why(story: Story) -> str:
    plan = story.plan
    kinds = {part.target.kind for part in plan.parts} if plan else set()
    return NONE_OF_ADDRESSES if kinds == {"Address"} else NONE


def _item(item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)
    name = f"{item.get('name', '')} ({item.get('kind', '')})"
    if "missing" in item:
        return f"{name}: MISSING, {item['missing']}"
    cut = f", cut: {item['truncated']}" if item.get("truncated") else ""
    return (
        f"{name}: {item.get('size', '?')} bytes{cut}, SHA-256 {item.get('sha256', '')}, "
        f"kept encrypted by key {item.get('key', '')} as {item.get('place', '')}"
    )
