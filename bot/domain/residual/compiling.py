"""What is the same for every kind of policy: rules read one by one, each with what of it is not modelled."""

from collections.abc import Callable, Iterable
from typing import Final, TypeVar

import msgspec

from bot.domain.directions import Direction
from bot.domain.reading import cut
from bot.domain.residual.rules import (
    ANY_PORT,
    EVERYTHING,
    Cause,
    Clause,
    Match,
    Ruling,
    Verb,
)
from bot.domain.residual.selectors import NotModelledError

T = TypeVar("T")
R = TypeVar("R")


NOTHING_SAID: Final = msgspec.Raw(b"null")
"""A part of a document that is not there: raw JSON cannot be ``None``."""


def said(raw: msgspec.Raw) -> bool:
    """Whether a part of a document is there."""
    return bytes(raw) != b"null"


def unknown(cause: Cause, why: str) -> Clause:
    """Return a rule of which nothing is known but where it stands in the order."""
    return Clause(Verb.UNKNOWN, EVERYTHING, ANY_PORT, cause, why)


def unread(
    stage: tuple[float, str], order: tuple[float, str], subject: Match, why: tuple[Cause, str]
) -> Ruling:
    """Return a policy of which nothing is known but where it stands, and which pods it may select."""
    clause = unknown(why[0], f"{why[0]}: {why[1]}")
    return Ruling(stage, order, subject, why[0], (clause,), (clause,))


def clauses_of(
    rules: Iterable[R], make: Callable[[R, Cause], Iterable[Clause]], cause: Cause, direction: Direction
) -> tuple[Clause, ...]:
    """Return the clauses of some rules; what cannot be modelled is an unknown one, beside what was yielded before."""
    clauses: list[Clause] = []
    for place, rule in enumerate(rules):
        own = msgspec.structs.replace(cause, rule=place)
        try:
            for clause in make(rule, own):
                clauses.append(clause)  # noqa: PERF402 - what came before the error stays
        except NotModelledError as missing:
            clauses.append(unknown(own, f"{cause}, {direction} rule {place + 1}: {missing}"))
    return tuple(clauses)


def decoded(raw: msgspec.Raw | str, kind: type[T]) -> T:
    """Return a part of a document. Raises NotModelledError for what holds more, or other, than we know."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.DecodeError as error:
        raise NotModelledError(cut(str(error))) from error
