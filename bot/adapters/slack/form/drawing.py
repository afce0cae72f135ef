"""The form of an action, drawn from its slots."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from bot.actions import WORDS
from bot.adapters.slack.card.kit import context, modal, plain
from bot.adapters.slack.card.painted import Block
from bot.adapters.slack.form import ids
from bot.adapters.slack.form.spelling import Values
from bot.adapters.slack.text import visible
from bot.domain.actions import Action, Slot, SlotKind

VALUE: Final = 150
TEXT: Final = 75
TYPED: Final = 2000
WHY: Final = 1500
SHOWN: Final = 20
"""Characters, and options that a field is opened with."""


def ask_form(word: str, values: Values, clusters: int) -> Block:
    """
    Return the view that asks for an action; it shows nothing but what was given.

    ``clusters`` says how many there are: with one it need not be chosen. Raises ``KeyError`` for no action's word.
    """
    kind = WORDS[word]
    fields = [
        block for slot in kind.slots if _needed(slot, clusters) for block in _DRAWN[slot.kind](slot, values)
    ]
    blocks = [_action(word), *fields, _lease(values), _reason(values), _note()]
    return modal(ids.ASK, "Contain", blocks, word, submit="Show the plan", close="Cancel")


def _needed(slot: Slot, clusters: int) -> bool:
    return slot.kind is not SlotKind.CLUSTER or clusters != 1


def _action(word: str) -> Block:
    options = {
        name: {"text": plain(f"{name}: {_first(kind)}", TEXT), "value": name} for name, kind in WORDS.items()
    }
    menu = {
        "type": "static_select",
        "action_id": ids.CHOOSE,
        "options": list(options.values()),
        "initial_option": options[word],
    }
    return _input(ids.ACTION, "What to do", menu) | {"dispatch_action": True}


def _first(kind: type[Action]) -> str:
    return (kind.__doc__ or "").strip().partition("\n")[0]


def _picked(slot: Slot, values: Values, hint: str) -> tuple[Block, Block]:
    """Return the menu of pods, opened with as much as it takes, and the element with the rest and what was typed."""
    given = values.get(ids.chosen(slot.field), ())
    shown = [value for value in given if 0 < len(value) <= VALUE][:SHOWN]
    menu = {
        "type": "multi_external_select",
        "action_id": ids.SEARCH,
        "min_query_length": 0,
        "placeholder": plain("Search cluster, namespace or pod", VALUE),
    }
    if shown:
        menu["initial_options"] = [_option(value, value) for value in shown]
    rest = (value for value in given if value not in shown)
    written = " ".join((*rest, *values.get(ids.typed(slot.field), ())))
    return _input(ids.chosen(slot.field), "Which pods", menu, hint, optional=True), _text(written, TYPED)


def _pods(slot: Slot, values: Values) -> Iterator[Block]:
    menu, written = _picked(slot, values, "All of one namespace.")
    hint = "[cluster/]namespace/pod, several divided by commas"
    yield menu
    yield _input(ids.typed(slot.field), "Or type them", written, hint, optional=True)


def _steps(slot: Slot, values: Values) -> Iterator[Block]:
    menu, written = _picked(slot, values, "Of any namespaces, all of one cluster.")
    hint = "Addresses, Deployments, pods with more said of them: 203.0.113.7 deployment:shop/web shop/cart-1 using detach"
    yield menu
    yield _input(ids.typed(slot.field), "And what else", written, hint, optional=True)


def _addresses(slot: Slot, values: Values) -> Iterator[Block]:
    given = ", ".join(values.get(ids.chosen(slot.field), ()))
    yield _input(ids.chosen(slot.field), "Which addresses", _text(given, TYPED), slot.help)


def _allowed(slot: Slot, values: Values) -> Iterator[Block]:
    given = ", ".join(values.get(ids.chosen(slot.field), ()))
    label, hint = f"{slot.field.capitalize()}: {slot.help}", "dns, or ranges as 203.0.113.0/24"
    yield _input(ids.chosen(slot.field), label, _text(given, TYPED), hint, optional=not slot.required)


def _cluster(slot: Slot, values: Values) -> Iterator[Block]:
    given = [value for value in values.get(ids.chosen(slot.field), ()) if 0 < len(value) <= VALUE]
    menu = {
        "type": "external_select",
        "action_id": ids.SEARCH_CLUSTER,
        "min_query_length": 0,
        "placeholder": plain("Search a cluster", VALUE),
    }
    if given:
        menu["initial_option"] = _option(given[0], given[0])
    yield _input(ids.chosen(slot.field), f"Cluster: {slot.help}", menu, optional=True)
    written = " ".join(values.get(ids.typed(slot.field), ()))
    yield _input(ids.typed(slot.field), "Or type its name", _text(written, VALUE), optional=True)


def _choice(slot: Slot, values: Values) -> Iterator[Block]:
    options = {name: _option(name, name) for name in slot.choices}
    menu: Block = {"type": "static_select", "action_id": ids.FIELD, "options": list(options.values())}
    given = next(iter(values.get(ids.chosen(slot.field), ())), slot.choices[0] if not slot.required else "")
    if given in options:
        menu["initial_option"] = options[given]
    label = f"{slot.field.capitalize()}: {slot.help}"
    yield _input(ids.chosen(slot.field), label, menu, optional=not slot.required)


_DRAWN: Final[dict[SlotKind, Callable[[Slot, Values], Iterator[Block]]]] = {
    SlotKind.PODS: _pods,
    SlotKind.ADDRESSES: _addresses,
    SlotKind.CLUSTER: _cluster,
    SlotKind.CHOICE: _choice,
    SlotKind.ALLOWED: _allowed,
    SlotKind.STEPS: _steps,
}


def _lease(values: Values) -> Block:
    given = " ".join(values.get(ids.LEASE, ()))
    hint = "30m, 4h, 1d or 1h30m; left empty, what the policy says."
    return _input(ids.LEASE, "For how long", _text(given, VALUE), hint, optional=True)


def _reason(values: Values) -> Block:
    given = " ".join(values.get(ids.REASON, ()))
    element = _text(given, WHY) | {"multiline": True}
    return _input(ids.REASON, "Why", element, "Everybody who sees the request reads this.", optional=True)


def _note() -> Block:
    return context("Nobody is asked yet: next you see the plan.")


def _text(given: str, most: int) -> Block:
    element: Block = {"type": "plain_text_input", "action_id": ids.FIELD, "max_length": most}
    return element | ({"initial_value": given[:most]} if given.strip() else {})


def _input(block_id: str, label: str, element: Block, hint: str = "", *, optional: bool = False) -> Block:
    made: dict[str, Any] = {
        "type": "input",
        "block_id": block_id,
        "label": plain(label, 200),
        "element": element,
        "optional": optional,
    }
    return made | ({"hint": plain(hint, 300)} if hint else {})


def _option(text: str, value: str) -> Block:
    return {"text": plain(shortened(text), TEXT), "value": value[:VALUE]}


def shortened(text: str) -> str:
    """Return a text that fits an option, its middle left out: both ends of a pod's name tell it from others."""
    shown = visible(text)
    if len(shown) <= TEXT:
        return shown
    return f"{shown[: TEXT // 3]}…{shown[-(TEXT - TEXT // 3 - 1) :]}"
