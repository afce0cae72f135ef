"""What a person fills into a modal, as `view.state.values` carries it."""

from collections.abc import Mapping
from typing import Any

from bot.sandbox.slack.errors import NotPossibleError
from bot.sandbox.slack.views import View

Filled = Mapping[str, Mapping[str, Any]]
KEYS = {
    "plain_text_input": "value",
    "number_input": "value",
    "email_text_input": "value",
    "url_text_input": "value",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "users_select": "selected_user",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
    "multi_users_select": "selected_users",
}
ONE = ("static_select", "radio_buttons", "external_select")
MANY = ("checkboxes", "multi_static_select", "multi_external_select")
INITIAL = (
    "initial_value",
    "initial_option",
    "initial_options",
    "initial_date",
    "initial_time",
    "initial_date_time",
    "initial_user",
)


def state_values(view: View, filled: Filled, *, forged: bool = False) -> dict[str, dict[str, Any]]:
    """Fill a modal: `filled` is {block_id: {action_id: text, date, option's value or list of values}}.

    Raises `NotPossibleError` where the client would not let it go: unknown field, unknown option, required but empty.
    """
    inputs = {str(block["block_id"]): block for block in view.blocks if block.get("type") == "input"}
    if unknown := set(filled) - set(inputs):
        raise NotPossibleError(f"the modal has no input block {sorted(unknown)}; it has {sorted(inputs)}")
    values: dict[str, dict[str, Any]] = {}
    for name, block in inputs.items():
        element = block["element"]
        action = str(element.get("action_id", ""))
        given = filled.get(name, {}).get(action, _initial(element))
        if given in (None, "", []) and not block.get("optional") and not forged:
            raise NotPossibleError(f"the input block {name} must be filled")
        values[name] = {action: _field(element, given, forged=forged)}
    return values


def _initial(element: Mapping[str, Any]) -> Any:
    for name in INITIAL:
        if name in element:
            found = element[name]
            plural = [each["value"] for each in found] if isinstance(found, list) else found
            return plural["value"] if isinstance(plural, Mapping) else plural
    return None


def _field(element: Mapping[str, Any], given: Any, *, forged: bool) -> dict[str, Any]:
    kind = str(element["type"])
    if kind in ONE:
        return {
            "type": kind,
            "selected_option": None if given is None else _option(element, given, forged=forged),
        }
    if kind in MANY:
        return {
            "type": kind,
            "selected_options": [_option(element, each, forged=forged) for each in given or ()],
        }
    return {"type": kind, KEYS.get(kind, "value"): given}


def _option(element: Mapping[str, Any], value: Any, *, forged: bool) -> Mapping[str, Any]:
    groups = element.get("option_groups") or [{"options": element.get("options", [])}]
    for option in (each for group in groups for each in group["options"]):
        if option["value"] == value:
            found: Mapping[str, Any] = option
            return found
    if forged or element["type"].endswith("external_select"):
        return {"text": {"type": "plain_text", "text": str(value)}, "value": value}
    raise NotPossibleError(f"there is no option {value!r}")
