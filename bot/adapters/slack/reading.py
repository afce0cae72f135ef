"""What every command is read with: the next word, an id, a digest, a duration, the reason, the end."""

import re
from collections.abc import Iterable
from typing import Final, Self

import msgspec

from bot.adapters.slack.mistakes import Mistake, nearest
from bot.adapters.slack.words import Word, Words
from bot.domain.digests import SHORT
from bot.domain.policy.durations import LONGEST, UNITS

BECAUSE: Final = "because"
ID_FORM: Final = "FB-7K3Q"
_ID: Final = re.compile(r"FB-[0-9A-HJKMNP-TV-Z]{4,12}", re.ASCII)
_ALIKE: Final = str.maketrans("OIL", "011")  # Crockford's base 32 reads these letters as the digits
_DIGEST: Final = re.compile(rf"[0-9a-f]{{{SHORT},64}}", re.ASCII)
_PIECES: Final = re.compile(r"(?:[0-9]{1,7}[smhd])+", re.ASCII | re.IGNORECASE)
_PIECE: Final = re.compile(r"[0-9]+[smhd]", re.ASCII)
DURATIONS: Final = "A duration is written 30m, 4h, 1d or 1h30m, and is at most 90d."


class Known(msgspec.Struct, frozen=True):
    """What the parser must know of this installation: the names of the configured clusters."""

    clusters: tuple[str, ...] = ()


class MistakenError(Exception):
    """A word was not understood; never leaves ``parse``."""

    def __init__(self, mistake: Mistake) -> None:
        super().__init__(mistake.text)
        self.mistake = mistake


class Line:
    """A line being read from left to right."""

    def __init__(self, words: Words, known: Known) -> None:
        self.words, self.known, self.index = words, known, 0

    @classmethod
    def of(cls, words: Words, known: Known) -> Self:
        """Start at the first word."""
        return cls(words, known)

    @property
    def left(self) -> bool:
        """Whether any word is left."""
        return self.index < len(self.words)

    def peek(self) -> Word:
        """Return the next word and leave it there; an empty one at the end."""
        return self.words.at(self.index)

    def take(self) -> Word:
        """Return the next word and step over it."""
        word = self.peek()
        self.index += 1
        return word

    def wrong(self, word: Word, text: str, valid: Iterable[str] = (), remedy: str = "") -> MistakenError:
        """Return the error that points at a word, with the valid ones nearest to it."""
        close = nearest(word.text, valid) if word.text else ()
        at = self.words.line[word.start : word.end]
        return MistakenError(Mistake(text, at, word.start, close, remedy))

    def request_id(self) -> str:
        """Read the id of a request, in any case; raises for anything else."""
        word = self.take()
        if not word.text:
            raise self.wrong(
                word, "Which request?", remedy=f"Name its id, like {ID_FORM}. See them: /ir list"
            )
        head, dash, tail = word.text.upper().partition("-")
        spelled = head + dash + tail.translate(_ALIKE)
        if not _ID.fullmatch(spelled):
            raise self.wrong(
                word,
                f"{word.text!r} is not the id of a request.",
                remedy=f"An id looks like {ID_FORM}. See them: /ir list",
            )
        return spelled

    def digest(self) -> str:
        """Read a digest, whole or short; raises for anything else."""
        word = self.take()
        remedy = f"Copy the {SHORT} characters after the word plan from the newest card."
        if not word.text:
            raise self.wrong(word, "Which plan? Its digest is missing.", remedy=remedy)
        if not _DIGEST.fullmatch(word.text.casefold()):
            raise self.wrong(word, f"{word.text!r} is not the digest of a plan.", remedy=remedy)
        return word.text.casefold()

    def duration(self, missing: str) -> int:
        """Read a length of time in seconds; ``missing`` is what to say when none is there."""
        word = self.take()
        if not word.text:
            raise self.wrong(word, missing, remedy=DURATIONS)
        try:
            return seconds(word.text)
        except ValueError as error:
            offer = meant(word.text, self.peek().text)
            at = self.words.line[word.start : word.end]
            text = f"{word.text!r} is not a duration: {error}."
            raise MistakenError(Mistake(text, at, word.start, offer, DURATIONS)) from None

    def reason(self, *, required: bool) -> str:
        """Read ``because`` and the rest of the line as it was typed; empty when it is not there."""
        word = self.peek()
        if word.folded != BECAUSE:
            if required and not word.text:
                raise self.wrong(word, "The reason is missing.", remedy="Add: because <why>")
            if required:
                text = f"Expected {BECAUSE} and a reason, not {word.text!r}."
                raise self.wrong(word, text, valid=(BECAUSE,), remedy="Add: because <why>")
            return ""
        told = self.words.line[word.end :].strip()
        if not told:
            raise self.wrong(word, "The reason is missing after because.", remedy="Add: because <why>")
        self.index = len(self.words)
        return told

    def finish(self, valid: Iterable[str] = ()) -> None:
        """Raise when a word is left over."""
        if self.left:
            word = self.peek()
            raise self.wrong(
                word,
                f"{word.text!r} is left over: the command was complete before it.",
                valid=valid,
                remedy="Leave it out.",
            )


def seconds(text: str) -> int:
    """Return ``1h30m`` in seconds; raises ``ValueError`` in plain words for anything else."""
    if not _PIECES.fullmatch(text):
        raise ValueError("it is not whole numbers, each with one of s, m, h, d")
    total = sum(int(piece[:-1]) * UNITS[piece[-1]] for piece in _PIECE.findall(text.casefold()))
    if not 0 < total <= LONGEST:
        raise ValueError("it is more than 90d" if total else "it is no time at all")
    return total


def meant(text: str, following: str) -> tuple[str, ...]:
    """Return what a duration was probably meant to be: ``4 hours`` or ``4hrs`` is ``4h``."""
    found = re.match(r"([1-9][0-9]{0,4})\s*([smhd])", f"{text}{following}".casefold())
    offer = found[1] + found[2] if found else ""
    return (offer,) if offer and offer != text.casefold() and int(offer[:-1]) else ()
