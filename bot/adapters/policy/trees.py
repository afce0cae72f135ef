"""YAML as plain values that remember their lines; nothing of YAML that a policy does not need."""

from typing import Any, Final

import yaml

from bot.adapters.policy.errors import Flaw
from bot.domain.policy.explain import path_text
from bot.domain.policy.references import Path

DEEPEST: Final = 20


class Unusable(Exception):  # noqa: N818 - caught inside this package and turned into a PolicyError
    """The text is not YAML that a policy may be written in."""

    def __init__(self, line: int, text: str) -> None:
        self.flaw = Flaw(line, "", text)
        super().__init__(text)


class Tree:
    """A parsed document: ``value`` in plain types, and the line of every place in it."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Path, int] = {}
        self.flaws: list[Flaw] = []
        self.value: Any = _built(text, self)

    def line(self, path: Path) -> int:
        """Return the line of a place, or of the nearest place around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)

    def flaw(self, path: Path, text: str) -> Flaw:
        """Return a flaw at a place."""
        return Flaw(self.line(path), path_text(path), text)


class _Loader(yaml.SafeLoader):
    """The safe loader without tags, anchors and aliases (a few lines could name gigabytes), and not deeper than 20."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]  # types-PyYAML leaves it untyped
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Unusable(line, "anchors and aliases are not used in a policy; write it out")
        if getattr(event, "tag", None):
            raise Unusable(line, "tags (!...) are not used in a policy; plain words and numbers say it all")
        self.depth += 1
        if self.depth > DEEPEST:
            raise Unusable(line, f"nested deeper than {DEEPEST} levels")
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
        raise Unusable(mark.line + 1 if mark else 0, f"not YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise Unusable(0, "not YAML: it holds characters that YAML forbids") from error


def _plain(loader: _Loader, node: yaml.Node, path: Path, tree: Tree) -> Any:
    tree.lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return _mapping(loader, node, path, tree)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(loader, item, (*path, i), tree) for i, item in enumerate(node.value)]
    try:
        return loader.construct_object(node)
    except (ValueError, OverflowError) as error:
        raise Unusable(node.start_mark.line + 1, "a value that can't be read; put it in quotes") from error


def _mapping(loader: _Loader, node: yaml.MappingNode, path: Path, tree: Tree) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = key_node.value
        if key_node.tag != "tag:yaml.org,2002:str" or not isinstance(key, str):
            raise Unusable(line, "a key is a word; put it in quotes if YAML takes it for something else")
        if key in found:
            raise Unusable(line, f"`{key}` is written twice; YAML would silently take the last")
        found[key] = _plain(loader, value_node, (*path, key), tree)
        tree.lines[(*path, key)] = line
    return found
