"""The bot's clock, in the hands of the test: real time, and what was turned on top of it."""

from datetime import UTC, datetime, timedelta


class TurnedClock:
    """Goes on by itself, so that what waits for a moment still gets there; `turn` lets hours pass at once."""

    def __init__(self) -> None:
        self._turned = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._turned  # noqa: TID251 - a journey's world has a clock of its own

    def turn(self, **span: float) -> None:
        """Let time pass, given as for `timedelta`."""
        self._turned += timedelta(**span)
