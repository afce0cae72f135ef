"""
Find local-slack, a Slack emulator that we did not write, or install it: `python -m tests.localslack.binary`.

npm takes it from whatever registry it is set up for, and checks the package against the sha512 of package-lock.json;
the program is then held to its own sha256. It comes for Linux on x64 with glibc only, and nothing of it is executed
while it is being installed.
"""

import hashlib
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.caching import alone

HERE: Final = Path(__file__).resolve().parent
FOLDER: Final = HERE.parents[1] / "build" / "local-slack"
PACKAGE: Final = "local-slack-linux-x64"
SHA256: Final = "3332007b797969d835f694b463ac526f7ef1fc66afac93f950f585105fe4815f"
PATIENCE: Final = 180.0  # seconds for 37 MB
CHUNK: Final = 1 << 20


class EmulatorMissingError(Exception):
    """It is not there and could not be installed; the text says why."""


def ensure(folder: Path = FOLDER) -> Path:
    """
    Return the program, installed first where it is absent.

    Raises EmulatorMissingError for another platform, without npm or a registry, or for other bytes than the pinned.
    """
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise EmulatorMissingError(f"{PACKAGE} runs on Linux on x64 only")
    program = folder / "node_modules" / PACKAGE / "bin" / "local-slack"
    with alone(folder):
        if not program.exists():
            _install(folder)
        if not is_pinned(program):
            raise EmulatorMissingError(f"{program} is not the pinned program: remove {folder}")
    return program


def is_pinned(program: Path) -> bool:
    """Whether these are the bytes that were looked at."""
    digest = hashlib.sha256()
    with program.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest() == SHA256


def _install(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise EmulatorMissingError("npm is missing: install Node.js")
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(HERE / name, folder / name)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
    try:
        ended = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False, timeout=PATIENCE
        )
    except subprocess.TimeoutExpired:
        raise EmulatorMissingError(f"npm had not installed {PACKAGE} after {PATIENCE:.0f} s") from None
    if ended.returncode:
        raise EmulatorMissingError(f"npm could not install {PACKAGE}:\n{ended.stderr[-1000:]}")


def main() -> None:
    """Install it and print where it is."""
    try:
        print(ensure())
    except EmulatorMissingError as missing:
        sys.exit(str(missing))


if __name__ == "__main__":
    main()
