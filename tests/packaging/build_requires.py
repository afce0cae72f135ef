"""Print what building the package needs, one requirement a line, for `make lock`."""

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def build_requires() -> list[str]:
    """Give `build-system.requires` of pyproject.toml."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    requires: list[str] = pyproject["build-system"]["requires"]
    return requires


if __name__ == "__main__":
    sys.stdout.write("".join(f"{requirement}\n" for requirement in build_requires()))
