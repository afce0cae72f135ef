"""From files to playbooks, with every flaw named by its line and column."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path as File
from typing import Final

import msgspec

from bot.adapters.policy.errors import Flaw
from bot.adapters.policy.keys import key_problems
from bot.adapters.policy.playbooks.conditions import ConditionError, Conditions
from bot.adapters.policy.trees import Tree, Unusable
from bot.domain.errors import FirebreakError
from bot.domain.playbooks import Playbook, problems
from bot.domain.playbooks.filling import Catalogue

LARGEST: Final = 64 * 1024  # bytes of one file
MOST: Final = 200  # files
SUFFIXES: Final = (".yaml", ".yml")
_AT: Final = re.compile(r"(?P<text>.*?) - at (?:`key` in )?`\$(?P<path>[^`]*)`", re.DOTALL)
_STEP: Final = re.compile(r"\.(?P<key>\w+)|\[(?P<index>\d+)\]|\[\.\.\.\]")
_WHEN: Final = ("match", "when")


class PlaybookError(FirebreakError):
    """Playbooks that can't be used. ``told`` are all that was found, each ``file:line:column: place: what``."""

    advice = "What each key takes is in docs/playbooks.md. Correct it, then: firebreak playbook check"

    def __init__(self, told: Iterable[str]) -> None:
        self.told = tuple(told)
        super().__init__("\n".join(self.told))


class Known(msgspec.Struct, frozen=True):
    """What playbooks may name: the actions there are, and the formats of alerts."""

    catalogue: Catalogue
    formats: tuple[str, ...]


class Library(msgspec.Struct, frozen=True):
    """The playbooks that were read, by name, and their compiled conditions."""

    playbooks: tuple[Playbook, ...]
    conditions: Conditions


def load(paths: Iterable[File], known: Known) -> Library:
    """
    Read playbooks: files, or folders of ``*.yaml``; each file at most 64 KiB, 200 at most.

    Raises ``PlaybookError`` with all that is wrong in all of them.
    """
    conditions = Conditions()
    told: list[str] = []
    found: dict[str, tuple[str, Playbook]] = {}
    for file in _files(paths):
        try:
            playbook = parse(_text(file), str(file), known, conditions)
        except PlaybookError as error:
            told += error.told
            continue
        if playbook.name in found:
            told.append(f"{file}: name: `{playbook.name}` is the name of {found[playbook.name][0]} already")
        found.setdefault(playbook.name, (str(file), playbook))
    if told:
        raise PlaybookError(told)
    return Library(tuple(playbook for _, (_, playbook) in sorted(found.items())), conditions)


def parse(text: str, name: str, known: Known, conditions: Conditions) -> Playbook:
    """Return the playbook that a text holds; ``name`` is how errors call it. Raises ``PlaybookError``."""
    try:
        tree = Tree(text)
    except Unusable as error:
        raise PlaybookError([error.flaw.exactly(name)]) from None
    if not isinstance(tree.value, dict):
        raise PlaybookError([f"{name}: not a playbook: it holds no keys; see docs/playbooks.md"])
    flaws = [tree.flaw(p.path, p.text) for p in key_problems(tree.value, Playbook)]
    playbook = None if flaws else _converted(tree, flaws)
    if playbook is not None:
        flaws += [tree.flaw(p.path, p.text) for p in problems(playbook, known.catalogue, known.formats)]
        flaws += _condition(tree, playbook, conditions)
    if flaws or playbook is None:
        raise PlaybookError(flaw.exactly(name) for flaw in sorted(set(flaws)))
    return playbook


def _converted(tree: Tree, flaws: list[Flaw]) -> Playbook | None:
    try:
        return msgspec.convert(tree.value, Playbook)
    except msgspec.ValidationError as error:
        found = _AT.fullmatch(str(error))
        path = tuple(_steps(found["path"])) if found else ()
        flaws.append(tree.flaw(path, found["text"] if found else str(error)))
        return None


def _steps(text: str) -> Iterator[str | int]:
    """Read msgspec's path, up to where it says ``[...]`` for a key that it does not name."""
    for step in _STEP.finditer(text):
        if step["key"] is None and step["index"] is None:
            return
        yield step["key"] if step["key"] is not None else int(step["index"])


def _condition(tree: Tree, playbook: Playbook, conditions: Conditions) -> list[Flaw]:
    try:
        conditions.compile(playbook.match.when)
    except ConditionError as error:
        where = f"line {error.line}, column {error.column} of the condition"
        return [tree.flaw(_WHEN, f"{error} ({where})")]
    return []


def _files(paths: Iterable[File]) -> list[File]:
    found: list[File] = []
    for path in paths:
        try:
            inside = sorted(each for each in path.iterdir() if _is_one(each)) if path.is_dir() else [path]
        except OSError as error:
            raise PlaybookError([f"{path}: can't be read ({error.strerror})"]) from None
        if not inside:
            raise PlaybookError([f"{path}: no playbook in it; they are named *.yaml"])
        found += inside
    if len(found) > MOST:
        raise PlaybookError([f"{len(found)} files; at most {MOST} playbooks are read"])
    return list(dict.fromkeys(found))


def _is_one(file: File) -> bool:
    """Kubernetes mounts a ConfigMap's files as links, beside folders whose names begin with dots."""
    return file.suffix in SUFFIXES and not file.name.startswith(".") and file.is_file()


def _text(file: File) -> str:
    try:
        with file.open("rb") as opened:
            raw = opened.read(LARGEST + 1)
    except OSError as error:
        raise PlaybookError([f"{file}: can't be read ({error.strerror})"]) from None
    if len(raw) > LARGEST:
        raise PlaybookError([f"{file}: larger than 64 KiB"])
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise PlaybookError([f"{file}: not UTF-8 text"]) from None
