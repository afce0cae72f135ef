"""Rules about the tree itself, which no linter knows."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
BOT = sorted((ROOT / "bot").rglob("*.py"))
BANNED = {
    "common",
    "data",
    "handler",
    "handlers",
    "helper",
    "helpers",
    "manager",
    "managers",
    "misc",
    "process",
    "util",
    "utils",
}
LONGEST = 300  # lines: more than that is two modules
# Written in two parts, or this file would find itself.
REGISTRIES = [
    "py" + "pi.org",
    "python" + "hosted.org",
    "registry.np" + "mjs.org",
    "proxy.go" + "lang.org",
    "sum.go" + "lang.org",
    "crates" + ".io",
    "repo.maven" + ".apache.org",
    "deb.deb" + "ian.org",
]


def tracked() -> dict[str, str]:
    """Give name and text of each file that is, or would be, in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    names = [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]
    return {name: (ROOT / name).read_text("utf-8", errors="replace") for name in names}


def test_no_module_has_a_name_that_says_nothing() -> None:
    vague = [
        str(path.relative_to(ROOT))
        for path in BOT
        if BANNED & {part.removesuffix(".py").strip("_") for part in path.relative_to(ROOT).parts}
    ]

    assert BOT
    assert vague == []


def test_no_module_is_longer_than_a_reader_can_hold() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in BOT}

    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_no_file_knows_the_machine_that_it_was_written_on() -> None:
    home = re.compile(r"(?<![\w./-])/(?:work|root|home/\w+|Users/\w+)/")

    assert [name for name, text in tracked().items() if home.search(text)] == []


def test_no_file_names_a_package_registry() -> None:
    assert [name for name, text in tracked().items() if any(host in text for host in REGISTRIES)] == []


def test_the_changelog_has_a_place_for_what_is_not_released() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)

    assert headings[0] == "[Unreleased]"


def test_every_decision_follows_the_template() -> None:
    records = sorted((ROOT / "docs/adr").glob("[0-9]*.md"))
    sections = {
        path.name: re.findall(r"^## (\w+)", path.read_text("utf-8"), re.MULTILINE) for path in records
    }

    assert [name[:4] for name in sections] == [f"{number:04}" for number in range(1, len(records) + 1)]
    assert {
        name for name, found in sections.items() if found != ["Context", "Decision", "Consequence"]
    } == set()
