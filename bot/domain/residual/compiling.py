"""What is the same for every kind of policy: rules read one by one, each with what of it is not modelled."""

from collections.abc import Callable, Iterable
from typing import Final, TypeVar

import msgspec

from bot.domain.reading import cut
from bot.domain.residual.rules import Cause, Clause, Direction, Gap, Match
from bot.domain.residual.selectors import NotModelledError

T = TypeVar("T")
R = TypeVar("R")


NOTHING_SAID: Final = msgspec.Raw(b"null")
"""A part of a document that is not there: raw JSON cannot be ``None``."""


def said(raw: msgspec.Raw) -> bool:
    """Whether a part of a document is there."""
    return bytes(raw) != b"null"


class Side(msgspec.Struct, frozen=True, gc=False):
    """One direction of a policy: what it is called in gaps, and whose traffic its rules are about."""

    direction: Direction
    cause: Cause
    subject: Match

    def gap(self, place: int, why: str) -> Gap:
        """Return a gap of a rule, by its place from 0."""
        return Gap(self.subject, f"{self.cause}, {self.direction} rule {place + 1}: {why}")


def clauses_of(
    rules: Iterable[R], make: Callable[[R, Cause], Iterable[Clause]], side: Side
) -> tuple[tuple[Clause, ...], tuple[Gap, ...]]:
    """Return the clauses of some rules; what cannot be modelled becomes a gap, beside what was yielded before."""
    clauses: list[Clause] = []
    gaps: list[Gap] = []
    for place, rule in enumerate(rules):
        try:
            for clause in make(rule, msgspec.structs.replace(side.cause, rule=place)):
                clauses.append(clause)  # noqa: PERF402 - what came before the error stays
        except NotModelledError as missing:
            gaps.append(side.gap(place, str(missing)))
    return tuple(clauses), tuple(gaps)


def decoded(raw: msgspec.Raw | str, kind: type[T]) -> T:
    """Return a part of a document. Raises NotModelledError for what holds more, or other, than we know."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.DecodeError as error:
        raise NotModelledError(cut(str(error))) from error
