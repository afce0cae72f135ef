"""Where programs that tests need, and that are not ours, are kept: outside of the clone, one test run at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def cache(name: str) -> Path:
    """Return the folder of that name which all clones share; it need not be there."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "firebreak" / name


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Let a second test run wait until the first has filled a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
