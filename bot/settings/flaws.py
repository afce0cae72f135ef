"""What is wrong with a setting, in words, and what to do: never with its value, which may be a secret."""

import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel

from bot.settings.variables import PREFIX, STEP, nearest

FILE: Final = "firebreak.toml"
UNPARSED: Final = re.compile(r'error parsing value for field "(\w+)"')  # as pydantic-settings says it
RAISED: Final = "Value error, "
LOOKS: Final[Mapping[str, str]] = {
    "/subscriptions/": "an ARM resource id, like /subscriptions/.../resourceGroups/.../providers/Microsoft.Network/...",
    "^[CG]": "the id of a Slack channel, like C0123ABCDEF: it stands at the end of the channel's details in Slack",
    "^([CG]": "the id of a Slack channel, like C0123ABCDEF: it stands at the end of the channel's details in Slack",
    "^[TE]": "the id of a Slack workspace, like T0123ABCDEF: /ir whoami shows it before the colon",
    "https://": "the address of a Blob container, like https://account.blob.core.windows.net/container",
    "{36}": "the id of an Azure subscription: 36 letters a to f, digits and dashes",
    "[A-Za-z0-9.-]{0,252}": "the name in a certificate, like instance.hubble-relay.cilium.io",
    "_.@:/-": "the name of a context: letters, digits and _ . @ : / -",
    "a-z0-9.-": "the name of a log, like example.org/firebreak: lower case letters, digits, dots and dashes",
    "^[a-z0-9]": "a name of lower case letters, digits and dashes, 63 at most",
}
"""What each pattern of the settings asks for; the first whose key the pattern holds counts."""


def told(model: type[BaseModel], error: Mapping[str, Any]) -> str:
    """Return one error of pydantic's as a line: which setting, what is wrong, what to do."""
    where = [str(step) for step in error["loc"] if step != "[key]"]
    if not where:
        return f"settings: {_plain(error)}. Change it in {FILE}."
    name = ".".join(where)
    match error["type"]:
        case "missing" if len(where) == 1:
            remedy = f"Write its section [{name}]: deploy/firebreak.example.toml has one to begin with"
            return f"{name}: it is missing. {remedy}."
        case "missing":
            return f"{name}: it is missing. Set it in {_places(where)}."
        case "extra_forbidden":
            near = nearest(model, PREFIX + STEP.join(where))
            meant = f"; did you mean {_dotted(near)}?" if near else "."
            return f"{name}: there is no such setting{meant} Correct it, or take it out of {FILE}."
        case _:
            return f"{name}: {_plain(error)}. Change it in {_places(where)}."


def unreadable(error: Exception) -> str:
    """Return why the settings could not even be read, and what to do."""
    match error:
        case tomllib.TOMLDecodeError():
            return f"{FILE} is not TOML: {error}. Correct that line; text stands in double quotes."
        case OSError():
            return f"the settings cannot be read: {error.strerror}. Let this user read {FILE}."
        case _ if "the file" in str(error):
            return f"{error}. Name a file that holds the secret and that this user can read."
        case _ if (found := UNPARSED.search(str(error))) is not None:
            name = PREFIX + found[1].upper()
            return f"{name}: it, or a variable below it, is not JSON. Write a list or table as JSON: {name}='{{...}}'."
        case _:
            return f"the settings cannot be read: {error}. Correct {FILE}, or the variable."


def _plain(error: Mapping[str, Any]) -> str:
    text = str(error["msg"])
    if error["type"] == "string_pattern_mismatch":
        pattern = str(error["ctx"]["pattern"])
        looks = next((words for key, words in LOOKS.items() if key in pattern), f"of the form {pattern}")
        return f"it must be {looks}"
    return text.removeprefix(RAISED).replace("Input should be", "it must be").removesuffix(".")


def _places(where: list[str]) -> str:
    """A step that no variable can be called by, such as ``*``, is given in the value of what is around it."""
    fit = [step for step in where if re.fullmatch(r"[a-z0-9_]+", step)]
    at = where.index(next((step for step in where if step not in fit), "")) if len(fit) < len(where) else None
    return f"{FILE}, or in {PREFIX}{STEP.join(where[:at]).upper()}"


def _dotted(variable: str) -> str:
    return variable.removeprefix(PREFIX).replace(STEP, ".").lower()
