"""Small checks that compose into the shape of a block; each returns the problems it found, none means fine."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One refusal: what is wrong, and where (RFC 6901 pointer from the request's root)."""

    message: str
    pointer: str

    def __str__(self) -> str:
        return f"{self.message} [json-pointer:{self.pointer}]"


Check = Callable[[object, str], Iterator[Problem]]


@dataclass(frozen=True, slots=True)
class Shape:
    """The fields that an object must and may have; Slack refuses any other."""

    required: Mapping[str, Check]
    optional: Mapping[str, Check]

    def __call__(self, value: object, pointer: str) -> Iterator[Problem]:
        """Check an object against the shape."""
        if not isinstance(value, Mapping):
            yield Problem("must be an object", pointer)
            return
        for name in self.required:
            if name not in value:
                yield Problem(f"missing required field: {name}", pointer)
        for name, field in value.items():
            check = self.required.get(name) or self.optional.get(name)
            if check is None:
                yield Problem(f"invalid additional property: {name}", pointer)
            elif field is not None or name in self.required:
                yield from check(field, f"{pointer}/{name}")


def string(most: int, least: int = 1) -> Check:
    """Take a string of so many characters."""

    def check(value: object, pointer: str) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield Problem("must be a string", pointer)
        elif len(value) > most:
            yield Problem(f"must be less than {most + 1} characters", pointer)
        elif len(value) < least:
            yield Problem(f"must be more than {least - 1} characters", pointer)

    return check


def one_of(*words: str) -> Check:
    """One of a few words."""

    def check(value: object, pointer: str) -> Iterator[Problem]:
        if value not in words:
            yield Problem(f"must be one of: {', '.join(words)}", pointer)

    return check


def array(item: Check, most: int, least: int = 1) -> Check:
    """Take a list of so many things, each checked."""

    def check(value: object, pointer: str) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield Problem("must be an array", pointer)
            return
        if len(value) > most:
            yield Problem(f"no more than {most} items allowed", pointer)
        if len(value) < least:
            yield Problem(f"no less than {least} items allowed", pointer)
        for index, each in enumerate(value):
            yield from item(each, f"{pointer}/{index}")

    return check


def by_type(shapes: Mapping[str, Check], *names: str) -> Check:
    """Take an object whose `type` is one of the given names (of all, when none is given)."""

    def check(value: object, pointer: str) -> Iterator[Problem]:
        kind = value.get("type") if isinstance(value, Mapping) else None
        if not isinstance(kind, str):
            yield Problem("missing required field: type", pointer)
        elif kind not in shapes or (names and kind not in names):
            yield Problem(f"unsupported type: {kind}", f"{pointer}/type")
        else:
            yield from shapes[kind](value, pointer)

    return check


def boolean(value: object, pointer: str) -> Iterator[Problem]:
    """Take true or false."""
    if not isinstance(value, bool):
        yield Problem("must be a boolean", pointer)


def integer(value: object, pointer: str) -> Iterator[Problem]:
    """Take a whole number."""
    if not isinstance(value, int) or isinstance(value, bool):
        yield Problem("must be an integer", pointer)


def anything(value: object, pointer: str) -> Iterator[Problem]:  # noqa: ARG001 - the signature of a Check
    """Take it unseen."""
    yield from ()


def duplicates(names: list[tuple[str, str]], word: str) -> Iterator[Problem]:
    """Refuse a name that was used before; `names` are (name, pointer)."""
    seen: set[str] = set()
    for name, pointer in names:
        if name in seen:
            yield Problem(f"{word} `{name}` already exists", pointer)
        seen.add(name)
