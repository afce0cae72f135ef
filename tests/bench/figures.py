"""One figure each, and how they are printed and kept."""

import json
import statistics
from collections.abc import Sequence
from pathlib import Path

import msgspec


class Figure(msgspec.Struct, frozen=True):
    """A measured value beside its reference (same unit, same run), their ratio, and the goal for it."""

    name: str
    value: float
    reference: float
    ratio: float
    goal: float
    ok: bool


def figure(name: str, value: float, reference: float, goal: float) -> Figure:
    ratio = value / reference if reference else float("inf")
    return Figure(name, value, reference, ratio, goal, ratio <= goal)


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def p99(values: Sequence[float]) -> float:
    return sorted(values)[max(0, round(len(values) * 0.99) - 1)]


def table(figures: Sequence[Figure]) -> str:
    """Return the table that is printed; values in ms unless the name says otherwise."""
    rows = [f"{'figure':<58}{'value':>11}{'reference':>11}{'ratio':>8}{'goal':>7}  ok"]
    rows += [
        f"{f.name:<58}{f.value:>11.3f}{f.reference:>11.3f}{f.ratio:>8.2f}{f.goal:>7.2f}  {'yes' if f.ok else 'NO'}"
        for f in figures
    ]
    return "\n".join(rows)


def keep(figures: Sequence[Figure], file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps([msgspec.to_builtins(f) for f in figures], indent=1) + "\n", encoding="utf-8")
