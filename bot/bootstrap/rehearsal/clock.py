"""The clock of the bot on the stage: it goes on by itself, and a scene may let seconds pass at once."""

from datetime import datetime, timedelta

from bot.bootstrap.entropy import utc_now


class StageClock:
    """Real time, and what was turned on top of it."""

    def __init__(self) -> None:
        self._turned = timedelta()

    def __call__(self) -> datetime:
        """Return what time it is for the bot."""
        return utc_now() + self._turned

    def turn(self, seconds: float) -> None:
        """Let so many seconds pass. Slack's signatures are five minutes old at most, so it is for short whiles."""
        self._turned += timedelta(seconds=seconds)
