"""What the verifier of a log believes beforehand: keys, and checkpoints that were kept outside."""

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.adapters.keys.ed25519 import Ed25519Verifier, verifier
from bot.adapters.keys.files import KeyFileError
from bot.bootstrap.signing import signer
from bot.domain.audit import checkpoint
from bot.domain.audit.check import Trust
from bot.domain.audit.checkpoint import Checkpoint
from bot.domain.audit.export import LONGEST_LINE, parse_header
from bot.domain.audit.notes import LARGEST, NoteError
from bot.domain.errors import FirebreakError
from bot.settings import Settings, SettingsError, load

LONGEST_PATH = 255  # characters: longer texts are no file's name
NAME_ANOTHER = ": name a file that is there and that this user can read"
NO_KEY = (
    "which key is to be believed? Give the log's verifier key (--key NAME+ID+BASE64, or a file that holds it), "
    "or settings whose audit.key_file is here (--settings FILE)"
)


class UsageError(FirebreakError):
    """What was given on the command line cannot be worked with."""


@dataclass(frozen=True)
class Belief:
    """
    Trusted keys and where they come from. ``origin`` is the log's name where it is known.

    ``claimed`` keys are those of the very thing that is verified: they only show that it agrees with itself.
    """

    verifiers: tuple[Ed25519Verifier, ...]
    origin: str | None
    source: str
    claimed: bool = False

    def trust(self, outside: Sequence[Checkpoint] = ()) -> Trust:
        """Return it as the checks take it."""
        return Trust(self.verifiers, self.origin, tuple(outside))


def settings_of(given: argparse.Namespace, *, needed: bool) -> Settings | None:
    """
    Return the settings, or ``None`` where there are none and none are needed.

    Raises ``SettingsError`` where they are needed or were named, and are wrong.
    """
    try:
        return load(given.settings)
    except SettingsError:
        if needed or given.settings is not None:
            raise
        return None


def belief(keys: Iterable[str], settings: Settings | None) -> Belief | None:
    """Return the keys that were given, else the one of the settings, else ``None``. Raises `UsageError`."""
    named = tuple(key for text in keys for key in _keys(text))
    if named:
        return Belief(named, None, "as given by --key")
    if settings is None:
        return None
    try:
        own = signer(settings.audit).verifier
    except KeyFileError as error:
        raise UsageError(f"{error}; or give the verifier key by --key") from error
    return Belief((own,), settings.audit.origin, f"from {settings.audit.key_file}")


def claimed(key: str) -> Belief:
    """Return the belief in a key that what is verified brings along. Raises ``NoteError``."""
    return Belief((verifier(key),), None, "ONLY AS THE EXPORT CLAIMS", claimed=True)


def outside(files: Iterable[Path], believed: Belief) -> tuple[Checkpoint, ...]:
    """
    Return checkpoints that were kept outside: signed notes, or exports, which carry theirs.

    Raises `UsageError` for a file that cannot be read, ``FirebreakError`` for what no trusted key signed.
    """
    return tuple(_checkpoint(file, believed) for file in files)


def _checkpoint(file: Path, believed: Belief) -> Checkpoint:
    raw = first_line(file)
    if raw.startswith(b"{"):
        note = parse_header(raw).checkpoint.encode()
    else:
        note = (
            read(file, LARGEST).rstrip(b"\n") + b"\n"
        )  # what printed it to a file may have added an empty line
    try:
        return checkpoint.opened(note, believed.verifiers, believed.origin)
    except NoteError as error:
        raise NoteError(
            f"the checkpoint kept outside ({file}) is not one of this log and key: {error}"
        ) from error


def first_line(file: Path) -> bytes:
    """Return a file's first line, at most as long as a line of an export. Raises `UsageError`."""
    try:
        with file.open("rb") as opened:
            return opened.readline(LONGEST_LINE + 2)
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}{NAME_ANOTHER}") from error


def read(file: Path, most: int) -> bytes:
    """Return what a file holds, up to one byte more than ``most``. Raises `UsageError`."""
    try:
        with file.open("rb") as opened:
            return opened.read(most + 1)
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}{NAME_ANOTHER}") from error


def _keys(text: str) -> tuple[Ed25519Verifier, ...]:
    try:
        return (verifier(text),)
    except NoteError as error:
        file = Path(text)
        if len(text) > LONGEST_PATH or not file.is_file():
            remedy = "give what `firebreak check` shows as the audit key, or a file that holds it"
            raise UsageError(f"--key is neither a verifier key ({error}) nor a file: {remedy}") from error
    lines = read(file, LARGEST).decode("utf-8", "replace").split("\n")
    try:
        found = tuple(verifier(line) for line in lines if line.strip())
    except NoteError:
        found = ()
    if not found:  # never quoted: it may be the private key, given by mistake
        raise UsageError(f"{file} holds no verifier key: write NAME+ID+BASE64, one on each line")
    return found
