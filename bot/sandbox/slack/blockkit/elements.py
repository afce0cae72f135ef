"""Block elements (docs.slack.dev/reference/block-kit/block-elements) and where each may stand."""

from collections.abc import Iterator, Mapping

from bot.sandbox.slack.blockkit.checks import (
    Check,
    Problem,
    Shape,
    anything,
    array,
    boolean,
    integer,
    one_of,
    string,
)
from bot.sandbox.slack.blockkit.objects import (
    ANY_OPTION,
    CONFIRM,
    OPTION_GROUP,
    PLAIN_OPTION,
    TYPE,
    plain,
    text,
)

IDENTITY: Mapping[str, Check] = {"action_id": string(255)}
FOCUS: Mapping[str, Check] = {**IDENTITY, "focus_on_load": boolean}
MENU: Mapping[str, Check] = {**FOCUS, "placeholder": plain(150), "confirm": CONFIRM}
DISPATCH = Shape({}, {"trigger_actions_on": array(one_of("on_enter_pressed", "on_character_entered"), 2)})

BUTTON = Shape(
    {**TYPE, "text": plain(75)},
    {
        **IDENTITY,
        "url": string(3000),
        "value": string(2000, 0),
        "style": one_of("primary", "danger"),
        "confirm": CONFIRM,
        "accessibility_label": string(75),
    },
)
IMAGE = Shape(
    {**TYPE, "alt_text": string(2000)},
    {"image_url": string(3000), "slack_file": anything, "title": plain(2000), "block_id": string(255)},
)
STATIC: Mapping[str, Check] = {
    **MENU,
    "options": array(PLAIN_OPTION, 100),
    "option_groups": array(OPTION_GROUP, 100),
}
MANY: Mapping[str, Check] = {"max_selected_items": integer}
EXTERNAL: Mapping[str, Check] = {**MENU, "min_query_length": integer}
CONVERSATIONS: Mapping[str, Check] = {
    **MENU,
    "filter": anything,
    "default_to_current_conversation": boolean,
    "response_url_enabled": boolean,
}


class _Static(Shape):
    """A menu has options or groups of them, never both."""

    def __call__(self, value: object, pointer: str) -> Iterator[Problem]:
        yield from super().__call__(value, pointer)
        if isinstance(value, Mapping) and ("options" in value) == ("option_groups" in value):
            yield Problem("exactly one of options and option_groups is required", pointer)


def _boxes(initial: str) -> Shape:
    choice = array(ANY_OPTION, 10) if initial.endswith("s") else ANY_OPTION
    return Shape({**TYPE, "options": array(ANY_OPTION, 10)}, {**FOCUS, "confirm": CONFIRM, initial: choice})


def _typed(extra: Mapping[str, Check]) -> Shape:
    base: Mapping[str, Check] = {
        **FOCUS,
        "placeholder": plain(150),
        "initial_value": string(3000),
        "dispatch_action_config": DISPATCH,
    }
    return Shape(TYPE, {**base, **extra})


ELEMENTS: Mapping[str, Check] = {
    "button": BUTTON,
    "image": IMAGE,
    "static_select": _Static(TYPE, {**STATIC, "initial_option": PLAIN_OPTION}),
    "multi_static_select": _Static(TYPE, {**STATIC, **MANY, "initial_options": array(PLAIN_OPTION, 100)}),
    "external_select": Shape(TYPE, {**EXTERNAL, "initial_option": PLAIN_OPTION}),
    "multi_external_select": Shape(TYPE, {**EXTERNAL, **MANY, "initial_options": array(PLAIN_OPTION, 100)}),
    "users_select": Shape(TYPE, {**MENU, "initial_user": string(255)}),
    "multi_users_select": Shape(TYPE, {**MENU, **MANY, "initial_users": anything}),
    "conversations_select": Shape(TYPE, {**CONVERSATIONS, "initial_conversation": string(255)}),
    "channels_select": Shape(TYPE, {**MENU, "initial_channel": string(255), "response_url_enabled": boolean}),
    "overflow": Shape({**TYPE, "options": array(PLAIN_OPTION, 5)}, {**IDENTITY, "confirm": CONFIRM}),
    "checkboxes": _boxes("initial_options"),
    "radio_buttons": _boxes("initial_option"),
    "datepicker": Shape(TYPE, {**MENU, "initial_date": string(10)}),
    "timepicker": Shape(TYPE, {**MENU, "initial_time": string(5), "timezone": string(255)}),
    "datetimepicker": Shape(TYPE, {**FOCUS, "confirm": CONFIRM, "initial_date_time": integer}),
    "plain_text_input": _typed({"multiline": boolean, "min_length": integer, "max_length": integer}),
    "number_input": _typed({"is_decimal_allowed": boolean, "min_value": anything, "max_value": anything}),
    "email_text_input": _typed({}),
    "url_text_input": _typed({}),
    "file_input": Shape(TYPE, {**IDENTITY, "filetypes": anything, "max_files": integer}),
    "rich_text_input": Shape(TYPE, {**FOCUS, "placeholder": plain(150), "initial_value": anything}),
    "feedback_buttons": Shape({**TYPE, "positive_button": anything, "negative_button": anything}, IDENTITY),
    "icon_button": Shape({**TYPE, "icon": one_of("trash"), "text": plain(75)}, {**IDENTITY, "value": string(2000, 0), "confirm": CONFIRM, "accessibility_label": string(75), "visible_to_user_ids": anything}),
    "mrkdwn": text(3000),
    "plain_text": text(3000),
}  # fmt: skip

TEXT_INPUTS = (
    "plain_text_input",
    "number_input",
    "email_text_input",
    "url_text_input",
    "file_input",
    "rich_text_input",
)
CHOICES = (
    *(name for name in ELEMENTS if name.endswith("_select")),
    "checkboxes",
    "radio_buttons",
    "datepicker",
    "timepicker",
    "datetimepicker",
)
ACTIONS = ("button", "overflow", *CHOICES)
ACCESSORIES = (*ACTIONS, "image")
INPUTS = (*TEXT_INPUTS, *CHOICES)
