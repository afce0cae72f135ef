"""Find the control plane's programs, or build them with Go.

Looked for in `KUBEBUILDER_ASSETS` first, then in a cache that is shared by all clones and named by the hash of
go.mod and go.sum. `build/controlplane` is a link to that cache. A first build takes minutes, so CI calls it
before the tests: `python -m tests.controlplane.binaries [name...]` (server programs only, or `all`).
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from tests.controlplane.pin import KUBERNETES_VERSION, PROGRAMS

SERVER = ("etcd", "kube-apiserver")
CONTROLLERS = ("kube-controller-manager",)
CLIENT = ("kubectl",)
HERE = Path(__file__).resolve().parent
LINK = HERE.parents[1] / "build" / "controlplane"
REMEDY = (
    "set KUBEBUILDER_ASSETS to a folder with etcd and kube-apiserver (setup-envtest fetches one), "
    "or install Go and run `python -m tests.controlplane.binaries` (minutes, once)"
)
# Go names a program after the last part of its package path, without the major version.
_BUILT_AS: Mapping[str, str] = MappingProxyType({"etcd": "server"})


class ProgramMissingError(Exception):
    """A program is not there and could not be built; the text says how to get it."""


def fingerprint() -> str:
    """Return the name that one set of pinned versions has in the cache: 16 hex digits."""
    pins = b"".join((HERE / name).read_bytes() for name in ("go.mod", "go.sum"))
    return hashlib.sha256(pins).hexdigest()[:16]


def cache_folder() -> Path:
    """Return where the programs of these versions are kept, outside of the clone."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "firebreak" / f"controlplane-{fingerprint()}"


def find(name: str) -> Path | None:
    """Return the program if it is there already."""
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    folders = (*((Path(assets),) if assets else ()), cache_folder())
    found = (folder / name for folder in folders)
    return next((path for path in found if os.access(path, os.X_OK)), None)


def ensure(names: Iterable[str]) -> dict[str, Path]:
    """Return the path of each named program, building what is missing in one go.

    Raises ProgramMissingError without Go, or when the build fails (no module proxy, no disk).
    """
    wanted = tuple(names)
    if any(find(name) is None for name in wanted):
        with _building_alone():
            _build(tuple(name for name in wanted if find(name) is None))
    return {name: path for name in wanted if (path := find(name)) is not None}


@contextmanager
def _building_alone() -> Iterator[None]:
    """Let a second test run wait for the build of the first."""
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(names: tuple[str, ...]) -> None:
    if not names:
        return
    go = shutil.which("go")
    if go is None:
        raise ProgramMissingError(f"{', '.join(names)} not found: {REMEDY}")
    folder = cache_folder()
    with tempfile.TemporaryDirectory(dir=folder) as fresh:
        command = [
            go,
            "build",
            "-trimpath",
            "-buildvcs=false",
            f"-ldflags={_link_flags()}",
            "-o",
            f"{fresh}/",
        ]
        ended = subprocess.run(
            [*command, *(PROGRAMS[name] for name in names)],
            cwd=HERE,
            env={**os.environ, "CGO_ENABLED": "0"},
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode:
            raise ProgramMissingError(f"go build failed:\n{ended.stderr[-2000:]}\n{REMEDY}")
        for name in names:  # renamed into place: nobody ever finds half a program
            (Path(fresh) / _BUILT_AS.get(name, name)).replace(folder / name)


def _link_flags() -> str:
    """Without these the programs call themselves v0.0.0-master."""
    major, minor, _ = KUBERNETES_VERSION.removeprefix("v").split(".")
    stamps = {"gitVersion": KUBERNETES_VERSION, "gitMajor": major, "gitMinor": minor}
    return "-s -w " + " ".join(
        f"-X k8s.io/component-base/version.{key}={value}" for key, value in stamps.items()
    )


def _link() -> None:
    """Make `build/controlplane` lead to the cache, replacing the link of older versions."""
    LINK.parent.mkdir(exist_ok=True)
    fresh = LINK.with_name(f"{LINK.name}.{os.getpid()}")
    fresh.symlink_to(cache_folder(), target_is_directory=True)
    fresh.replace(LINK)


def main(arguments: list[str]) -> None:
    """Build what is named (default: the server's programs) and print where each is."""
    names = tuple(PROGRAMS) if arguments == ["all"] else tuple(arguments) or SERVER
    try:
        found = ensure(names)
    except ProgramMissingError as missing:
        sys.exit(str(missing))
    _link()
    for name, path in found.items():
        print(f"{name}: {path}")


if __name__ == "__main__":
    main(sys.argv[1:])
