"""What comes in is made plain, what goes out is made harmless."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.slack.text import LONGEST, block, escape, incoming, visible
from bot.domain.hidden import hidden
from tests.adapters.slack.strange import HOSTILE

written = st.one_of(st.sampled_from(HOSTILE), st.text(), st.text(alphabet="<>&|@#!:/.*_~`abc \u200b\u202e-"))


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        ("block <http://203.0.113.7|203.0.113.7>", "block 203.0.113.7"),
        ("block <http://203.0.113.7>", "block 203.0.113.7"),
        ("block <http://203.0.113.7/24|203.0.113.7/24>", "block 203.0.113.7/24"),
        ("because <https://example.com/a?b=1&amp;c=2>", "because https://example.com/a?b=1&c=2"),
        ("because <mailto:soc@example.com|soc@example.com> said", "because soc@example.com said"),
        ("because <@U123|alice> in <#C1|general>", "because @alice in #general"),
        ("because <@U123> and <!here> and <!subteam^S1|@oncall>", "because @U123 and @here and @oncall"),
        ("because \u201cit\u2019s\u201d bad \u2014 very", 'because "it\'s" bad - very'),
        ("a\u00a0b\u200b\ufeffc", "a bc"),
        ("\uff42lock x", "block x"),
        ("a &lt;b&gt; &amp;lt;", "a <b> &lt;"),
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("\u202egnp.exe", "gnp.exe"),
        ("  ends  ", "ends"),
    ],
)
def test_what_slack_and_its_clients_did_to_a_text_is_undone(sent: str, typed: str) -> None:
    assert incoming(sent) == typed


@given(written)
def test_what_comes_in_is_bounded_and_holds_nothing_hidden(sent: str) -> None:
    typed = incoming(sent * 50)

    assert len(typed) <= LONGEST + 1
    assert not any(hidden(c) for c in typed)


@given(written)
def test_a_typed_text_that_goes_out_and_is_copied_comes_in_the_same(sent: str) -> None:
    typed = incoming(sent)

    assert incoming(escape(typed)) == typed


@given(written)
def test_nothing_that_goes_out_is_mark_up(text: str) -> None:
    sent = escape(text)

    assert "<" not in sent
    assert ">" not in sent
    assert not re.sub(r"&(amp|lt|gt);", "", sent).count("&")
    for mark in "*_~`@#:":
        assert all(
            sent[m.start() - 1] == sent[m.end()] == "\u200b" for m in re.finditer(re.escape(mark), sent)
        )
    assert "://" not in sent


@given(written, st.integers(1, 40))
def test_a_bound_holds_and_cuts_no_entity_in_half(text: str, most: int) -> None:
    sent = escape(text, most)

    assert len(sent) <= most
    assert not re.sub(r"&(amp|lt|gt);", "", sent).count("&")
    assert sent.endswith("…") or sent == escape(text)


@given(written)
def test_hidden_characters_show_as_escapes(text: str) -> None:
    assert not any(hidden(c) for c in visible(text))
    assert not any(hidden(c) for c in block(text).replace("\n", ""))
    assert not any(hidden(c) for c in escape(text).replace("\u200b", ""))
    visible(text).encode()


def test_a_text_without_anything_hidden_is_shown_as_it_is() -> None:
    assert visible("payments/api-7d9f <!channel> 🔥") == "payments/api-7d9f <!channel> 🔥"
    assert visible("\u202egnp") == "\\u202egnp"
    assert visible("abcdef", 4) == "abc…"


def test_a_text_that_begins_like_a_quotation_is_none() -> None:
    assert escape("> approved by bob") == "\u200b&gt; approved by bob"
    assert incoming(escape("> x")) == "> x"
