"""
Self-tests (L5): whether a cluster's engine enforces at all, tried with pods of our own where nobody else has any.

What must hold: (1) everything that is to be written is on the row, with its record, before it is written, so that whoever
comes after a program that was killed finds all of it; (2) whoever works on a row owns it, and looks before each write
whether that is still so; (3) a row stands until all of it was seen to be gone.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from bot.domain.audit.events import ActorType
from bot.domain.audit.events import Event as EventName
from bot.domain.audit.record import PROGRAM, Actor, Draft
from bot.domain.canary import Failed, Heard, Waiting, report, unlike
from bot.domain.changes import Create, Delete
from bot.domain.errors import ConflictError, DeniedError, FencedError, OutsideError
from bot.domain.queries import Absent, Found, Get, Unavailable
from bot.domain.reading import cut, read
from bot.domain.selftests import Outcome, Seen, SelfTest, callers, judged, listeners, news, policy
from bot.domain.views import PodView
from bot.engine.bench import Bench
from bot.engine.incidents import SAID
from bot.ports import Note, Transaction

log = logging.getLogger("firebreak.engine")
LONGEST = 500
T = TypeVar("T")


class _NothingError(Exception):
    """The test can't go on; the text says why."""


@dataclass
class Run:
    """One self-test in the hands of this program. ``test`` is the row as last written."""

    bench: Bench
    test: SelfTest
    _renewed: float = 0.0
    _uids: dict[str, str] = field(default_factory=dict)
    """What the API named each pod of ours, by its name."""

    async def all(self) -> SelfTest:
        """
        Try, conclude, and take everything away; return the row as it is left.

        Raises ``FencedError`` where another program has taken it over, and ``StoreError``.
        """
        found = Outcome.INCONCLUSIVE, "it was interrupted"
        try:
            found = await self._tried()
        except _NothingError as nothing:
            found = Outcome.INCONCLUSIVE, str(nothing)
        except DeniedError as error:
            rights = f"firebreak rbac --self-test-namespace {self.test.namespace} prints the rights"
            found = Outcome.INCONCLUSIVE, f"the cluster refuses: {error.code}: {cut(error.text)} ({rights})"
        except OutsideError as error:
            found = Outcome.INCONCLUSIVE, f"the cluster did not do it: {error.code}: {cut(error.text)}"
        except TimeoutError:
            found = Outcome.INCONCLUSIVE, "the cluster did not answer in time"
        finally:  # (3) also when it is cancelled: what was begun is ended
            await self._conclude(*found)
            await self.take_away()
        return self.test

    # -- what is tried ----------------------------------------------------------------------------------

    async def _tried(self) -> tuple[Outcome, str]:
        pace = self.bench.pace
        called = await self._written(*listeners(self.test, pace.tries))
        server, target = await self._up(called)
        calling = await self._written(*callers(self.test, server, target, pace.tries))
        await self._up(calling)
        await self._rest(pace.head.total_seconds())
        await self._written(policy(self.test))
        outside, inside = await self._until_told(calling)
        kept = all(isinstance(heard, Waiting) for heard in await self._heard(called))
        return judged(Seen(outside, inside, kept))

    async def _written(self, *creates: Create) -> tuple[Create, ...]:
        """Write, once it is known what will be (1)."""
        named = {"objects": [str(create.ref) for create in creates]}
        grown = (*self.test.creates, *creates)
        await self._keep(lambda row: msgspec.structs.replace(row, creates=grown), "intent", named)
        for create in creates:
            async with asyncio.timeout(self.bench.call.total_seconds()):
                written = await self.bench.objects.apply(create)
            self._uids[create.ref.name] = written.uid
        return creates

    async def _up(self, creates: Sequence[Create]) -> tuple[str, ...]:
        """Wait until the pods run, and return their addresses."""

        async def addresses() -> tuple[str, ...] | None:
            found = [await self._address(create) for create in creates]
            return tuple(found) if all(found) else None

        async def why() -> str:
            said = [one.why for one in await self._heard(creates) if isinstance(one, Waiting) and one.why]
            return f": {said[0]}" if said else ""

        up = await self._within(self.bench.pace.start.total_seconds(), addresses)
        if up is None:
            raise _NothingError(f"its pods did not start in time{await why()}")
        return up

    async def _address(self, create: Create) -> str:
        answer = await self.bench.world.answer(Get(create.ref))
        pod = read(answer, PodView)
        heard = self._said(create, answer)
        if isinstance(answer, Found) and isinstance(heard, Failed):
            raise _NothingError(f"the pod {create.ref.name} did not run: {heard.why}")
        running = isinstance(pod, PodView) and pod.status.phase == "Running"
        return pod.status.pod_ip if running and isinstance(pod, PodView) else ""

    async def _until_told(self, creates: Sequence[Create]) -> tuple[Heard, ...]:
        async def told() -> tuple[Heard, ...] | None:
            heard = await self._heard(creates)
            return None if any(isinstance(one, Waiting) for one in heard) else heard

        answered = await self._within(self.bench.pace.tries + self.bench.pace.start.total_seconds(), told)
        return answered or await self._heard(creates)

    async def _heard(self, creates: Sequence[Create]) -> tuple[Heard, ...]:
        return tuple(
            [self._said(create, await self.bench.world.answer(Get(create.ref))) for create in creates]
        )

    def _said(self, create: Create, answer: object) -> Heard:
        """Return what a pod says, if it is the very one that was written: else it is somebody else's word."""
        match answer:
            case Found(body=body):
                other = unlike(create, self._uids.get(create.ref.name, ""), body)
                return report(body.text) if other is None else Failed(f"it is not as it was written: {other}")
            case Absent():
                return Failed("it is gone")
            case Unavailable(why):
                return Waiting(f"it could not be read: {cut(why)}")
            case _:
                return Waiting("the answer was of another kind")

    # -- waiting ----------------------------------------------------------------------------------------

    async def _within(self, seconds: float, look: Callable[[], Awaitable[T | None]]) -> T | None:
        """Look until there is something, or the time is over."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while (found := await look()) is None and loop.time() < deadline:
            await self._rest(self.bench.pace.look.total_seconds())
        return found

    async def _rest(self, seconds: float) -> None:
        """Let time pass, and say in time that somebody is at work on it (2)."""
        await asyncio.sleep(seconds)
        now = asyncio.get_running_loop().time()
        if now - self._renewed > self.bench.pace.lease.total_seconds() / 4:
            self._renewed = now
            await self._keep(lambda row: row)

    # -- the row ----------------------------------------------------------------------------------------

    async def _keep(
        self,
        change: Callable[[SelfTest], SelfTest],
        outcome: str = "",
        details: Mapping[str, object] | None = None,
    ) -> None:
        """Save what changed, for another lease, with its record if it is worth one."""
        async with self.bench.store.begin() as tx:
            row = await self._own(tx)
            due = None if row.due_at is None else tx.now + self.bench.pace.lease
            fresh = change(msgspec.structs.replace(row, due_at=due))
            await tx.self_tests.put(fresh)
            if outcome:
                await record(tx, fresh, outcome, details or {})
        self.test = fresh

    async def _own(self, tx: Transaction) -> SelfTest:
        row = await tx.self_tests.get(self.test.id, lock=True)
        if row is None or row.owner != self.test.owner:
            raise FencedError(f"another program has taken the self-test {self.test.id} over")
        return row

    async def _conclude(self, outcome: Outcome, text: str) -> None:
        async with self.bench.store.begin() as tx:
            row = await self._own(tx)
            fresh = msgspec.structs.replace(row, outcome=outcome, text=text[:LONGEST], ended_at=tx.now)
            await tx.self_tests.put(fresh)
            channel = self.bench.channel(fresh.cluster)
            if channel and (said := news(fresh, await tx.self_tests.of(fresh.cluster))):
                await tx.outbox.put(Note(topic="self-test", kind=SAID, text=said, to=channel))
            await record(tx, fresh, outcome.value, {"why": fresh.text})
        self.test = fresh
        self.bench.store.woke()

    async def take_away(self) -> None:
        """Remove all that may stand and see that it is gone (3); where that fails, whoever is due next tries again."""

        async def gone() -> bool | None:
            found = [await self._gone(create) for create in reversed(self.test.creates)]
            return all(found) or None

        if await self._within(self.bench.pace.start.total_seconds(), gone) is None:
            log.error("self_test_left_something", extra={"test": self.test.id, "cluster": self.test.cluster})
            return
        await self._keep(lambda row: msgspec.structs.replace(row, due_at=None), "removed")

    async def _gone(self, create: Create) -> bool:
        try:
            async with asyncio.timeout(self.bench.call.total_seconds()):
                await self.bench.objects.restore(Delete(create.ref, create.body))
        except ConflictError as error:
            return error.code == "NotOurs"  # somebody else's, of this name
        except (OutsideError, TimeoutError):
            return False
        return isinstance(await self.bench.world.answer(Get(create.ref)), Absent)


async def record(tx: Transaction, test: SelfTest, outcome: str, details: Mapping[str, object]) -> None:
    """Append a record about a self-test; call it last in a transaction. Raises ``AuditError``."""
    by = Actor(type=ActorType.OPERATOR, id=test.by, idp="os") if test.by else PROGRAM
    about = {"id": test.id, "engine": test.title, "image": test.image, "namespace": test.namespace}
    target = f"{test.cluster}: node {test.node}"
    await tx.log.append(
        Draft(
            event=EventName.SELF_TEST, actor=by, target=target, outcome=outcome, details={**about, **details}
        )
    )
