"""The lock files as values, and the installed closure of a set of requirements."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Entry:
    """One requirement of a lock file with its hashes (hex, SHA-256)."""

    requirement: Requirement
    hashes: tuple[str, ...]

    @property
    def name(self) -> NormalizedName:
        """The package's name in its one canonical spelling."""
        return canonicalize_name(self.requirement.name)


def entries(lock: str) -> list[Entry]:
    """Read a lock file of the checkout; raises InvalidRequirement for a line that is anything else."""
    text = (ROOT / lock).read_text("utf-8")
    uncommented = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    lines = re.sub(r"\\\n\s*", "", uncommented).splitlines()
    return [_entry(line) for line in lines if line.strip()]


def _entry(line: str) -> Entry:
    requirement, *hashes = re.split(r"\s+--hash=sha256:", line.strip())
    return Entry(Requirement(requirement), tuple(hashes))


def declared(extra: str | None = None) -> list[Requirement]:
    """Give what pyproject.toml asks for at run time, or for one of its extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines: list[str] = project["optional-dependencies"][extra] if extra else project["dependencies"]
    return [Requirement(line) for line in lines]


def closure(requirements: Iterable[Requirement]) -> dict[NormalizedName, metadata.Distribution]:
    """Give every installed distribution that these need, themselves included, for this machine.

    Raises PackageNotFoundError where one is not installed.
    """
    found: dict[NormalizedName, metadata.Distribution] = {}
    seen: set[tuple[NormalizedName, str]] = set()
    waiting = list(requirements)
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        found[name] = metadata.distribution(requirement.name)
        new = {(name, extra) for extra in ("", *requirement.extras)} - seen
        seen |= new
        waiting += [need for _, extra in sorted(new) for need in _needs(found[name], extra)]
    return found


def _needs(distribution: metadata.Distribution, extra: str) -> list[Requirement]:
    requirements = map(Requirement, distribution.requires or [])
    return [need for need in requirements if need.marker is None or need.marker.evaluate({"extra": extra})]
