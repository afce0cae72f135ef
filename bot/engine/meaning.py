"""
Which rule of which source a person means: by the id of a group of it, by its name, or by its name and its source.

A rule's name is from outside, and so anybody's who may send alerts: one name of two sources is two rules, a name may look
like the id of a group, and it may end in what looks like a source. Whatever can be read in two ways is refused.
"""

from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from bot.domain.findings import Refusal
from bot.domain.reading import cut
from bot.ports import Transaction

NAMED: Final = 5
OF: Final = " of "

Sources = Callable[[str], Awaitable[tuple[str, ...]]]
"""Returns the sources that could be meant with a rule's name."""


class Rule(msgspec.Struct, frozen=True, order=True):
    """A rule of one source, as the settings name it."""

    name: str
    source: str

    def __str__(self) -> str:
        return f"{cut(self.name, 200)} of {self.source}"

    @property
    def told_by(self) -> tuple[str, str]:
        """What it is found by."""
        return self.source, self.name


async def meant(tx: Transaction, named: str, source: str, sources: Sources) -> Rule | Refusal | None:
    """Return the one rule that can be meant; ``None`` where there is none. With ``source`` the name is just a name."""
    found = {Rule(named, each) for each in await sources(named) if source in ("", each)}
    if not source:
        found |= await _by_group(tx, named, sources) | await _spelt_out(named, sources)
    if len(found) < 2:
        return next(iter(found), None)
    every = sorted(found)
    more = f" and {len(every) - NAMED} more" if len(every) > NAMED else ""
    text = f"More than one rule can be meant: {'; '.join(map(str, every[:NAMED]))}{more}."
    remedy = 'Say which one, with its name in quotes: /ir mute "<rule>" of <source> for … because …'
    return Refusal("rule-ambiguous", text, remedy)


async def _by_group(tx: Transaction, named: str, sources: Sources) -> set[Rule]:
    group = await tx.alerts.group(named) if named.startswith("g-") else None
    if group is None or group.source not in await sources(group.rule):
        return set()
    return {Rule(group.rule, group.source)}


async def _spelt_out(named: str, sources: Sources) -> set[Rule]:
    name, of, source = named.rpartition(OF)
    return {Rule(name, source)} if of and source in await sources(name) else set()
