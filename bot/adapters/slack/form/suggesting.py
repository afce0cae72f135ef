"""
What a search box offers: pods or clusters that hold every word that was typed, from memory, with their age.

Whoever may not read, or of whom that is not known yet, is offered nothing and told to type.
"""

from collections.abc import Iterable
from typing import Any, Final

from bot.adapters.slack.card.kit import plain
from bot.adapters.slack.card.painted import Block
from bot.adapters.slack.form import ids
from bot.adapters.slack.form.drawing import TEXT, VALUE, shortened
from bot.adapters.slack.text import incoming
from bot.domain.people import Principal
from bot.engine.names import Names, Sighting

MOST: Final = 100
LONGEST_QUERY: Final = 200
UNKNOWN_TEXT: Final = "No names known yet: type it below"
NONE_TEXT: Final = "Nothing matches: type it below"


def suggestions(names: Names | None, person: Principal | None, field: str, query: str) -> dict[str, Any]:
    """Return the answer to a search: ``options`` or ``option_groups``, 100 options at most. Never raises."""
    if names is None or person is None:
        return _only(UNKNOWN_TEXT)
    names.wanted(person)
    if not names.shown_to(person):
        return _only(UNKNOWN_TEXT)
    words = incoming(query[:LONGEST_QUERY]).casefold().replace("/", " ").split()
    if field == ids.SEARCH_CLUSTER:
        return _clusters(names, words)
    return _pods(names, words) if field == ids.SEARCH else _only(UNKNOWN_TEXT)


def _clusters(names: Names, words: list[str]) -> dict[str, Any]:
    found = [name for name in names.clusters if matching(name, words) and len(name) <= VALUE]
    return {"options": [_option(name, name) for name in found[:MOST]]} if found else _only(NONE_TEXT)


def _pods(names: Names, words: list[str]) -> dict[str, Any]:
    groups: list[Block] = []
    left = MOST
    for cluster in names.clusters:
        if left <= 0:
            break
        group = _group(names, cluster, words, left)
        if group is not None:
            left -= len(group["options"])
            groups.append(group)
    return {"option_groups": groups} if groups else _only(NONE_TEXT)


def _group(names: Names, cluster: str, words: list[str], room: int) -> Block | None:
    sighting = names.of(cluster)
    if sighting is None:
        label = f"{cluster} · not known yet, type it"
        return _labelled(label, [_option(UNKNOWN_TEXT, ids.UNKNOWN)])
    found = best(sighting, words, room)
    if not found:
        return None
    options = [_option(path, f"{cluster}/{path}") for path in found]
    return _labelled(f"{cluster} · as of {names.age(sighting)} s ago", options)


def best(sighting: Sighting, words: list[str], room: int) -> list[str]:
    """Return the first matching pods that an option can carry; those whose name begins so come first."""
    first: list[str] = []
    others: list[str] = []
    longest = VALUE - len(sighting.cluster) - 1
    for path in sighting.pods:
        if len(path) > longest or not matching(f"{sighting.cluster}/{path}", words):
            continue
        begins = bool(words) and path.rpartition("/")[2].startswith(words[-1])
        (first if begins else others).append(path)
        if len(first) >= room or (not words and len(others) >= room):
            break
    return [*first, *others][:room]


def matching(name: str, words: Iterable[str]) -> bool:
    """Whether a name holds every word."""
    folded = name.casefold()
    return all(word in folded for word in words)


def _labelled(label: str, options: list[Block]) -> Block:
    return {"label": plain(shortened(label), TEXT), "options": options}


def _option(text: str, value: str) -> Block:
    return {"text": plain(shortened(text), TEXT), "value": value}


def _only(text: str) -> dict[str, Any]:
    return {"options": [_option(text, ids.UNKNOWN)]}
