"""What stood on a card is read out as plain lines, whatever was in it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.report.calling import Calling
from bot.domain.report.wording import card_lines, readable

CALLING = Calling({"T0HOST:U0ALICE": "Alice", "T0HOST:U0TWICE": "One", "T0OTHER:U0TWICE": "Two"})


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("*Asked by* <@U0ALICE>", "Asked by Alice (T0HOST:U0ALICE)"),
        ("<@U0NOBODY|anybody>", "U0NOBODY"),
        ("<@U0TWICE>", "U0TWICE"),
        ("<!subteam^S0SEC>", "group S0SEC"),
        ("<!subteam^S0SEC|security>", "security (S0SEC)"),
        ("<!date^1795253591^{date_short_pretty} {time_secs}|whatever>", "2026-11-21 09:33:11 UTC"),
        ("<!date^999999999999^{date}|x>", "999999999999"),
        ("<https://evil.example|payments>", "payments (https://evil.example)"),
        ("<!here> <#C0INC|incident>", "@here incident (#C0INC)"),
        ("a_b_c 2*3*4 ~gone~ `code`", "a_b_c 2*3*4 gone code"),
        ("&lt;@U0ALICE&gt; &amp;lt;", "<@U0ALICE> &lt;"),
    ],
)
def test_marks_become_words(marked: str, plain: str) -> None:
    assert readable(marked, CALLING) == plain


def test_elements_of_rich_text_are_read_too() -> None:
    elements = [
        {"type": "text", "text": "by "},
        {"type": "user", "user_id": "U0ALICE"},
        {"type": "text", "text": " at "},
        {"type": "date", "timestamp": 1795253591, "format": "{time}"},
        {"type": "link", "url": "https://evil.example", "text": " x"},
    ]
    button = {
        "type": "button",
        "text": {"type": "plain_text", "text": "Approve"},
        "confirm": {"text": "hidden"},
    }
    blocks = [
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]},
        {"type": "actions", "elements": [button]},
        {"type": "header", "text": {"type": "plain_text", "text": "*not* bold"}},
    ]
    assert card_lines(json.dumps({"blocks": blocks}), CALLING) == (
        "by Alice (T0HOST:U0ALICE) at 2026-11-21 09:33:11 UTC x (https://evil.example)",
        "[Approve]",
        "*not* bold",
    )


@pytest.mark.parametrize("name", ["Bob (T0HOST:U0BOB)", "U0BOB1", "x" * 61, "a\nb", "<!here>", ""])
def test_a_name_that_could_pass_for_an_id_is_left_out(name: str) -> None:
    assert Calling({"T0HOST:U0ALICE": name}).person("T0HOST:U0ALICE") == "T0HOST:U0ALICE"


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["type", "text", "elements", "blocks", "timestamp"]), inner)
        ),
    )
)
def test_whatever_a_card_holds_it_is_read_without_failing(value: object) -> None:
    assert all("\n" not in line for line in card_lines(json.dumps({"blocks": value}), CALLING))
