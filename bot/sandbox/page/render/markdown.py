"""The markdown block: CommonMark with tables, without raw HTML and without pictures."""

from functools import cache
from typing import Final

from markdown_it import MarkdownIt
from markupsafe import Markup

SCHEMES: Final = ("http://", "https://", "mailto:")


def markdown(text: str) -> Markup:
    """Return markdown as HTML; tags written in it stay text, and a picture stays its source."""
    return Markup(_reader().render(text))  # noqa: S704 - raw HTML is off and every address is checked


class _Reader(MarkdownIt):
    """The library asks its reader which addresses may be linked."""

    def validateLink(self, url: str) -> bool:  # noqa: N802 - its name there
        """Whether it is a web or mail address."""
        return url.strip().lower().startswith(SCHEMES)


@cache
def _reader() -> MarkdownIt:
    reader = _Reader("commonmark", {"html": False, "breaks": True, "xhtmlOut": False})
    reader.enable(["table", "strikethrough"])
    return reader.disable(["image", "html_block", "html_inline", "reference"])
