"""Which environment variables name a setting: a misspelt one must not be ignored."""

import difflib
import re
from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Any, Final, get_args, get_origin

from pydantic import BaseModel, SecretStr

PREFIX: Final = "FIREBREAK_"
STEP: Final = "__"
ANY: Final = "<NAME>"
FILE: Final = "_FILE"
LINK: Final = re.compile(
    r"_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$"
)


def unknown(model: type[BaseModel], environment: Mapping[str, str]) -> tuple[str, ...]:
    """
    Return one line for each variable that begins like a setting and is none, with the nearest that is one.

    Kubernetes' own variables for a Service of that name are none of ours and stand in every pod of its namespace
    (Kubernetes documentation, "Service", environment variables), so they are passed over.
    """
    known = tuple(_names(model, PREFIX[:-1], "_"))
    given = (name for name in sorted(environment) if name.upper().startswith(PREFIX))
    return tuple(
        _told(name, known)
        for name in given
        if not any(_fits(name, each) for each in known) and not _is_link(name, environment)
    )


def _names(model: type[BaseModel], path: str, joint: str = STEP) -> Iterator[str]:
    """Yield the variables of a section, each with those below it; ``<NAME>`` is a step of the reader's own."""
    for name, field in model.model_fields.items():
        yield from _below(field.annotation, f"{path}{joint}{name.upper()}")


def _below(annotation: Any, path: str) -> Iterator[str]:
    yield path
    for kind in get_args(annotation) if isinstance(annotation, UnionType) else (annotation,):
        if get_origin(kind) is Mapping:
            yield from _below(get_args(kind)[1], f"{path}{STEP}{ANY}")
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _names(kind, path)
        elif isinstance(kind, type) and issubclass(kind, SecretStr):
            yield path + FILE


def _fits(name: str, known: str) -> bool:
    steps, wanted = name.upper().split(STEP), known.split(STEP)
    return len(steps) == len(wanted) and all(
        want in (ANY, step) for step, want in zip(steps, wanted, strict=True)
    )


def _is_link(name: str, environment: Mapping[str, str]) -> bool:
    found = LINK.search(name)
    return found is not None and f"{name[: found.start()]}_SERVICE_HOST" in environment


def nearest(model: type[BaseModel], name: str) -> str:
    """Return the variable most like one that names no setting, or nothing."""
    return _nearest(name, tuple(_names(model, PREFIX[:-1], "_")))


def _told(name: str, known: tuple[str, ...]) -> str:
    near = _nearest(name, known)
    remedy = f"; did you mean {near}?" if near else "."
    return f"{name}: there is no such setting{remedy} Correct the variable, or unset it."


def _nearest(name: str, known: tuple[str, ...]) -> str:
    steps = name.upper().split(STEP)
    candidates = [_named(each, steps) for each in known if not each.endswith(ANY)]
    return next(iter(difflib.get_close_matches(STEP.join(steps), candidates, n=1, cutoff=0.75)), "")


def _named(known: str, steps: list[str]) -> str:
    """Return a known name with the reader's own steps where any may stand."""
    wanted = known.split(STEP)
    own = [*steps, *[ANY] * len(wanted)]
    return STEP.join(mine if want == ANY else want for want, mine in zip(wanted, own, strict=False))
