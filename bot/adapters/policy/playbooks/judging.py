"""Playbooks in force: judged in one thread of their own, so that neither the loop nor another judge is in the way."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from bot.adapters.policy.playbooks.files import Library
from bot.domain.alerts import Alert
from bot.domain.playbooks import Chosen, Outcome, Playbook, chosen, playbook_hash


class Judged:
    """A library behind ``bot.ports.Playbooks``. One thread, because compiled conditions are not for several at once."""

    def __init__(self, library: Library, thread: ThreadPoolExecutor) -> None:
        self._conditions, self._thread = library.conditions, thread
        self._listed = tuple(sorted(library.playbooks, key=lambda each: (each.order, each.name)))
        self._named = {each.name: each for each in self._listed}
        self._hashes = {each.name: playbook_hash(each) for each in self._listed}

    @property
    def listed(self) -> tuple[Playbook, ...]:
        """All of them, in the order in which they are tried."""
        return self._listed

    def named(self, name: str) -> Playbook | None:
        """Return one by its name."""
        return self._named.get(name)

    def sha256(self, name: str) -> str:
        """Return the hash of one."""
        return self._hashes.get(name, "")

    async def judge(self, playbook: Playbook, alert: Alert) -> Outcome:
        """Judge one condition."""
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, self._conditions.judge, playbook, alert
        )

    async def choose(self, alert: Alert) -> Chosen:
        """Judge all, in one go."""
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, chosen, self._listed, alert, self._conditions.judge
        )


@contextmanager
def judged(library: Library) -> Iterator[Judged]:
    """Hold playbooks in force inside the block; its end waits for the one being judged, and drops the others."""
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="playbooks")
    try:
        yield Judged(library, thread)
    finally:
        thread.shutdown(wait=True, cancel_futures=True)
