"""Which refusals there are: every ``Refusal(...)`` in the code, with its code and what it says to do next."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Final

import bot

ROOT: Final = Path(bot.__file__).parent
# Two other values of this name: answers of an API server, and of the double of Azure.
OTHERS: Final = ("adapters/kubernetes/", "sandbox/azure/")
HOLE: Final = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True)
class Made:
    """
    One place where a refusal is made.

    ``codes`` are patterns of its code, none where it is passed on from another; ``remedy`` has a hole for each part
    that is only known when it runs, and is ``None`` where all of it is.
    """

    where: str
    codes: tuple[str, ...]
    remedy: str | None


def made() -> tuple[Made, ...]:
    """Return every place, in the order of the files."""
    files = [p for p in sorted(ROOT.rglob("*.py")) if not str(p.relative_to(ROOT)).startswith(OTHERS)]
    return tuple(place for path in files if "Refusal(" in path.read_text("utf-8") for place in _of(path))


def _of(path: Path) -> Iterator[Made]:
    name = ".".join(("bot", *path.relative_to(ROOT).with_suffix("").parts))
    module = import_module(name)
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refusal":
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            remedy = _text(given[2], module) if len(given) > 2 else ""
            yield Made(f"{name}:{node.lineno}", tuple(_codes(given[0], module)), remedy)


def _codes(node: ast.expr, module: ModuleType) -> Iterator[str]:
    if isinstance(node, ast.IfExp):
        yield from (*_codes(node.body, module), *_codes(node.orelse, module))
        return
    text = _text(node, module)
    if text is not None:
        yield ".+".join(map(re.escape, text.split(HOLE)))


def _text(node: ast.expr, module: ModuleType) -> str | None:
    match node:
        case ast.Constant(str() as text):
            return text
        case ast.Name(name) if isinstance(getattr(module, name, None), str):
            return str(getattr(module, name))
        case ast.JoinedStr(parts):
            return "".join(
                _text(p.value if isinstance(p, ast.FormattedValue) else p, module) or HOLE for p in parts
            )
        case _:
            return None
