"""An action while it is being read: the values of its fields, and the words that they came from."""

from typing import Any, Final

from bot.adapters.slack.reading import BECAUSE, Line
from bot.adapters.slack.words import Word
from bot.domain.actions import Action, Slot
from bot.domain.requests import Mode

FOR: Final = "for"
ALONE: Final = (Mode.SOLO.value, Mode.BREAK_GLASS.value)
CLUSTER: Final = "cluster"


class Draft:
    """An action being filled: each field's value, and the words that it was read from."""

    def __init__(self, line: Line, kind: type[Action], verb: Word) -> None:
        self.line, self.kind, self.verb = line, kind, verb
        self.fields: dict[str, Any] = {}
        self.origins: dict[str, tuple[Word, ...]] = {}
        self.lease: int | None = None
        self.replay = 0
        self.mode = Mode.QUORUM
        self.seen: dict[str, Word] = {}

    @property
    def remedy(self) -> str:
        """Where it stands how the command that was typed is written."""
        return f"How it is written: /ir help {self.kind.word}"

    @property
    def slots(self) -> dict[str, Slot]:
        """The slots that stand behind a keyword, by it."""
        return {slot.keyword: slot for slot in self.kind.slots if slot.keyword}

    @property
    def keywords(self) -> tuple[str, ...]:
        """Every word that is not a value here."""
        return keywords_of(self.kind)

    def is_keyword(self, word: Word) -> bool:
        """Whether a list of values ends before this word."""
        return word.folded in self.keywords

    def fill(self, field: str, value: object, origin: tuple[Word, ...]) -> None:
        """Set a field; raises when it was set to something else by other words."""
        if field in self.fields and self.fields[field] != value:
            raise self.line.wrong(
                origin[0], f"The {field} is named twice, and differently.", remedy="Keep one of them."
            )
        self.fields[field] = value
        self.origins.setdefault(field, origin)


def keywords_of(kind: type[Action]) -> tuple[str, ...]:
    """Return every word that is not a value in the command of this action."""
    slots = (slot.keyword for one in (kind, *kind.composes) for slot in one.slots if slot.keyword)
    return (*dict.fromkeys(slots), FOR, *ALONE, BECAUSE)
