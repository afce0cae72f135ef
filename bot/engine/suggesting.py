"""
Looks at groups of alerts: whether what they name is there, which playbooks fit, and what those would do.

Which group is due stands in its row, written by whoever counted the alerts. A replica takes one with a lease, so that two
do not ask the same; what it found is stored only while nobody has taken the group since. A storm of rules is looked at
little by little: so many at once and so many a minute, and the cards of the others say that nobody has looked yet.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from bot.domain.alerts import Alert
from bot.domain.audit.events import Event as EventName
from bot.domain.playbooks import Chosen, Passed
from bot.domain.reading import cut
from bot.domain.suggestions import Look, Resolved, Standing, Suggested, Suggestion
from bot.domain.suggestions.looks import given_back
from bot.domain.suggestions.shaping import does, left_out, settled, whole_alert
from bot.engine.acting import act, owed
from bot.engine.boards import painted
from bot.engine.context import Context
from bot.engine.dismissing import by_playbook
from bot.engine.holding import with_held
from bot.engine.lookups import looked_up
from bot.engine.making import Maker, Subjects
from bot.engine.muting import end_mutes
from bot.engine.recording import Entry, append
from bot.engine.resting import rest
from bot.ports import Transaction

log = logging.getLogger("firebreak.suggestions")

LEASE: Final = timedelta(minutes=3)
DEADLINE: Final = timedelta(minutes=2)
"""So long one look may take, all plans included: less than the lease."""
AT_ONCE: Final = 2
PER_MINUTE: Final = 30
MINUTE: Final = timedelta(minutes=1)
POLL: Final = 1.0  # seconds
MOST_ALERTS: Final = 1000  # of a group, the latest, that are read for who is meant
MOST_PASSED: Final = 20
MOST_FAILURES: Final = 6
FIRST_REST: Final = timedelta(seconds=10)
NONE_IN_FORCE: Final = "no playbooks are in force"


class _Seen(msgspec.Struct, frozen=True):
    """What one look found. Without an alert that fires there is nothing to find."""

    resolved: tuple[Resolved, ...] = ()
    passed: tuple[str, ...] = ()
    made: tuple[Suggestion, ...] = ()
    left: int = 0


class Suggesting:
    """``at_once`` looks side by side, and ``per_minute`` in any minute."""

    def __init__(self, context: Context, *, at_once: int = AT_ONCE, per_minute: int = PER_MINUTE) -> None:
        self._context, self._at_once = context, at_once
        self._lately: deque[datetime] = deque(maxlen=per_minute)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set; looks that are under way then are given back. Failures do not end it."""
        looking: set[asyncio.Task[None]] = set()
        try:
            while not stop.is_set():
                try:
                    await self._next(looking)
                except Exception as error:
                    log.exception("suggestions_failed", extra={"error": type(error).__name__})
                    await rest(stop, POLL)
        finally:
            for task in looking:
                task.cancel()
            await asyncio.gather(*looking, return_exceptions=True)

    async def turn(self) -> bool:
        """Look at one group that is due; return whether there was one."""
        taken = await self._claim()
        if taken is not None:
            await self._one(*taken)
        return taken is not None

    async def _next(self, looking: set[asyncio.Task[None]]) -> None:
        if len(looking) >= self._at_once:
            await asyncio.wait(looking, return_when=asyncio.FIRST_COMPLETED, timeout=POLL)
            looking -= {task for task in looking if task.done()}
            return
        taken = await self._claim()
        if taken is None:
            await self._context.store.wait(POLL)
            return
        task = asyncio.create_task(self._one(*taken), name=f"look {taken[0].group_id}")
        looking.add(task)
        task.add_done_callback(looking.discard)

    async def _claim(self) -> tuple[Look, datetime] | None:
        async with self._context.store.begin() as tx:
            over = await tx.suggestions.ended(1)
            full = len(self._lately) == self._lately.maxlen and tx.now - self._lately[0] < MINUTE
            look = None if full else await tx.suggestions.claim(LEASE)
            if look is not None:
                self._lately.append(tx.now)
            now = tx.now
        if over:
            await end_mutes(self._context)
        return None if look is None else (look, now)

    async def _one(self, look: Look, now: datetime) -> None:
        """Never raises but when it is cancelled: what breaks off is tried again, a few times."""
        try:
            async with asyncio.timeout(DEADLINE.total_seconds()):
                seen = await self._see(look, now)
            acting = await self._store(look, seen)
            if acting:
                await self._act(look, acting)
        except asyncio.CancelledError:
            await asyncio.shield(self._leave(look, failed=False))
            raise
        except Exception as error:
            log.exception(
                "group_not_looked_at", extra={"group": look.group_id, "error": type(error).__name__}
            )
            await self._leave(look, failed=True)

    async def _see(self, look: Look, now: datetime) -> _Seen | None:
        async with self._context.store.begin() as tx:
            group = await tx.alerts.group(look.group_id)
            alerts = await tx.alerts.of(look.group_id, MOST_ALERTS, firing=True) if group else ()
        alert = whole_alert(group, alerts) if group else None
        if alert is None:
            return None
        resolved = await with_held(self._context, await self._resolved(alert))
        found = await self._context.playbooks.choose(alert)
        maker = Maker(self._context, Subjects(look.group_id, alert, resolved), now)
        made = tuple([await maker.make(playbook) for playbook in found.fit])
        return _Seen(resolved, _passed(found), made, left_out(alerts))

    async def _resolved(self, alert: Alert) -> tuple[Resolved, ...]:
        found = await looked_up(self._context, alert.subjects)
        if found is not None:
            return found
        why = "the clusters did not say in time"
        return tuple(Resolved(each, Standing.UNKNOWN, why) for each in alert.subjects)

    async def _store(self, look: Look, seen: _Seen | None) -> tuple[Suggestion, ...]:
        """Store what was found, where nobody has taken the group since, and return what may be done without a person."""
        async with self._context.store.begin() as tx:
            mine = await _held(tx, look)
            if mine is None:
                return ()
            after = replace(mine, looked_at=tx.now, failures=0)
            if mine.looked_at is None:
                after = replace(after, noted_at=None)  # the first time somebody waits for it: out of the pace
            if seen is None:  # it is over meanwhile: what stands there stays, as it was
                await painted(tx, given_back(after, None, tx.now))
                return ()
            shown = await _settle(tx, look.group_id, seen.made)
            after = replace(
                after,
                resolved=seen.resolved,
                passed=seen.passed,
                left=seen.left,
                current=tuple(each.id for each in shown),
            )
            acting = tuple(each for each in shown if owed(self._context, each))
            leased = replace(after, due_at=tx.now + LEASE)  # if nobody gets to `_act`, it is due again
            await painted(tx, leased if acting else given_back(after, None, tx.now))
            await append(self._context, tx, _entry(look.group_id, seen, shown))
        return acting

    async def _act(self, look: Look, acting: Sequence[Suggestion]) -> None:
        """Take what may be taken without a person, then give the group back; what is taken twice is taken once."""
        for each in acting:
            await act(self._context, each)
        async with self._context.store.begin() as tx:
            mine = await _held(tx, look)
            if mine is not None:
                await tx.suggestions.put_look(given_back(mine, None, tx.now))

    async def _leave(self, look: Look, *, failed: bool) -> None:
        async with self._context.store.begin() as tx:
            mine = await _held(tx, look)
            if mine is None:
                return
            failures = mine.failures + failed
            given_up = failures >= MOST_FAILURES
            again = tx.now + FIRST_REST * 2**failures if failed else tx.now
            after = replace(mine, failures=0 if given_up else failures)
            if given_up:
                after = replace(after, passed=("it could not be looked at, see the log",), looked_at=tx.now)
            await painted(tx, given_back(after, None if given_up else again, tx.now))


