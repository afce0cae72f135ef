"""All rungs, lowest first."""

from typing import Final

from bot.domain.ladder.acknowledged import Acknowledged
from bot.domain.ladder.rungs import Rung
from bot.domain.ladder.standing import Standing

RUNGS: Final[tuple[Rung, ...]] = (Standing(), Acknowledged())
