"""Every block and element that the page can show, in one message, one form and one App Home."""

from collections.abc import Iterator
from typing import Any, Final

from tests.gallery.piece import Piece

Json = dict[str, Any]
MRKDWN: Final = (
    "*bold* _italic_ ~struck~ `code <b>` and <https://example.invalid/runbook|a link> for <@U0ALICE>, "
    "<!subteam^S0ONCALL> in <#C0IR> :rotating_light: at <!date^1772590449^{date_short_pretty} {time_secs} ({ago})|then>\n"
    "> quoted &lt;script&gt;\n```kubectl get pods -n payments\n*not bold*```"
)


def text(words: str) -> Json:
    """Return plain text."""
    return {"type": "plain_text", "text": words}


def choice(words: str, value: str = "") -> Json:
    """Return an option."""
    return {"text": text(words), "value": value or words}


def marked(words: str) -> Json:
    """Return mrkdwn."""
    return {"type": "mrkdwn", "text": words}


def element(kind: str, **more: Any) -> Json:
    """Return an element with an id of its own."""
    return {"type": kind, "action_id": f"kit_{kind}", **more}


def field(label: str, of: Json, **more: Any) -> Json:
    """Return an input block."""
    return {"type": "input", "block_id": f"b_{of['type']}", "label": text(label), "element": of, **more}


CONFIRM: Final = {
    "title": text("Sure?"),
    "text": text("It is undone at once."),
    "confirm": text("Yes"),
    "deny": text("Back"),
}
PODS: Final = [choice("api-7d9f"), choice("api-8c21"), choice("worker-0")]
TABLE: Final[Json] = {
    "type": "table",
    "column_settings": [{"align": "left", "is_wrapped": True}, {"align": "right"}],
    "rows": [
        [{"type": "raw_text", "text": one} for one in ("Peer", "Bytes", "Port", "Protocol", "First seen", "Last seen")],
        *(
            [{"type": "raw_text", "text": one} for one in (f"203.0.113.{i} beacon.example", f"{i * 4096}", "443", "TCP", "02:01:07", "02:13:59")]
            for i in range(1, 4)
        ),
    ],
}  # fmt: skip
RICH: Final[Json] = {
    "type": "rich_text",
    "elements": [
        {"type": "rich_text_section", "elements": [{"type": "text", "text": "Rich *text* is <b>text</b>, "}, {"type": "user", "user_id": "U0BOB"}, {"type": "emoji", "name": "eyes"}, {"type": "link", "url": "https://example.invalid", "text": " a link"}]},
        {"type": "rich_text_list", "style": "ordered", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "first", "style": {"bold": True}}]}]},
        {"type": "rich_text_list", "style": "bullet", "indent": 1, "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "within"}]}]},
        {"type": "rich_text_quote", "elements": [{"type": "text", "text": "a quote"}]},
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "az network firewall list"}]},
    ],
}  # fmt: skip


def pieces() -> Iterator[Piece]:
    """Return the samplers."""
    yield Piece(
        "kit-message", "message", {"blocks": list(_message()), "replies": 3}, "Every block of a message."
    )
    wrong = {"b_number_input": "Between 1 and 60.", "b_multi_static_select": "At most one."}
    form = {
        "type": "modal",
        "errors": wrong,
        "title": text("Every field"),
        "submit": text("Ask"),
        "blocks": list(_form()),
    }
    yield Piece("kit-form", "modal", form, "Every field of a form, two of them filled in wrongly.")
    home = {"type": "home", "blocks": list(_message())[:6]}
    yield Piece("kit-home", "home", home, "An App Home made of the same blocks.")
    for level in ("info", "success", "warning", "error"):
        said = {"text": "Slack did not take the message; it is tried again", "level": level}
        yield Piece(f"kit-toast-{level}", "toast", said, f"A short notice of the level {level}.")


def _message() -> Iterator[Json]:
    yield {"type": "header", "text": text("A header :fire:")}
    yield {"type": "section", "text": marked(MRKDWN), "accessory": element("overflow", options=PODS[:2])}
    yield {"type": "section", "fields": [marked("*Asked*\n02:14:09"), marked("*Approved*\n02:14:31")]}
    yield RICH
    yield {"type": "divider"}
    yield TABLE
    yield {"type": "actions", "elements": [element("button", text=text("Approve"), style="primary", value="1", confirm=CONFIRM), {**element("button", text=text("Roll back"), style="danger", value="2"), "action_id": "kit_other"}, element("static_select", placeholder=text("A pod"), options=PODS)]}  # fmt: skip
    yield {"type": "container", "title": text("Folded away"), "is_collapsible": True, "default_collapsed": True, "child_blocks": [RICH]}  # fmt: skip
    yield {"type": "image", "image_url": "https://example.invalid/x.png", "alt_text": "bytes over time", "title": text("Traffic")}  # fmt: skip
    yield {"type": "markdown", "text": "**Markdown** with `code`, <b>no tag</b>\n\n1. one\n2. two\n\n| a | b |\n| - | - |\n| 1 | 2 |"}  # fmt: skip
    yield {"type": "context", "elements": [marked("FB-7K3Q · plan `0123456789ab`"), text("small print")]}
    yield {"type": "hologram"}


def _form() -> Iterator[Json]:
    yield {
        "type": "alert",
        "level": "warning",
        "text": marked("This can't be undone: type *api-7d9f* to go on."),
    }
    yield field(
        "Reason", element("plain_text_input", multiline=True, initial_value="beaconing אל 203.0.113.7")
    )
    yield field("Cluster", element("static_select", options=[choice("prod"), choice("staging")], initial_option=choice("prod")))  # fmt: skip
    yield field("Pod", element("external_select", placeholder=text("Type three letters"), min_query_length=3), hint=text("As of 20 s ago"))  # fmt: skip
    yield field("More pods", element("multi_external_select", initial_options=PODS[:2]), optional=True)
    yield field("Approver", element("users_select", initial_user="U0BOB"))
    yield field("Minutes", element("number_input", is_decimal_allowed=False, min_value="1", max_value="60"))
    yield field("Until", element("datetimepicker", initial_date_time=1772600000), optional=True)
    yield field("Way", element("radio_buttons", options=PODS[:2], initial_option=PODS[0]))
    yield field("Keep", element("checkboxes", options=[{**choice("DNS"), "description": text("port 53")}]), optional=True)  # fmt: skip
    yield field("Some of these", element("multi_static_select", options=PODS, initial_options=PODS[1:]))
