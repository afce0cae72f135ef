"""
Find Prometheus and Alertmanager, which we did not write, or take Debian's packages: `python -m tests.alertmanager.programs`.

apt downloads them and holds them to its signed lists; they are unpacked into a cache that all clones share, and nothing of
them is installed or run by that. `FIREBREAK_ALERTMANAGER` names a folder that holds the packages unpacked already.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.caching import alone, cache

PACKAGES: Final = ("prometheus-alertmanager", "prometheus")
VARIABLE: Final = "FIREBREAK_ALERTMANAGER"
PATIENCE: Final = 300.0  # seconds for 30 MB, and for apt's lists before it
REMEDY: Final = (
    f"take a Debian or Ubuntu with apt, or set {VARIABLE} to a folder with their packages "
    "prometheus-alertmanager and prometheus, unpacked by `dpkg -x`"
)
QUIETLY: Final = ("-o", "APT::Sandbox::User=root")


class ProgramsMissingError(Exception):
    """They are not there and could not be had; the text says how to get them."""


@dataclass(frozen=True)
class Programs:
    """`root` is the folder that stands for /."""

    root: Path

    @property
    def alertmanager(self) -> Path:
        """Debian's name for it."""
        return self.root / "usr/bin/prometheus-alertmanager"

    @property
    def amtool(self) -> Path:
        """It reads an Alertmanager's configuration as that one does."""
        return self.root / "usr/bin/amtool"

    @property
    def prometheus(self) -> Path:
        """The server."""
        return self.root / "usr/bin/prometheus"

    @property
    def there(self) -> bool:
        """Whether all can be run."""
        return all(os.access(each, os.X_OK) for each in (self.alertmanager, self.amtool, self.prometheus))

    def alertmanager_in_its_place(self) -> tuple[str | Path, ...]:
        """
        Return the command that runs Alertmanager, without its flags.

        Debian's build reads two templates of its own below /usr/share, whatever it is told. It sees ours there, in a mount
        namespace of its own, and the machine stays as it is.
        """
        mapped = () if os.geteuid() == 0 else ("--map-root-user",)
        script = 'mount --bind "$0/usr/share" /usr/share && exec "$0/usr/bin/prometheus-alertmanager" "$@"'
        return ("unshare", "--mount", *mapped, "sh", "-ec", script, self.root)

    def try_out(self) -> None:
        """Raise ProgramsMissingError where this machine lets nobody mount, or cannot run them."""
        try:
            _run([*self.alertmanager_in_its_place(), "--version"], self.root)
            _run([self.prometheus, "--version"], self.root)
        except OSError as error:
            raise ProgramsMissingError(f"unshare is missing or cannot be run ({error.strerror})") from None


def ensure() -> Programs:
    """Return the programs, taken from apt first where they are absent. Raises ProgramsMissingError."""
    if os.environ.get(VARIABLE):
        given = Programs(Path(os.environ[VARIABLE]))
        if not given.there:
            raise ProgramsMissingError(f"{VARIABLE} names a folder without the programs: {REMEDY}")
        return given
    folder = cache("alertmanager-debian")
    found = Programs(folder / "root")
    if not found.there:
        with alone(folder):
            if not found.there:
                _take(found.root)
    return found


def _take(root: Path) -> None:
    if sys.platform != "linux" or not (shutil.which("apt-get") and shutil.which("dpkg")):
        raise ProgramsMissingError(f"apt-get or dpkg is missing: {REMEDY}")
    with tempfile.TemporaryDirectory(dir=root.parent) as folder:
        work = Path(folder)
        try:
            _run(["apt-get", *QUIETLY, "download", *PACKAGES], work)
        except ProgramsMissingError:  # a machine that was just made has no lists, or old ones
            _run(["apt-get", "update"], work)
            _run(["apt-get", *QUIETLY, "download", *PACKAGES], work)
        for package in work.glob("*.deb"):
            _run(["dpkg", "-x", package, work / "root"], work)
        if not Programs(work / "root").there:
            raise ProgramsMissingError(f"the packages do not hold the programs: {REMEDY}")
        shutil.rmtree(root, ignore_errors=True)
        (work / "root").replace(root)  # renamed into place: nobody ever finds half of it


def _run(command: list[str | Path], folder: Path) -> None:
    try:
        ended = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False, timeout=PATIENCE
        )
    except subprocess.TimeoutExpired:
        raise ProgramsMissingError(f"{command[0]} was not done after {PATIENCE:.0f} s: {REMEDY}") from None
    if ended.returncode:
        raise ProgramsMissingError(f"{command[0]} failed: {ended.stderr[-1000:].strip()}\n{REMEDY}")


def main() -> None:
    """Take them and print where they are."""
    try:
        print(ensure().root)
    except ProgramsMissingError as missing:
        sys.exit(str(missing))


if __name__ == "__main__":
    main()
