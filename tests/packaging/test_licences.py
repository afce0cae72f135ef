"""No package that runs with the bot asks anything of our own code; and each choice is explained."""

import re
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest

from tests.packaging.licences import permitted, stated
from tests.packaging.locks import ROOT, closure, declared

PAGE = (ROOT / "docs/dependencies.md").read_text("utf-8")
ROWS = re.findall(r"^\| `([^`]+)` \|[^|]+\| ([^|]+) \|[^|]+\|$", PAGE, re.MULTILINE)


def test_every_package_at_run_time_may_be_used_freely() -> None:
    licences = {name: stated(found) for name, found in closure(declared()).items()}

    assert {name: words for name, words in licences.items() if not all(map(permitted, words))} == {}


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "UNKNOWN",
        "GPL-3.0-or-later",
        "AGPL-3.0-only",
        "LGPL-3.0-only",
        "MIT AND GPL-2.0-only",
        "GNU Affero General Public License v3",
        "(MIT OR Apache-2.0)",
    ],
)
def test_copyleft_and_unreadable_licences_are_refused(expression: str) -> None:
    assert not permitted(expression)


@pytest.mark.parametrize("expression", ["MIT", "Apache-2.0 AND MIT", "GPL-2.0-only OR MIT"])
def test_a_licence_with_one_free_way_is_permitted(expression: str) -> None:
    assert permitted(expression)


def test_a_copyleft_classifier_counts_beside_a_permissive_text(tmp_path: Path) -> None:
    lines = ["License: MIT", "Classifier: License :: OSI Approved :: GNU General Public License v3 (GPLv3)"]
    (tmp_path / "METADATA").write_text(
        "\n".join(["Metadata-Version: 2.1", "Name: two-faced", *lines]), "utf-8"
    )

    assert stated(Distribution.at(tmp_path)) == ["MIT", "GNU General Public License v3 (GPLv3)"]


def test_every_dependency_is_explained_once_and_nothing_else_is() -> None:
    names = [requirement.name for requirement in (*declared(), *declared("dev"))]

    assert sorted(name for name, _ in ROWS) == sorted(names)


def test_the_page_names_the_licence_that_each_package_states() -> None:
    wrong = [(name, words) for name, words in ROWS if stated(distribution(name))[0] != words]

    assert wrong == []
