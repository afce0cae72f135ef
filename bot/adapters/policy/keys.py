"""Keys that are unknown or missing, found for the whole file at once and answered with the nearest valid one."""

from collections.abc import Iterator
from typing import Any

from msgspec import inspect

from bot.domain.policy.references import Path, Problem, nearest


def key_problems(value: Any, kind: type) -> tuple[Problem, ...]:
    """Return every unknown and missing key of plain values that should become this type."""
    return tuple(_walk(value, inspect.type_info(kind), ()))


def _walk(value: Any, kind: inspect.Type, path: Path) -> Iterator[Problem]:
    match kind:
        case inspect.Metadata():
            yield from _walk(value, kind.type, path)
        case inspect.StructType() if isinstance(value, dict):
            yield from _keys(value, kind, path)
        case inspect.DictType() if isinstance(value, dict):
            for key, item in value.items():
                yield from _walk(item, kind.value_type, (*path, key))
        case _:
            yield from _several(value, kind, path)


def _several(value: Any, kind: inspect.Type, path: Path) -> Iterator[Problem]:
    match kind:
        case inspect.VarTupleType() if isinstance(value, list):
            for index, item in enumerate(value):
                yield from _walk(item, kind.item_type, (*path, index))
        case inspect.UnionType():
            for one in kind.types:
                yield from _walk(value, one, path)
        case _:
            return


def _keys(value: dict[str, Any], kind: inspect.StructType, path: Path) -> Iterator[Problem]:
    fields = {field.encode_name: field for field in kind.fields}
    for key, item in value.items():
        if key in fields:
            yield from _walk(item, fields[key].type, (*path, key))
        else:
            yield Problem((*path, key), f"unknown key `{key[:80]}`{nearest(key, fields)}")
    for name, field in fields.items():
        if field.required and name not in value:
            yield Problem(path, f"`{name}` is missing")
