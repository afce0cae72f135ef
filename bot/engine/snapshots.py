"""
Keeps the flows of a pod, or of an address that is blocked, as evidence: before a containment, and once more after it.

Relays forget within seconds, so the time before it is when it is proposed.

The first is a part of the capture that begins with the proposal. The second is a capture of its own: due when the engine
must have acted, from the same transaction on that says that the part is applied. Sources never hold up either for long.
"""

import asyncio
import hashlib
from datetime import datetime, timedelta
from typing import Final

import msgspec

from bot.domain import refs, views
from bot.domain.errors import FirebreakError
from bot.domain.evidence import ADDRESS, Capture, CaptureState, Item, ItemKind
from bot.domain.flows import noting
from bot.domain.flows.noting import Noted
from bot.domain.flows.taken import Capability, Silent, Taken, Truncated
from bot.domain.ladder.denying import SETTLE
from bot.domain.ladder.witnessed import settled
from bot.domain.quarantine.replays import addresses_of
from bot.domain.queries import Flowing, Flows, Get, Query, kube
from bot.domain.reading import cut, read
from bot.domain.requests import PartRow
from bot.domain.residual.world import node_of
from bot.domain.states import PartState
from bot.engine.capturing import whole
from bot.engine.context import Context, Evidence
from bot.ports import Transaction

BACK: Final = 600
"""Seconds before a containment that are kept of what sources still know."""
WITHIN: Final = 5.0
"""Seconds that sources have: what is approved waits for a capture, but not much longer."""
BACK_BLOCK: Final = 1800
"""The same before a block: what the firewall's log knows of the last minutes is still on its way."""
WITHIN_BLOCK: Final = 12.0
"""Seconds that sources have where nothing waits for them."""
NEAR: Final = 2.0
"""Seconds for the cluster to say which addresses are a pod's; a relay knows it by name."""
MOST_ROWS: Final = 5_000
"""Flows that are kept of each source, the newest."""
LARGEST: Final = 4 << 20
AFTER: Final = timedelta(seconds=10)
"""How long after the engine must have acted it is looked at again: something must have had the time to try."""
MUCH_LATER: Final = timedelta(minutes=12)
"""The same, where only logs tell: what they know comes up to ten minutes later."""

Shot = tuple[Item, Noted | None]


def sighted(context: Context, cluster: str, *, live: bool = False) -> bool:
    """Whether anybody there sees flows of a cluster; ``live``: and tells of them at once."""
    seen = (one for one in context.flows if not live or Capability.HISTORY not in one.can)
    return any(source.serves(cluster) for source in seen)


def _logged(context: Context, cluster: str) -> bool:
    """Whether somebody there keeps hours, and tells minutes later: of a block that is where it is seen to deny."""
    return any(Capability.HISTORY in one.can and one.serves(cluster) for one in context.flows)


def taken_effect(row: PartRow) -> datetime | None:
    """Return when what a part does must have taken effect; ``None`` where it does not stand, or nobody knows."""
    if row.part.target.kind != ADDRESS.kind:
        return settled(row)
    since = row.since(PartState.APPLIED)
    return since + SETTLE if since and row.state is PartState.APPLIED else None


async def follow(context: Context, tx: Transaction, row: PartRow) -> None:
    """Have the flows of what was captured before looked at once more, when the part, as it is now, must have bitten."""
    cluster, block = row.part.target.cluster, row.part.target.kind == ADDRESS.kind
    if context.evidence is None or not sighted(context, cluster):
        return
    rows = await tx.parts.of(row.request_id)
    moment = taken_effect(rows[row.index])
    if moment is None:
        return
    every = await tx.captures.of(row.request_id)
    alone = len(rows) == 1
    wait = (
        AFTER
        if sighted(context, cluster, live=True) and not (block and _logged(context, cluster))
        else MUCH_LATER
    )
    for one in every:
        if one.after or one.by_hand or one.of_address is not block or not (alone or one.part == row.index):
            continue
        later = Capture(
            f"{one.id}.after",
            row.request_id,
            one.part,
            one.target,
            one.uid,
            tx.now,
            due_at=moment + wait,
            after=True,
        )
        await tx.captures.add(later)


async def shot(context: Context, evidence: Evidence, capture: Capture) -> Shot | None:
    """Return the flows before a containment, as kept; ``None`` where nobody sees any."""
    if not sighted(context, capture.target.cluster):
        return None
    told = await _asked(context, capture, None)
    title = "flows before the containment"
    item = await _kept(evidence, capture, told, ("flows-before.json", title))
    if noting.untold(told.told):
        return item, None
    return item, await asyncio.to_thread(noting.before, told.told, told.asked)


