"""What every sender's body has in common: it is read strictly, or the place that is wrong is named."""

import re
from collections.abc import Mapping
from typing import Final, TypeVar

import msgspec

from bot.domain.alerts import Alert
from bot.domain.alerts.texts import LABEL, line
from bot.domain.reading import cut

LARGEST: Final = 1024 * 1024  # bytes
MOST_ALERTS: Final = 2000
_AT: Final = re.compile(r"(?s)(.*) - at `(\$.*)`")

_ODD: Final = "Invalid enum value"

T = TypeVar("T")


class MisfitError(Exception):
    """
    A body is not what its source sends. ``path`` is the place (``$.alerts[0].startsAt``), ``why`` what is wrong there.

    Neither quotes a value; the name of a member may be a stranger's, so both are legible and on one line.
    """

    def __init__(self, path: str, why: str) -> None:
        self.path, self.why = line(path, LABEL), line(why, LABEL)
        super().__init__(f"{self.path}: {self.why}")


class Intake(msgspec.Struct, frozen=True):
    """
    Where a body came in: the source's name in our settings, and the cluster it is for, where they say one.

    ``called`` are clusters of the settings by what this sender calls them, without regard to case.
    """

    source: str
    cluster: str = ""
    called: Mapping[str, str] = {}


def read(shape: type[T], body: bytes) -> T:
    """
    Decode JSON strictly into a shape; members that it does not name are passed over.

    Raises ``MisfitError``. Nesting beyond the interpreter's limit is one, and nothing is kept of it.
    """
    if len(body) > LARGEST:
        raise MisfitError("$", f"it is larger than {LARGEST} bytes")
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        raise _named(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MisfitError("$", f"it is not JSON: {cut(str(error))}") from None
    except RecursionError:
        raise MisfitError("$", "it is nested too deeply") from None


def convert(shape: type[T], value: object, path: str) -> T:
    """Return a decoded value as a shape. Raises ``MisfitError`` below ``path``."""
    try:
        return msgspec.convert(value, type=shape)
    except msgspec.ValidationError as error:
        wrong = _named(str(error))
        raise MisfitError(path + wrong.path[1:], wrong.why) from None
    except RecursionError:
        raise MisfitError(path, "it is nested too deeply") from None


def _named(text: str) -> MisfitError:
    found = _AT.fullmatch(text)
    why, path = (found[1], found[2]) if found else (text, "$")
    if why.startswith(_ODD):
        why = "it is none of the values that it can have"
    return MisfitError(cut(path), cut(why))


def few(alerts: list[T], path: str) -> list[T]:
    """Return them. Raises ``MisfitError`` where there are more than anybody could mean, or none."""
    if not alerts:
        raise MisfitError(path, "there is no alert in it")
    if len(alerts) > MOST_ALERTS:
        raise MisfitError(path, f"more than {MOST_ALERTS} alerts")
    return alerts


def keyed(alerts: tuple[Alert, ...]) -> dict[str, Alert]:
    """Return them by what is told once; of several the last counts."""
    return {each.key: each for each in alerts}
