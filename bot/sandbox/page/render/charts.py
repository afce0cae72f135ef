"""Bar charts as they stand on the page: stacked bars in an SVG, and the same as words."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

Json = Mapping[str, Any]

WIDE: Final = 300.0
HIGH: Final = 60.0


class Bar(msgspec.Struct, frozen=True):
    """One piece of a bar; ``kind`` is the number of its series."""

    x: float
    y: float
    width: float
    height: float
    kind: int


class Chart(msgspec.Struct, frozen=True):
    """What is drawn, and how it is said: ``names`` of the series, ``first`` and ``last`` label of the axis."""

    title: str
    bars: tuple[Bar, ...]
    names: tuple[str, ...]
    first: str = ""
    last: str = ""
    words: str = ""


def chart(block: Json) -> Chart:
    """Return a chart of a block that was accepted; what is odd in it is left out."""
    body = _object(block.get("chart"))
    labels = [str(each) for each in _list(_object(body.get("axis_config")).get("categories"))]
    series = [_object(each) for each in _list(body.get("series"))]
    values = [{str(p.get("label")): _number(p.get("value")) for p in _points(each)} for each in series]
    most = max((sum(of.get(label, 0.0) for of in values) for label in labels), default=0.0) or 1.0
    names = tuple(str(each.get("name", "")) for each in series)
    return Chart(
        title=str(block.get("title", "")),
        bars=tuple(_stacked(labels, values, most)),
        names=names,
        first=labels[0] if labels else "",
        last=labels[-1] if labels else "",
        words=_words(labels, names, values),
    )


def _stacked(labels: Sequence[str], values: Sequence[Mapping[str, float]], most: float) -> list[Bar]:
    each = WIDE / max(1, len(labels))
    found: list[Bar] = []
    for place, label in enumerate(labels):
        top = HIGH
        for kind, of in enumerate(values):
            high = HIGH * of.get(label, 0.0) / most
            top -= high
            if high > 0:
                found.append(
                    Bar(round(place * each + 1, 1), round(top, 1), round(each - 2, 1), round(high, 1), kind)
                )
    return found


def _words(labels: Sequence[str], names: Sequence[str], values: Sequence[Mapping[str, float]]) -> str:
    told = []
    for label in labels:
        some = [f"{name} {of[label]:g}" for name, of in zip(names, values, strict=True) if of.get(label)]
        told += [f"{label}: {', '.join(some)}"] if some else []
    return "; ".join(told)


def _points(series: Json) -> list[Json]:
    return [_object(each) for each in _list(series.get("data"))]


def _object(value: object) -> Json:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and value > 0 else 0.0
