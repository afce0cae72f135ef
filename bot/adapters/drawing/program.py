"""
The program that draws: a sketch comes in, a PNG goes out, and it is over.

It is handed names from outside, so it may take only so much memory and time, and has nothing in its environment.
"""

import resource
import sys
from typing import Final

import msgspec

from bot.domain.flows.picturing import Sketch

LONGEST: Final = 2 << 20
"""Bytes of a sketch."""
MEMORY: Final = 768 << 20
SECONDS: Final = 20


def main() -> int:
    """Draw what comes in; 2 for what is no sketch."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    body = sys.stdin.buffer.read(LONGEST + 1)
    try:
        sketch = msgspec.json.decode(body, type=Sketch) if len(body) <= LONGEST else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        sketch = None
    if sketch is None:
        return 2
    from bot.adapters.drawing.painter import paint  # noqa: PLC0415 - what is no sketch needs no library

    sys.stdout.buffer.write(paint(sketch))
    return 0


if __name__ == "__main__":
    sys.exit(main())
