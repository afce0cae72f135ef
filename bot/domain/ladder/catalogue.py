"""All rungs, lowest first."""

from typing import Final

from bot.domain.ladder.acknowledged import Acknowledged
from bot.domain.ladder.denying import Denying
from bot.domain.ladder.packets import Packets
from bot.domain.ladder.rungs import Rung
from bot.domain.ladder.selftested import Tested
from bot.domain.ladder.standing import Standing
from bot.domain.ladder.witnessed import Witnessed

RUNGS: Final[tuple[Rung, ...]] = (Standing(), Acknowledged(), Tested())
"""Those that only read: asked as often as wanted."""

PACKETS: Final = Packets()
"""It takes pods of ours, so only their lane asks it."""

LADDER: Final[tuple[Rung | Packets | type[Witnessed] | type[Denying], ...]] = (
    *RUNGS[:2],
    Witnessed,
    Denying,
    PACKETS,
    *RUNGS[2:],
)
"""All of them in their order, for whoever tells of them. Those that look at flows are made anew for each look."""