async def _held(tx: Transaction, look: Look) -> Look | None:
    """Return the row where nobody has taken it since."""
    mine = await tx.suggestions.look(look.group_id, lock=True)
    return mine if mine is not None and mine.taken and mine.fence == look.fence else None


async def _settle(tx: Transaction, group_id: str, made: Sequence[Suggestion]) -> tuple[Suggestion, ...]:
    """Store what is suggested now, and return it; what was dismissed and would be the same is left as it is."""
    before = await tx.suggestions.of(group_id)
    shown = []
    for each in made:
        fresh = settled(each, before)
        if fresh is not None:
            await tx.suggestions.put(fresh)
            shown.append(fresh)
            continue
        shown += [one for one in before if one.playbook == each.playbook and does(one) == does(each)][:1]
    return tuple(shown)


def _passed(found: Chosen) -> tuple[str, ...]:
    if not found.fit and not found.passed:
        return (NONE_IN_FORCE,)
    return tuple(map(_line, found.passed[:MOST_PASSED]))


def _line(passed: Passed) -> str:
    return cut(f"{passed.playbook.name}: {passed.why}")


def _entry(group_id: str, seen: _Seen, shown: Sequence[Suggestion]) -> Entry:
    standings = [each.standing for each in seen.resolved]
    details: dict[str, Any] = {
        "subjects": {standing.value: standings.count(standing) for standing in Standing},
        "playbooks": [{**by_playbook(each), "open": each.open, "steps": _steps(each)} for each in shown],
        "passed": list(seen.passed),
    }
    return Entry(
        EventName.SUGGESTED,
        None,
        outcome="suggested" if shown else "nothing",
        target=group_id,
        details=details,
    )


def _steps(made: Suggestion) -> list[str]:
    """Which plan by its digest, or why there is none, for each step; all in one plan is the last."""
    return [_step(step) for step in (*made.steps, *((made.whole,) if made.whole else ()))]


def _step(step: Suggested) -> str:
    if step.plan is not None:
        return f"{step.action} {step.digest}"
    if step.refusal is not None:
        return f"{step.action} refused: {step.refusal.code}"
    return "by hand" if step.commands else f"{step.action or 'step'} impossible"
