"""What is installed is exactly what was pinned, by hash, and it is what pyproject.toml asks for."""

import re

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.packaging.build_requires import build_requires
from tests.packaging.locks import ROOT, closure, declared, entries

LOCKS = ["requirements-build.txt", "requirements.txt", "requirements-dev.txt"]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_entry_is_one_version_with_its_hashes(lock: str) -> None:
    loose = [
        str(entry.requirement)
        for entry in entries(lock)
        if [part.operator for part in entry.requirement.specifier] != ["=="]
        or not entry.hashes
        or not all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in entry.hashes)
    ]

    assert entries(lock)
    assert loose == []


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_says_where_packages_come_from(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")

    assert re.findall(r"\S*://\S*|--(?:extra-)?index-url|--find-links| @ ", text) == []


@pytest.mark.parametrize(
    ("lock", "asked"),
    [
        ("requirements-build.txt", [Requirement(line) for line in build_requires()]),
        ("requirements.txt", declared()),
        ("requirements-dev.txt", [*declared(), *declared("dev")]),
    ],
    ids=LOCKS,
)
def test_a_lock_satisfies_what_is_declared(lock: str, asked: list[Requirement]) -> None:
    pinned = {entry.name: str(entry.requirement.specifier).removeprefix("==") for entry in entries(lock)}
    unmet = [
        str(need)
        for need in asked
        if not need.specifier.contains(pinned.get(canonicalize_name(need.name), "0"))
    ]

    assert unmet == []


def test_development_runs_on_the_very_packages_of_production() -> None:
    production = {(entry.name, str(entry.requirement), entry.hashes) for entry in entries("requirements.txt")}
    development = {
        (entry.name, str(entry.requirement), entry.hashes) for entry in entries("requirements-dev.txt")
    }

    assert production - development == set()


def test_everything_that_the_running_bot_needs_is_in_its_lock() -> None:
    locked = {entry.name for entry in entries("requirements.txt")}

    assert set(closure(declared())) - locked == set()
