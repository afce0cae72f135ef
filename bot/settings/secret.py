"""Secrets from files, as a Key Vault CSI mount or a Secret volume gives them: a rotated one counts at once."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr

SUFFIX = "_file"

_Seen = tuple[int, int, int]


class FileSecret(SecretStr):
    """
    The text of a file, without white space around it; read again whenever the file changed.

    Where the file is gone, unreadable or empty for a moment, the last text that was read stays. Masked wherever
    it is shown, as every ``SecretStr``. Raises ``ValueError`` when there is no text to begin with; it does not
    name the file, since a token may have been written in its place.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            self._seen = self._state()
            text = self._read()
        except (OSError, ValueError) as error:
            raise ValueError(f"the file cannot be read: {_why(error)}") from None
        if not text:
            raise ValueError("the file is empty")
        super().__init__(text)

    def get_secret_value(self) -> str:
        """Return the text as the file has it now."""
        try:
            seen = self._state()
            if seen != self._seen:
                # The state is that of before the text, so a change in between is seen the next time.
                self._secret_value = self._read() or self._secret_value
                self._seen = seen
        except (OSError, ValueError):
            pass
        return self._secret_value

    def _state(self) -> _Seen:
        """A mount is rotated by another link, so the file behind the same name is another one."""
        found = self._file.stat()
        return found.st_mtime_ns, found.st_ino, found.st_size

    def _read(self) -> str:
        return self._file.read_text(encoding="utf-8").strip()


def _why(error: Exception) -> str:
    return (error.strerror or "no reason given") if isinstance(error, OSError) else "it is not text"


def from_files(given: Any, names: tuple[str, ...]) -> Any:
    """
    Return a section's values with each ``<name>_file`` replaced by the secret in that file.

    Raises ``ValueError`` for a file without a text.
    """
    if not isinstance(given, Mapping):
        return given
    found = dict(given)
    for name in names:
        file = found.pop(name + SUFFIX, None)
        if isinstance(file, str | Path) and str(file):
            found[name] = from_file(name + SUFFIX, Path(file))
    return found


def from_file(name: str, file: Path) -> FileSecret:
    """Return the secret in a file; raises ``ValueError`` that begins with ``name``."""
    try:
        return FileSecret(file)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
