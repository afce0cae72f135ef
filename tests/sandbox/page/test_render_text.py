"""Text as Slack would show it, and never as anything else."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.slack.text import escape as escaped_by_the_bot
from bot.sandbox.page.render import Names
from bot.sandbox.page.render.markdown import markdown
from bot.sandbox.page.render.mrkdwn import mrkdwn, plain
from bot.sandbox.page.render.rich import rich
from tests.sandbox.page.markup import read

NOW = datetime(2026, 3, 4, 2, 14, 9, tzinfo=UTC)
NAMES = Names(users={"U0A": "Alice <b>"}, groups={"S0": "oncall"}, channels={"C0": "ir"}, now=NOW)
TAGS = {"p", "br", "b", "i", "s", "code", "pre", "blockquote", "a", "time", "span", "bdi"}
ATTRIBUTES = {"dir", "tabindex", "href", "rel", "target", "datetime", "title", "class"}
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<javascript:alert(1)|click>",
    '<https://x.example/"onmouseover=alert(1)|y>',
    "<JaVaScRiPt:alert(1)>",
    "<data:text/html,x|y>",
    "<!date^1^{date}^javascript:alert(1)|x>",
    "<!subteam^S0|<b>>",
    "```</code></pre><script>```",
    "`</code><b>`",
    "&lt;script&gt;&amp;lt;b&amp;gt;&#60;i&#62;",
    "*_~*_~*_~" * 40,
    "> <b>\n>>> <i>",
    "\u202e<b>\u2066 שלום 👩‍🚒",
    "\x00\ud800",
    "<" * 50,
)
pieces = st.one_of(
    st.sampled_from(HOSTILE), st.text(max_size=12), st.text("*_~`<>|!@#&;:\n \u200bax^{}", max_size=20)
)
texts = st.lists(pieces, max_size=6).map("".join)


@given(texts)
def test_no_text_becomes_a_tag_an_attribute_or_a_script_address(text: str) -> None:
    found = read(mrkdwn(text, NAMES))

    assert set(found.tags) <= TAGS
    assert {name for _, name, _ in found.attributes} <= ATTRIBUTES
    assert all(href.lower().startswith(("http://", "https://", "mailto:")) for href in found.values("href"))
    mrkdwn(text, NAMES).encode("utf-8")


@given(texts)
def test_plain_text_stays_what_it_is(text: str) -> None:
    found = read(plain(text, emoji=False))

    told = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace").replace("\x00", "\ufffd")
    assert found.text == told.replace("\r\n", "\n")
    assert set(found.tags) <= {"br"}


@given(texts)
def test_the_text_of_rich_text_stays_what_it_is(text: str) -> None:
    element = {"type": "text", "text": text, "style": {"bold": True, "code": True}}
    section = {"type": "rich_text_section", "elements": [element]}

    found = read(rich({"type": "rich_text", "elements": [section]}, NAMES))

    assert set(found.tags) <= {"p", "b", "code", "br"}
    assert "href" not in {name for _, name, _ in found.attributes}


@given(st.text(max_size=60))
def test_what_the_bot_escapes_is_read_as_it_was_written(text: str) -> None:
    found = read(mrkdwn(escaped_by_the_bot(text), NAMES))

    assert set(found.tags) <= {"p"}


@given(texts)
def test_markdown_lets_no_tag_picture_or_script_address_through(text: str) -> None:
    found = read(markdown(text.encode("utf-8", "replace").decode()))

    assert not {"script", "img", "iframe", "object", "style"} & set(found.tags)
    assert not [name for _, name, _ in found.attributes if name.startswith("on")]
    assert all(href.lower().startswith(("http://", "https://", "mailto:")) for href in found.values("href"))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*b* _i_ ~s~ `c *x*`", '<p dir="auto"><b>b</b> <i>i</i> <s>s</s> <code dir="auto">c *x*</code></p>'),
        ("2*3*4 a_b_c", '<p dir="auto">2*3*4 a_b_c</p>'),
        ("*not\nbold*", '<p dir="auto">*not<br>bold*</p>'),
        ("*_both_*", '<p dir="auto"><b><i>both</i></b></p>'),
        ("&gt; quoted\nnot", '<blockquote dir="auto">quoted</blockquote><p dir="auto">not</p>'),
        ("&gt;&gt;&gt;a\nb", '<blockquote dir="auto">a<br>b</blockquote>'),
        ("```\n*a*\nb\n```", '<pre tabindex="0" dir="auto"><code>*a*\nb</code></pre>'),
        ("<@U0A>", '<p dir="auto"><span class="bk-mention"><bdi>@Alice &lt;b&gt;</bdi></span></p>'),
        ("<@U9|bo>", '<p dir="auto"><span class="bk-mention"><bdi>@bo</bdi></span></p>'),
        ("<!subteam^S0>", '<p dir="auto"><span class="bk-mention"><bdi>@oncall</bdi></span></p>'),
        ("<#C0>", '<p dir="auto"><span class="bk-mention"><bdi>#ir</bdi></span></p>'),
        ("<!here>", '<p dir="auto"><span class="bk-mention"><bdi>@here</bdi></span></p>'),
        (":sos: :nothing_known:", '<p dir="auto">🆘 :nothing_known:</p>'),
        ("&lt;@U0A&gt; &amp;amp;", '<p dir="auto">&lt;@U0A&gt; &amp;amp;</p>'),
        ("<javascript:x|y>", '<p dir="auto">&lt;javascript:x|y&gt;</p>'),
    ],
)
def test_marks_are_those_of_slack(text: str, html: str) -> None:
    assert mrkdwn(text, NAMES) == html


@pytest.mark.parametrize(
    ("form", "offset", "told"),
    [
        ("{date_short_pretty} {time_secs}", 0, "Today 02:14:09 UTC"),
        ("{date_short_pretty}", -86400, "Yesterday"),
        ("{date_pretty}", -10 * 86400, "February 22, 2026"),
        ("{ago}", -3700, "1 hour ago"),
        ("{ago}", 120, "in 2 minutes"),
        ("{nothing} {date_num}", 0, "{nothing} 2026-03-04"),
    ],
)
def test_a_date_is_told_as_the_reader_needs_it(form: str, offset: int, told: str) -> None:
    at = int((NOW + timedelta(seconds=offset)).timestamp())

    found = read(mrkdwn(f"<!date^{at}^{form}|else>", NAMES))

    assert found.text == told
    assert found.values("datetime") == [f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"]


def test_a_date_that_is_none_shows_its_fallback() -> None:
    assert read(mrkdwn("<!date^999999999999^{date}|no date>", NAMES)).text == "no date"
