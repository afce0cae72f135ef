"""YAML as plain values that remember their lines; nothing of YAML that policies and playbooks do not need."""

from typing import Any, Final

import yaml

from bot.adapters.policy.errors import Flaw
from bot.domain.policy.explain import path_text
from bot.domain.policy.references import Path

DEEPEST: Final = 20


class Unusable(Exception):  # noqa: N818 - caught inside this package and turned into a PolicyError
    """The text is not YAML that a policy may be written in."""

    def __init__(self, mark: yaml.Mark | None, text: str) -> None:
        self.flaw = Flaw(mark.line + 1, "", text, mark.column + 1) if mark else Flaw(0, "", text)
        super().__init__(text)


class Tree:
    """A parsed document: ``value`` in plain types, and the line of every place in it."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Path, int] = {}
        self.columns: dict[Path, int] = {}
        self.flaws: list[Flaw] = []
        self.value: Any = _built(text, self)

    def flaw(self, path: Path, text: str) -> Flaw:
        """Return a flaw at a place, with the line and column of it or of the nearest place around it."""
        near = path
        while near and near not in self.lines:
            near = near[:-1]
        return Flaw(self.lines.get(near, 0), path_text(path), text, self.columns.get(near, 0))

    def found(self, path: Path, mark: yaml.Mark) -> None:
        """Remember where a place is."""
        self.lines[path], self.columns[path] = mark.line + 1, mark.column + 1


class _Loader(yaml.SafeLoader):
    """The safe loader without tags, anchors and aliases (a few lines could name gigabytes), and not deeper than 20."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]  # types-PyYAML leaves it untyped
        mark = event.start_mark
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Unusable(mark, "anchors and aliases are not used here; write it out")
        if getattr(event, "tag", None):
            raise Unusable(mark, "tags (!...) are not used here; plain words and numbers say it all")
        self.depth += 1
        if self.depth > DEEPEST:
            raise Unusable(mark, f"nested deeper than {DEEPEST} levels")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def _built(text: str, tree: Tree) -> Any:
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            return None if node is None else _plain(loader, node, (), tree)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Unusable(mark, f"not YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise Unusable(None, "not YAML: it holds characters that YAML forbids") from error


def _plain(loader: _Loader, node: yaml.Node, path: Path, tree: Tree) -> Any:
    tree.found(path, node.start_mark)
    if isinstance(node, yaml.MappingNode):
        return _mapping(loader, node, path, tree)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(loader, item, (*path, i), tree) for i, item in enumerate(node.value)]
    try:
        return loader.construct_object(node)
    except (ValueError, OverflowError) as error:
        raise Unusable(node.start_mark, "a value that can't be read; put it in quotes") from error


def _mapping(loader: _Loader, node: yaml.MappingNode, path: Path, tree: Tree) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        mark = key_node.start_mark
        key = key_node.value
        if key_node.tag != "tag:yaml.org,2002:str" or not isinstance(key, str):
            raise Unusable(mark, "a key is a word; put it in quotes if YAML takes it for something else")
        if key in found:
            raise Unusable(mark, f"`{key}` is written twice; YAML would silently take the last")
        found[key] = _plain(loader, value_node, (*path, key), tree)
        tree.found((*path, key), mark)
    return found
