"""One program for one SQLite file: a lock of the operating system beside it, gone with the program."""

import fcntl
import os
from pathlib import Path

from bot.adapters.store.errors import StoreInUseError

NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "glusterfs", "fuse.sshfs"})
MOUNTS = Path("/proc/self/mountinfo")


class Ownership:
    """
    A held lock.

    Raises ``StoreInUseError`` when another program holds it, or when the file is on a network file system,
    where neither this lock nor SQLite's own can be trusted (sqlite.org, "How To Corrupt An SQLite Database File").
    """

    def __init__(self, database: Path) -> None:
        kind = file_system(database, MOUNTS)
        if kind in NETWORK:
            raise StoreInUseError(
                f"{database} is on a network file system ({kind}), where SQLite loses data: "
                "put it on a local disk, or use PostgreSQL"
            )
        self._file = os.open(database.with_name(database.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._file, 20, 0).decode("ascii", "replace").strip()
            self.release()
            raise StoreInUseError(
                f"{database} is in use by another firebreak serve (process {holder or 'unknown'}): "
                "stop it first, or use PostgreSQL to run several"
            ) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let go."""
        os.close(self._file)


def file_system(path: Path, mounts: Path) -> str:
    """Return the type of the file system that a path is on, or nothing where the kernel does not tell."""
    try:
        lines = mounts.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    where = path.resolve()
    found = [(point, kind) for point, kind in map(_mount, lines) if where.is_relative_to(point)]
    return max(found, key=lambda mount: len(mount[0]), default=("", ""))[1]


def _mount(line: str) -> tuple[str, str]:
    """proc(5): the mount point is the fifth field, octal escapes inside; the type follows the lone dash."""
    mounted, _, kind = line.partition(" - ")
    point = mounted.split(" ")[4].encode().decode("unicode_escape")
    return point, kind.split(" ")[0]
