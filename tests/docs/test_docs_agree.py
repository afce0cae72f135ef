"""What the pages say is what the code has: tables, links, paths, commands."""

import re
import shlex
from collections.abc import Iterator
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path

import pytest

from bot.__main__ import parser
from bot.actions import WORDS
from bot.adapters.slack.grammar import COMMANDS, Known, Mistake, parse
from tests.docs.meanings import MEANINGS
from tests.docs.tables import BLOCK, DOCS, ROOT, TABLES, current, settings_keys

PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md"), *(ROOT / "deploy").rglob("*.md")], key=str)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
FENCED = re.compile(r"(?ms)^```[a-z]*\n(.*?)^```")
INDENTED = re.compile(r"(?m)^ {4}(\S.*)$")
HEADING = re.compile(r"(?m)^#+ (.+)$")
PATH = re.compile(r"(?:bot|deploy|docs|tests)(?:/[\w.-]+)+/?")
TOP = ("bot/", "deploy/", "docs/", "tests/")
KNOWN = Known(("prod",))


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _anchors(page: Path) -> set[str]:
    """GitHub's: lower case, punctuation away, blanks to dashes."""
    plain = (re.sub(r"[^\w\- ]", "", head.lower()) for head in HEADING.findall(page.read_text("utf-8")))
    return {head.replace(" ", "-") for head in plain}


def _code(text: str) -> Iterator[str]:
    """Yield each line of code of a page, in a block or in a sentence, without its comment."""
    lines = [line for block in FENCED.findall(text) for line in block.splitlines()]
    lines += INDENTED.findall(text)
    lines += CODE.findall(FENCED.sub("", text))
    for line in lines:
        yield line.strip().partition("  #")[0].strip()


def test_every_setting_has_a_meaning_and_no_meaning_is_left_over() -> None:
    assert set(MEANINGS) == set(settings_keys())


def test_every_table_stands_in_a_page() -> None:
    found = {name for page in DOCS.glob("*.md") for _, name, _ in BLOCK.findall(page.read_text("utf-8"))}

    assert found == set(TABLES)


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=_name)
def test_the_tables_are_current(page: Path) -> None:
    text = page.read_text("utf-8")

    assert text == current(text), "run: python -m tests.docs.tables"


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in LINK.findall(FENCED.sub("", page.read_text("utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            broken.append(link)

    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_path_that_is_named_exists(page: Path) -> None:
    named = [code for code in CODE.findall(FENCED.sub("", page.read_text("utf-8"))) if PATH.fullmatch(code)]

    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_firebreak_command_is_one_that_the_parser_takes(page: Path) -> None:
    lines = [line for line in _code(page.read_text("utf-8")) if re.match(r"firebreak [a-z-]", line)]

    assert [line for line in lines if not _parses(line)] == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_slash_command_begins_with_a_word_that_there_is(page: Path) -> None:
    lines = [line for line in _code(page.read_text("utf-8")) if line.startswith("/ir ")]

    assert [line for line in lines if line.split()[1] not in {*WORDS, *COMMANDS}] == []


def test_the_tour_types_only_what_is_understood() -> None:
    blocks = FENCED.findall((DOCS / "tour.md").read_text("utf-8"))
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("/ir ")]
    mistakes = {line: asked for line in lines if isinstance(asked := parse(line[4:], KNOWN), Mistake)}

    assert lines
    assert mistakes == {}


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_make_target_is_there(page: Path) -> None:
    targets = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8")))
    named = {line.split()[1] for line in _code(page.read_text("utf-8")) if re.match(r"make [a-z]", line)}

    assert named <= targets


def _parses(line: str) -> bool:
    words = [word for word in shlex.split(line.partition(" | ")[0].partition(" > ")[0])[1:] if word != "..."]
    try:
        with redirect_stderr(StringIO()):
            parser().parse_args(words)
    except SystemExit:
        return False
    return True
