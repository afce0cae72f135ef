"""What the sections of a board are painted from."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from bot.adapters.slack.card.painted import Block
from bot.adapters.slack.card.rich import Line, line, rich, say, titled
from bot.domain.alerts.grouping import Group
from bot.domain.playbooks.playbook import MOST_STEPS
from bot.domain.suggestions import Board, Suggestion
from bot.engine.takings import Taken

MOST: Final = 3
"""Suggestions that stand in full; the others are named."""
PASSED: Final = 4
SENTENCE: Final = 300


class Leaf(msgspec.Struct, frozen=True):
    """A board, the time at which it is painted, its requests; ``scale`` shrinks the room of every section."""

    board: Board
    now: datetime
    taken: Mapping[str, Taken]
    scale: float = 1.0

    @property
    def group(self) -> Group:
        """The group of alerts."""
        return self.board.group

    @property
    def over(self) -> bool:
        """Whether all of it is over, as far as its sender has said."""
        return self.group.firing <= 0

    @property
    def more(self) -> str:
        """The command that tells the rest."""
        return f"/ir alerts {self.group.id}"

    @property
    def shown(self) -> tuple[Suggestion, ...]:
        """The suggestions that stand in full: those that nobody dismissed first."""
        return self._ordered[: self.few(MOST)]

    @property
    def _ordered(self) -> tuple[Suggestion, ...]:
        return tuple(sorted(self.board.suggestions, key=lambda one: not one.open))

    @property
    def steps(self) -> int:
        """How many steps of a suggestion are shown; only those can be pressed."""
        return self.few(MOST_STEPS)

    def room(self, characters: int) -> int:
        """Return how many characters a section may take."""
        return int(characters * self.scale)

    def few(self, count: int) -> int:
        """Return how many lines a list may have, one at least."""
        return max(1, int(count * self.scale))

    def unsuggested(self) -> list[Block]:
        """Return the suggestions that found no room, or why there is none."""
        left = self._ordered[self.few(MOST) :]
        if left:
            named = ", ".join(one.playbook for one in left)
            told = f"{len(left)} more suggested by {named}: "
            return [rich(line(say(told, SENTENCE), say(self.more, code=True)))]
        if self.board.suggestions or self.over:
            return []
        if not self.board.looked_at:
            return [rich(line(say("⏳ What it names is being looked up, and plans are made.")))]
        kept = self.board.passed[: self.few(PASSED)]
        beside: list[Line] = [(say(why, SENTENCE),) for why in kept]
        rest = len(self.board.passed) - len(kept)
        if rest:
            beside.append((say(f"… {rest} more: "), say(self.more, code=True)))
        if not beside:
            return [rich(line(say("💡 Nothing is suggested: no playbook fits.")))]
        return titled("💡 Nothing is suggested: no playbook fits", beside)
