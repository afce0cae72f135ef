"""Messages, forms and homes as elements that keyboards, screen readers and scripts can use."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.slack.card import details, paint
from bot.engine.reading import Shown
from bot.sandbox.page.render import MessageView, Names, home, message, modal, stylesheet, toast
from bot.sandbox.slack.blockkit.blocks import IN_MESSAGE, IN_VIEW
from tests.adapters.slack.staging import APPROVERS, shown
from tests.adapters.slack.strange import anything_shown
from tests.gallery.pieces.kit import element, field, text
from tests.sandbox.page.markup import Found, read

NAMES = Names(users={"U0ALICE": "Alice"})
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


def shows(*blocks: dict[str, Any], **more: Any) -> Found:
    return read(
        message(MessageView(author="Firebreak", ts="1772590449.000100", blocks=blocks, names=NAMES, **more))
    )


def form(*blocks: dict[str, Any], **more: Any) -> Found:
    return read(
        modal(
            {"type": "modal", "id": "V1", "title": text("Ask"), "submit": text("Go"), "blocks": blocks},
            NAMES,
            **more,
        )
    )


@settings(max_examples=20)
@given(anything_shown())
def test_any_card_is_shown_whole_and_says_nothing_it_does_not_know(of: Shown) -> None:
    painted = paint(of, APPROVERS)

    found = shows(*painted.blocks, text=painted.text)

    ids = found.values("id")
    assert len(ids) == len(set(ids))
    assert "unknown" not in found.text or "unknown" in repr(painted).lower()
    assert {"script", "img", "iframe", "style"}.isdisjoint(found.tags)
    assert not [name for _, name, _ in found.attributes if name.startswith("on") or name in {"style", "src"}]


@settings(max_examples=20)
@given(anything_shown())
def test_the_details_of_any_card_are_a_dialog(of: Shown) -> None:
    found = read(modal(details(of), NAMES))

    assert found.values("role")[0] == "dialog"
    assert {"script", "img"}.isdisjoint(found.tags)


def test_every_button_of_a_card_carries_what_a_click_needs() -> None:
    painted = paint(shown(), APPROVERS)
    wanted = [one for block in painted.blocks if block["type"] == "actions" for one in block["elements"]]

    found = shows(*painted.blocks)

    assert found.values("data-action-id") == [one["action_id"] for one in wanted]
    assert found.values("data-value") == [one["value"] for one in wanted]
    asked = [one["confirm"] for one in wanted if "confirm" in one]
    assert found.values("data-confirm-text") == [one["text"]["text"] for one in asked]
    assert found.values("data-confirm-yes") == [one["confirm"]["text"] for one in asked]


def test_a_message_is_an_article_that_its_heading_and_time_name() -> None:
    found = shows(ephemeral=True, replies=1, text="*hello*")

    (labels,) = found.values("aria-labelledby")
    assert set(labels.split()) <= set(found.values("id"))
    assert found.tags[0] == "article"
    assert "Only visible to you" in found.text
    assert "1 reply" in found.text
    assert "hello" in found.text


def test_the_same_message_in_two_places_has_two_sets_of_ids() -> None:
    here, there = shows(place="channel"), shows(place="thread")

    assert set(here.values("id")).isdisjoint(there.values("id"))


@pytest.mark.parametrize("kind", sorted({*IN_MESSAGE, *IN_VIEW} - {"card"}))
def test_each_block_that_slack_takes_is_shown_even_with_nothing_in_it(kind: str) -> None:
    shows({"type": kind})


@pytest.mark.parametrize("kind", ["hologram", "video", "", None])
def test_an_unknown_block_says_so(kind: str | None) -> None:
    assert "[unknown block: " in shows({"type": kind}).text


def test_a_picture_is_never_fetched_and_stands_as_its_words() -> None:
    found = shows({"type": "image", "image_url": "https://evil.invalid/x.png", "alt_text": "bytes over time"})

    assert "evil" not in repr(found.attributes)
    assert "bytes over time" in found.values("aria-label")


@pytest.mark.parametrize(
    "kind",
    [
        "plain_text_input",
        "number_input",
        "email_text_input",
        "static_select",
        "external_select",
        "users_select",
        "datetimepicker",
    ],
)
def test_each_field_has_a_label_a_hint_and_its_error(kind: str) -> None:
    block = field("What", element(kind), hint=text("as on the pager"))

    found = form(block, errors={f"b_{kind}": "Say what."})

    (key,) = found.values("for")
    control = [name for name, attribute, value in found.attributes if (attribute, value) == ("id", key)]
    assert control in (["input"], ["select"], ["textarea"])
    (said,) = found.values("aria-describedby")
    assert set(said.split()) <= set(found.values("id"))
    assert "Say what." in found.text
    assert "as on the pager" in found.text
    assert "true" in found.values("aria-invalid")


@pytest.mark.parametrize("kind", ["checkboxes", "radio_buttons", "multi_static_select"])
def test_a_field_of_choices_is_a_group_with_its_label(kind: str) -> None:
    options = [{"text": text(one), "value": one} for one in ("a", "b")]

    found = form(field("Which", element(kind, options=options)), filled={f"b_{kind}": {f"kit_{kind}": ["b"]}})

    assert "fieldset" in found.tags
    assert "Which" in found.text
    assert found.values("value") == ["a", "b"]
    assert [one for one in found.attributes if one[1] == "checked"] == [("input", "checked", "")]


def test_what_was_typed_stands_in_place_of_what_was_there_first() -> None:
    block = field("Why", element("plain_text_input", initial_value="old", multiline=True))

    assert "new" in form(block, filled={"b_plain_text_input": {"kit_plain_text_input": "new"}}).text
    assert "old" in form(block).text


@given(st.sampled_from(["placeholder", "label", "value", "hint", "options", "initial"]))
def test_hostile_words_in_a_form_stay_words(place: str) -> None:
    said = {
        one: HOSTILE if one == place else "fine"
        for one in ("placeholder", "label", "value", "hint", "options", "initial")
    }
    option = {"text": text(said["options"]), "value": said["value"]}
    found = form(
        field(
            said["label"],
            element("plain_text_input", placeholder=text(said["placeholder"]), initial_value=said["initial"]),
            hint=text(said["hint"]),
        ),
        field("x", element("static_select", options=[option], initial_option=option)),
        field("y", element("external_select", initial_option=option)),
        field("z", element("checkboxes", options=[option])),
        errors={"b_plain_text_input": HOSTILE},
    )

    assert {"script", "img"}.isdisjoint(found.tags)
    assert not [name for _, name, _ in found.attributes if name.startswith("on")]


def test_a_container_folds_and_a_table_scrolls_in_its_own_box() -> None:
    inside = {"type": "section", "text": text("inside")}
    folded = {"type": "container", "title": text("More"), "is_collapsible": True, "default_collapsed": True}
    cell = {"type": "raw_text", "text": "x"}

    found = shows(
        {**folded, "child_blocks": [inside]}, {"type": "table", "rows": [[cell, cell], [cell, cell]]}
    )

    assert "details" in found.tags
    assert not [one for one in found.attributes if one[:2] == ("details", "open")]
    assert found.tags.count("th") == 2
    assert found.values("scope") == ["col", "col"]
    assert "region" in found.values("role")


def test_an_app_home_and_a_toast_are_named() -> None:
    shown_home = read(home({"type": "home", "blocks": [{"type": "header", "text": text("Waits for you")}]}))
    notice = read(toast(HOSTILE, "error"))

    assert set(shown_home.values("aria-labelledby")) <= set(shown_home.values("id"))
    assert notice.values("role") == ["alert"]
    assert "Error:" in notice.text
    assert HOSTILE in notice.text


def test_the_stylesheet_asks_nobody_for_anything() -> None:
    assert not [word for word in ("http", "//", "url(", "@import") if word in stylesheet()]
