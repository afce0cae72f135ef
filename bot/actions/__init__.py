"""The catalogue: one module per containment action, found by being here. Adding one is adding a file."""

import importlib
import pkgutil
from typing import Any

import msgspec

from bot.domain.actions import Action
from bot.domain.documents import Document


def _load() -> dict[str, type[Action]]:
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return {kind.name: kind for kind in sorted(Action.__subclasses__(), key=lambda k: k.name)}


CATALOGUE: dict[str, type[Action]] = _load()
WORDS: dict[str, type[Action]] = {kind.word: kind for kind in CATALOGUE.values()}
THINGS: dict[tuple[str, str], type[Action]] = {k.thing: k for k in CATALOGUE.values() if all(k.thing)}


def revive(name: str, parameters: Document) -> Action:
    """
    Return the action that a stored request names.

    Raises ``KeyError`` for an action that this program does not know, ``msgspec.ValidationError`` for
    parameters that do not fit.
    """
    fields: Any = parameters.value
    return msgspec.convert(fields, CATALOGUE[name])


def parameters(action: Action) -> Document:
    """Return an action's fields as the document that is stored and bound by the digest."""
    return Document.of(msgspec.to_builtins(action))
