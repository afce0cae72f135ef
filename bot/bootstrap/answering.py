"""What `firebreak check` answers, and how it is printed."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """One thing looked at: fine, or what is wrong and what to do. ``doubt``: fine, but somebody should look at it."""

    what: str
    fine: bool
    text: str
    doubt: bool = False

    @property
    def mark(self) -> str:
        """How it begins in the answer."""
        return ("warn" if self.doubt else "ok") if self.fine else "BAD"


async def printed(given: AsyncIterator[Answer], well: str) -> int:
    """Print every answer as it comes; return 1 where one is bad, else 0."""
    marks: Counter[str] = Counter()
    async for answer in given:
        print(f"{answer.mark:<4} {answer.what}: {answer.text}", flush=True)
        marks[answer.mark] += 1
    print(f"\n{marks['BAD']} of these must be mended first." if marks["BAD"] else f"\n{well}")
    if marks["warn"]:
        print(f"Look at {marks['warn']} that say warn: they keep no containment from working.")
    return 1 if marks["BAD"] else 0
