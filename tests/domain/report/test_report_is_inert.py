"""Nothing that people or systems wrote becomes a formula, a link or a tag in a report, whatever it is."""

import csv
import html.parser
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.adapters.report import page
from bot.domain.hidden import hidden
from bot.domain.report.composing import compose
from bot.domain.report.markdown import code, markdown
from bot.domain.report.table import STARTS, cell, table
from tests.domain.report.given import source

HOSTILE = (
    '=HYPERLINK("https://evil.example")',
    "  +cmd|' /C calc'!A0",
    "-1+1",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "＝1+1",  # noqa: RUF001 - that is the trap
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "[x](javascript:alert(1)) <https://evil.example> https://evil.example www.evil.example a@evil.example",
    "# heading\n- item\n\n    code\n| a | b |\n|---|---|\n\n---\n",
    "``` ` `` &lt;b&gt; &#60; \\` \u202e\u2066\u200b",
    '"><svg/onload=alert(1)>{{ 7*7 }}{% raw %}',
)
texts = st.one_of(
    st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
)


class Tags(html.parser.HTMLParser):
    """Collects tags with their attributes, and the text between."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(document: str) -> Tags:
    parser = Tags()
    parser.feed(document)
    parser.close()
    return parser


HARMLESS = read(page(compose(source("harmless"))))


@given(texts)
def test_a_page_has_the_same_tags_whatever_stands_in_it(text: str) -> None:
    found = read(page(compose(source(text))))
    same = [tag for tag in found.tags if tag[0] != "meta"]
    assert same == [tag for tag in HARMLESS.tags if tag[0] != "meta"] or _only_empty(text)
    assert all(value is None or "//" not in value for _, attributes in found.tags for _, value in attributes)
    assert not any(hidden(c) and c != "\n" for line in found.text for c in line)


def _only_empty(text: str) -> bool:
    return not text.strip()


@given(texts)
def test_markdown_renders_outside_words_as_code_and_as_nothing_else(text: str) -> None:
    for preset in (MarkdownIt("commonmark"), MarkdownIt("gfm-like", {"linkify": False, "html": True})):
        tags = {tag for tag, _ in read(preset.render(markdown(compose(source(text))))).tags}
        assert tags <= {
            "h1",
            "h2",
            "h3",
            "p",
            "ul",
            "li",
            "code",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "hr",
        } - {"hr"}


@given(texts)
def test_a_code_span_says_exactly_what_was_written_with_the_hidden_spelt_out(text: str) -> None:
    shown = read(MarkdownIt("commonmark").render(f"x {code(text)} y"))
    assert [tag for tag, _ in shown.tags if tag != "p"] in (["code"], [])
    if "code" in dict(shown.tags):
        assert "\n" not in "".join(shown.text).strip("\n")


@given(texts)
def test_no_cell_of_the_table_begins_a_formula(text: str) -> None:
    for row in csv.reader(io.StringIO(table(compose(source(text))))):
        assert len(row) == 11
        for one in row:
            assert not one.lstrip()[:1] or one.lstrip()[0] not in STARTS
            assert "\n" not in one
            assert "\t" not in one


@pytest.mark.parametrize("text", HOSTILE)
def test_every_hostile_word_still_stands_in_all_three_as_text(text: str) -> None:
    report = compose(source(text))
    core = "evil.example" if "evil.example" in text else text.strip()[-4:].strip()
    if all(not hidden(c) for c in core) and core.isascii() and "`" not in core:
        assert core in "".join(read(page(report)).text)
        assert core in markdown(report)
    assert cell("plain") == "plain"


def test_the_page_asks_nobody_for_anything() -> None:
    document = page(compose(source("x")))
    tags = read(document).tags
    assert not {tag for tag, _ in tags} & {
        "script",
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "form",
        "base",
        "svg",
    }
    policy = next(dict(a)["content"] for tag, a in tags if tag == "meta" and dict(a).get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    links = {dict(a)["href"] for tag, a in tags if tag == "a"}
    ids = {dict(a).get("id") for _, a in tags}
    assert links
    assert all(link and link[0] == "#" and link[1:] in ids for link in links)
