"""Answers turned into what plans read. What cannot be understood is Unavailable, never empty."""

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from bot.domain.findings import SILENT, Refusal, Unseen
from bot.domain.queries import Absent, Answer, Found, Listing, Query, Unavailable, told

T = TypeVar("T", bound=msgspec.Struct)

LONGEST = 256


def read(answer: Answer, kind: type[T]) -> T | Absent | Unavailable:
    """Return the object of a ``Get`` as a typed view, or why there is none."""
    match answer:
        case Found():
            try:
                return msgspec.json.decode(answer.body.text, type=kind)
            except msgspec.ValidationError as error:
                return Unavailable(f"its body could not be understood: {cut(str(error))}")
        case Absent() | Unavailable():
            return answer
        case _:
            return Unavailable("the answer was of another kind than the question")


def each(answer: Answer, kind: type[T]) -> tuple[T, ...] | None:
    """Return the objects of an ``Each``; ``None`` when they could not be seen."""
    if not isinstance(answer, Listing):
        return None
    return tuple(item for item in answer.items if isinstance(item, kind))


def unreachable(cluster: str, answer: Answer | None) -> Refusal:
    """Say that a cluster does not tell who it is; ``answer`` is what came of ``Discover`` instead."""
    why = answer.why if isinstance(answer, Unavailable) else "it did not say who it is"
    return Refusal("cluster-unavailable", f"cluster {cluster} does not answer: {cut(why)}", SILENT)


def unseen(queries: Sequence[Query], answers: Sequence[Answer]) -> tuple[Unseen, ...]:
    """Return the questions that got no answer, in the order asked."""
    pairs = zip(queries, answers, strict=True)
    return tuple(Unseen(told(q), cut(a.why)) for q, a in pairs if isinstance(a, Unavailable))


def cut(text: str, longest: int = LONGEST) -> str:
    """Return text from outside, bounded in length."""
    return text if len(text) <= longest else text[: longest - 1] + "…"
