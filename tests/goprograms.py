"""Find the programs of a pinned Go module, or build them: one folder with a go.mod and go.sum, one cache for it.

Looked for in the folder that an environment variable names, then in a cache that is shared by all clones and named by
the hash of go.mod and go.sum. `build/<name>` is a link to that cache. A first build takes minutes, so CI makes it
before the tests.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from tests.caching import alone, cache

ROOT = Path(__file__).resolve().parents[1]


class ProgramMissingError(Exception):
    """A program is not there and could not be built; the text says how to get it."""


@dataclass(frozen=True)
class GoPrograms:
    """What one go.mod can build, and where it is looked for and kept."""

    name: str
    folder: Path
    packages: Mapping[str, str]
    """The Go package of each program."""
    variable: str
    """The environment variable that names a folder with programs which are there already."""
    remedy: str
    """How to get a program that is missing."""
    link_flags: str = "-s -w"
    built_as: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Go names a program after the last part of its package path, without the major version: where that is not ours."""

    def fingerprint(self) -> str:
        """Return the name that one set of pinned versions has in the cache: 16 hex digits."""
        pins = b"".join((self.folder / name).read_bytes() for name in ("go.mod", "go.sum"))
        return hashlib.sha256(pins).hexdigest()[:16]

    def cache_folder(self) -> Path:
        """Return where the programs of these versions are kept, outside of the clone."""
        return cache(f"{self.name}-{self.fingerprint()}")

    def find(self, name: str) -> Path | None:
        """Return the program if it is there already."""
        assets = os.environ.get(self.variable)
        folders = (*((Path(assets),) if assets else ()), self.cache_folder())
        found = (folder / name for folder in folders)
        return next((path for path in found if os.access(path, os.X_OK)), None)

    def ensure(self, names: Iterable[str]) -> dict[str, Path]:
        """Return the path of each named program, building what is missing in one go.

        Raises ProgramMissingError without Go, or when the build fails (no module proxy, no disk).
        """
        wanted = tuple(names)
        if any(self.find(name) is None for name in wanted):
            with alone(self.cache_folder()):
                self._build(tuple(name for name in wanted if self.find(name) is None))
        return {name: path for name in wanted if (path := self.find(name)) is not None}

    def link(self) -> None:
        """Make `build/<name>` lead to the cache, replacing the link of older versions."""
        place = ROOT / "build" / self.name
        place.parent.mkdir(exist_ok=True)
        fresh = place.with_name(f"{place.name}.{os.getpid()}")
        fresh.symlink_to(self.cache_folder(), target_is_directory=True)
        fresh.replace(place)

    def main(self, names: Iterable[str]) -> None:
        """Build what is named and print where each is; end the program with the reason if that can't be."""
        try:
            found = self.ensure(names)
        except ProgramMissingError as missing:
            sys.exit(str(missing))
        self.link()
        for name, path in found.items():
            print(f"{name}: {path}")

    def _build(self, names: tuple[str, ...]) -> None:
        if not names:
            return
        go = shutil.which("go")
        if go is None:
            raise ProgramMissingError(f"{', '.join(names)} not found: {self.remedy}")
        folder = self.cache_folder()
        with tempfile.TemporaryDirectory(dir=folder) as fresh:
            flags = ("-trimpath", "-buildvcs=false", f"-ldflags={self.link_flags}", "-o", f"{fresh}/")
            ended = subprocess.run(
                [*_politely(), go, "build", *flags, *(self.packages[name] for name in names)],
                cwd=self.folder,
                env={**os.environ, "CGO_ENABLED": "0"},
                capture_output=True,
                text=True,
                check=False,
            )
            if ended.returncode:
                raise ProgramMissingError(f"go build failed:\n{ended.stderr[-2000:]}\n{self.remedy}")
            for name in names:  # renamed into place: nobody ever finds half a program
                (Path(fresh) / self.built_as.get(name, name)).replace(folder / name)


def _politely() -> tuple[str, ...]:
    """Minutes of all cores are not to be noticed by whoever works on the same machine."""
    nice = shutil.which("nice")
    return (nice, "-n", "10") if nice else ()
