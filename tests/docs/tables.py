"""
Writes the tables of ``docs/`` that follow from the code: ``python -m tests.docs.tables``.

In a page a table stands between ``<!-- table: name -->`` and ``<!-- /table -->``; a test holds each to be current.
"""

import argparse
import re
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bot.__main__ import parser
from bot.adapters.slack.card.words import FORECAST_WORDS, STATE_WORDS, VERDICT_WORDS
from bot.bootstrap import VERBS
from bot.domain.ladder.catalogue import LADDER
from bot.domain.states import ACTIVE, FINAL, TRANSITIONS, PartState
from bot.settings import Settings
from tests.docs.meanings import MEANINGS
from tests.docs.proofs import engines, proofs

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BLOCK = re.compile(r"(<!-- table: ([a-z]+) -->\n).*?(<!-- /table -->)", re.DOTALL)


def current(page: str) -> str:
    """Return the text of a page with its tables as the code has them now."""
    return BLOCK.sub(lambda found: f"{found[1]}{TABLES[found[2]]()}{found[3]}", page)


def _table(*rows: tuple[str, ...]) -> str:
    head, *body = (f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n" for row in rows)
    return "".join((head, "|" + "---|" * len(rows[0]) + "\n", *body))


# -- settings ----------------------------------------------------------------------------------------------


def settings_keys() -> dict[str, Mapping[str, Any]]:
    """Return each key of the settings, as a person would write its path, with its JSON Schema."""
    whole = Settings.model_json_schema()
    return dict(_keys(whole, whole.get("$defs", {}), ""))


def _keys(
    schema: Mapping[str, Any], known: Mapping[str, Any], path: str
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, given in schema["properties"].items():
        prop = _plain(given)
        required = {"required": name in schema.get("required", ())}
        for below, suffix in ((prop, ""), (_values_of(prop), ".<name>"), (prop.get("items"), "[]")):
            if isinstance(below, dict) and "$ref" in below:
                yield from _keys(known[below["$ref"].rpartition("/")[2]], known, f"{path}{name}{suffix}.")
                break
        else:
            yield path + name, {**prop, **required}


def _values_of(prop: Mapping[str, Any]) -> Any:
    """Return the schema of a mapping's values, however its keys are bounded."""
    return next(iter(prop.get("patternProperties", {}).values()), prop.get("additionalProperties"))


def _plain(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a key holds when it holds something."""
    kinds = [kind for kind in given.get("anyOf", ()) if kind != {"type": "null"}]
    return {**given, **kinds[0]} if kinds else dict(given)


def settings() -> str:
    """Return the table of all settings."""
    rows = [
        (f"`{key}`", _default(given), _values(given), MEANINGS[key]) for key, given in settings_keys().items()
    ]
    return _table(("key", "default", "values", "meaning"), *rows)


def _default(given: Mapping[str, Any]) -> str:
    if given["required"]:
        return "**required**"
    value = given.get("default")
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`" if value not in (None, "", [], {}) else "none"


def _values(given: Mapping[str, Any]) -> str:
    if "enum" in given:
        return ", ".join(f"`{value}`" for value in given["enum"])
    kind = {"array": "list", "object": "table", "number": "seconds"}.get(given["type"], given["type"])
    kind = {"path": "file", "password": "secret"}.get(given.get("format", ""), kind)
    low, high = given.get("minimum"), given.get("maximum")
    above = given.get("exclusiveMinimum")
    bounds = [f"from {low:g}" if low is not None else "", f"above {above:g}" if above is not None else ""]
    bounds.append(f"to {high:g}" if high is not None else "")
    return " ".join((kind, *(bound for bound in bounds if bound)))


# -- states and words --------------------------------------------------------------------------------------


def states() -> str:
    """Return the states of a part, with the events that lead out of each."""
    rows = [(f"`{state}`", STATE_WORDS[state][2], _standing(state), _onward(state)) for state in PartState]
    return _table(("state", "meaning", "something stands outside", "then"), *rows)


def _standing(state: PartState) -> str:
    return "yes" if state in ACTIVE else "perhaps" if state is PartState.EXECUTING else "no"


def _onward(state: PartState) -> str:
    if state in FINAL:
        return "the end"
    steps = [f"{event} → `{to}`" for (at, event), to in TRANSITIONS.items() if at is state]
    return ", ".join(steps)


def words() -> str:
    """Return the words for what is expected before, and for what the evidence shows after."""
    before = [(f"`{word}`", "forecast, before", text) for word, text in FORECAST_WORDS.items()]
    after = [(f"`{word}`", "verdict, after", text) for word, text in VERDICT_WORDS.items()]
    return _table(("word", "when", "meaning"), *before, *after)


def ladder() -> str:
    """Return the rungs of the ladder of evidence as they say of themselves."""
    first = ("L0", "nothing but what was written", "the API took each write, and it reads back as written")
    rows = [(rung.name, rung.needs, rung.proves, rung.cannot) for rung in LADDER]
    return _table(("rung", "needs", "proves", "can't prove"), (*first, "any effect"), *rows)


# -- commands ----------------------------------------------------------------------------------------------


def commands() -> str:
    """Return the commands of ``firebreak``, and which of them this version only declares."""
    rows = [
        (f"`{name}`", text + _missing(name.split()[1])) for name, text in _commands(parser(), "firebreak")
    ]
    return _table(("command", "what it does"), *rows)


def _commands(of: argparse.ArgumentParser, path: str) -> Iterator[tuple[str, str]]:
    for action in of._actions:
        if not isinstance(action, argparse._SubParsersAction):  # nothing public lists subcommands
            continue
        told = {choice.dest: choice.help or "" for choice in action._choices_actions}
        for name, below in action.choices.items():
            deeper = list(_commands(below, f"{path} {name}"))
            yield from deeper or [(" ".join((path, name, *_needed(below))), told[name])]


def _needed(of: argparse.ArgumentParser) -> Iterator[str]:
    """Name what the command is nothing without, as it is typed."""
    for action in of._actions:
        if action.required:
            stands_for = str(action.metavar or action.dest.upper())
            yield " ".join((*action.option_strings[:1], stands_for))


def _missing(command: str) -> str:
    there = find_spec(f"bot.bootstrap.{VERBS[command]}") is not None
    return "" if there else " (**declared, not there yet**)"


TABLES: dict[str, Callable[[], str]] = {
    "ladder": ladder,
    "settings": settings,
    "states": states,
    "words": words,
    "commands": commands,
    "engines": engines,
    "proofs": proofs,
}

if __name__ == "__main__":
    for page in sorted(DOCS.glob("*.md")):
        text = page.read_text("utf-8")
        if current(text) != text:
            page.write_text(current(text), "utf-8")
