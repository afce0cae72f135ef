"""The bot's log while a story is on the screen: kept in memory, so that a failed one can show its end."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from bot.bootstrap.logs import LOUD, configure
from bot.settings import Settings


@contextmanager
def quietly(settings: Settings) -> Iterator[io.StringIO]:
    """Send the log into the text that is yielded; logging is as before at the end of the block."""
    root, kept = logging.getLogger(), io.StringIO()
    sinks, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in LOUD}
    before = structlog.get_config() if structlog.is_configured() else None
    root.handlers[:] = []  # configuring would close them
    configure(settings)
    for sink in root.handlers:
        if isinstance(sink, logging.StreamHandler):
            sink.setStream(kept)
    try:
        yield kept
    finally:
        root.handlers[:] = sinks
        root.setLevel(level)
        for name, own in levels.items():
            logging.getLogger(name).setLevel(own)
        structlog.reset_defaults()
        if before is not None:
            structlog.configure(**before)