async def shot_after(context: Context, evidence: Evidence, capture: Capture) -> Shot:
    """Return the flows since the engine must have acted, as kept, held against those before."""
    title = "flows after the containment"
    async with context.store.begin() as tx:
        rows = await tx.parts.of(capture.request_id)
        earlier = await tx.captures.get(capture.id.removesuffix(".after"))
    row = next((row for row in rows if row.index == capture.part), rows[0])
    moment = taken_effect(row)
    if moment is None:
        gone = f"it is {row.state.value} by now"
        return Item(ItemKind.FLOWS, "flows-after.json", title, missing=gone, normal=True), None
    told = await _asked(context, capture, moment)
    item = await _kept(evidence, capture, told, ("flows-after.json", title))
    if noting.untold(told.told):
        return item, None
    then = await _read(evidence, earlier)
    known, first = (None, None) if then is None else (then.told, then.asked)
    return item, await asyncio.to_thread(noting.after, known, told.told, told.asked, first)


async def _asked(context: Context, capture: Capture, since: datetime | None) -> Flowing:
    answer = await context.world.answer(await _question(context, capture, since))
    if isinstance(answer, Flowing):
        return answer
    raise FirebreakError(f"flows were answered with {type(answer).__name__}")


async def _question(context: Context, capture: Capture, since: datetime | None) -> Flows:
    target = capture.target
    if capture.of_address:
        return Flows(
            target.cluster,
            "",
            "",
            BACK_BLOCK,
            since,
            address=target.name,
            within=WITHIN_BLOCK,
            most=MOST_ROWS,
        )
    own, behind = await _addresses(context, capture)
    return Flows(
        target.cluster,
        target.namespace,
        target.name,
        BACK,
        since,
        addresses=own,
        behind=behind,
        within=WITHIN,
        most=MOST_ROWS,
    )


async def _addresses(context: Context, capture: Capture) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the addresses of the very pod that is captured, and of its node: of none where that is not told in time."""
    try:
        async with asyncio.timeout(NEAR):
            pod = read(await context.world.answer(Get(capture.target)), views.PodView)
            if not isinstance(pod, views.PodView) or pod.metadata.uid != capture.uid:
                return (), ()
            place: Query = Get(kube(capture.target.cluster, refs.NODE, "", pod.spec.node_name or "none"))
            node = read(await context.world.answer(place), views.NodeView)
    except TimeoutError:
        return (), ()
    behind = node_of(node).addresses if isinstance(node, views.NodeView) else ()
    return addresses_of(pod), behind or tuple(filter(None, (pod.status.host_ip,)))


async def _kept(evidence: Evidence, capture: Capture, told: Flowing, named: tuple[str, str]) -> Item:
    name, title = named
    if why := noting.untold(told.told):
        return Item(ItemKind.FLOWS, name, title, missing=cut(why, 300))
    most = min(evidence.per_item, LARGEST)
    body, shortened = await asyncio.to_thread(_encoded, told, most)
    place = f"{capture.id}/{capture.attempts}/flows"
    kept = await evidence.vault.put(place, whole(body))
    lost = "; ".join(filter(None, (shortened, noting.lost(told.told))))
    return Item(
        ItemKind.FLOWS,
        name,
        title,
        place=place,
        size=kept.size,
        sha256=kept.sha256,
        key_id=kept.key_id,
        cut=cut(lost, 300),
    )


def _encoded(told: Flowing, most: int) -> tuple[bytes, str]:
    """Return it as JSON of at most so many bytes: then only the newest flows of each source are in it, and it says so."""
    body, rows = msgspec.json.encode(told), MOST_ROWS
    while len(body) > most and rows:
        rows //= 2
        body = msgspec.json.encode(
            msgspec.structs.replace(told, told=tuple(_newest(o, rows) for o in told.told))
        )
    return body, "" if rows == MOST_ROWS else f"only the newest {rows} flows of each source are kept"


def _newest(answer: Taken | Silent, rows: int) -> Taken | Silent:
    if isinstance(answer, Silent) or len(answer.flows) <= rows:
        return answer
    newest = sorted(answer.flows, key=lambda flow: flow.start)[len(answer.flows) - rows :]
    losses = (*(loss for loss in answer.losses if not isinstance(loss, Truncated)), Truncated(rows))
    return msgspec.structs.replace(answer, flows=tuple(newest), losses=losses)


async def _read(evidence: Evidence, earlier: Capture | None) -> Flowing | None:
    """Return what was kept before, if it is there, is what was recorded, and can be read."""
    items = (
        earlier.kept if earlier and earlier.state not in (CaptureState.ENDING, CaptureState.ERASED) else ()
    )
    item = next((one for one in items if one.kind is ItemKind.FLOWS), None)
    if item is None:
        return None
    body = bytearray()
    try:
        async for piece in evidence.vault.get(item.place):
            body += piece
            if len(body) > item.size:
                return None
    except FirebreakError:
        return None
    return await asyncio.to_thread(_decoded, bytes(body), item.sha256)


def _decoded(body: bytes, sha256: str) -> Flowing | None:
    if hashlib.sha256(body).hexdigest() != sha256:
        return None
    try:
        return msgspec.json.decode(body, type=Flowing)
    except (msgspec.DecodeError, RecursionError):
        return None
