"""Who draws pictures."""

from typing import Protocol

from bot.domain.flows.picturing import Sketch
from bot.domain.queries import Unavailable


class Drawing(Protocol):
    """Draws, somewhere that can be stopped."""

    async def draw(self, sketch: Sketch) -> bytes | Unavailable:
        """Return a PNG within a deadline of its own, or why there is none. Raises nothing: a picture is never worth an answer."""
