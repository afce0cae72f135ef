"""All rungs, lowest first."""

from typing import Final

from bot.domain.ladder.acknowledged import Acknowledged
from bot.domain.ladder.rungs import Rung

RUNGS: Final[tuple[Rung, ...]] = (Acknowledged(),)
