"""HTML read back as a reader would: which tags, which attributes, which text."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = ("br", "hr", "input", "meta", "link")


@dataclass
class Found(HTMLParser):
    """What stands in a piece of HTML; ``open`` is what was never closed."""

    tags: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str, str]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    crossed: bool = False
    odd: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    @property
    def text(self) -> str:
        """All text, line breaks where the HTML has them."""
        return "".join(self.words)

    def values(self, name: str) -> list[str]:
        """Return what an attribute holds, wherever it stands."""
        return [value for _, key, value in self.attributes if key == name]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, key, value or "") for key, value in attrs]
        if tag == "br":
            self.words.append("\n")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.crossed = True

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        self.odd.append(data)

    def handle_decl(self, decl: str) -> None:
        self.odd.append(decl)

    def handle_pi(self, data: str) -> None:
        self.odd.append(data)

    def unknown_decl(self, data: str) -> None:
        self.odd.append(data)


def read(html: str) -> Found:
    """Read HTML; raises AssertionError where tags cross or stay open, or where a comment or declaration stands."""
    found = Found()
    found.feed(html)
    found.close()
    assert not found.crossed, html
    assert not found.open, html
    assert not found.odd, html
    return found
