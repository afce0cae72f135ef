"""What is wrong with a policy file, told so that its author can find it."""

from collections.abc import Sequence

import msgspec

from bot.domain.errors import FirebreakError


class Flaw(msgspec.Struct, frozen=True, order=True):
    """One thing that is wrong, at a line and column (from 1; 0 when it is the whole file) and a place in it."""

    line: int
    place: str
    text: str
    column: int = 0

    def told(self, name: str) -> str:
        """Return it as compilers do: ``policy.yaml:12: rules[0].quorum: ...``."""
        return self._told(f"{name}:{self.line}" if self.line else name)

    def exactly(self, name: str) -> str:
        """Return it with the column too: ``beaconing.yaml:12:5: match.when: ...``."""
        return self._told(f"{name}:{self.line}:{self.column}" if self.line and self.column else name)

    def _told(self, where: str) -> str:
        return f"{where}: {self.place}: {self.text}" if self.place else f"{where}: {self.text}"


class PolicyError(FirebreakError):
    """The policy can't be used. ``flaws`` are all that was found, in the order of the file."""

    advice = "What each key takes is in docs/policy.md. Correct it, then: firebreak policy check FILE"

    def __init__(self, name: str, flaws: Sequence[Flaw]) -> None:
        self.name = name
        self.flaws = tuple(sorted(set(flaws)))
        super().__init__("\n".join(flaw.told(name) for flaw in self.flaws))
