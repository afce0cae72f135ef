"""One row: what a person did, what Firebreak answers, and what to do next."""

import html
import re
from typing import Final

import msgspec

from bot.adapters.slack.mistakes import Mistake, advised
from bot.domain.findings import Refusal

# What is new in each run is shown as the same example in each, so that the page changes only with the answers.
EXAMPLES: Final = (
    (re.compile(r"\bFB-[0-9A-Z]{5,}\b"), "FB-7K3Q"),
    (re.compile(r"\bIN-[0-9A-Z]{5,}\b"), "IN-7K3Q"),
    (re.compile(r"\b(?=[0-9a-f]*[a-f0-9])[0-9a-f]{12}\b"), "0a1b2c3d4e5f"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)? UTC"), "2026-01-31 02:14 UTC"),
    (re.compile(r"(?<=/log\+)[0-9a-f]{8}\+[A-Za-z0-9+/=]{44}"), "0a1b2c3d+<the key>"),
    (re.compile(r"\(process \d+\)"), "(process 4711)"),
)


class Row(msgspec.Struct, frozen=True):
    """``code`` is the refusal's, empty for a word that was not understood; the rest is plain text."""

    did: str
    code: str
    text: str
    remedy: str

    @classmethod
    def refused(cls, did: str, refusal: object) -> "Row":
        """Return the row of an answer that must be a refusal."""
        assert isinstance(refusal, Refusal), (did, refusal)
        return cls(_same(did), refusal.code, _same(refusal.text), _same(refusal.remedy.strip()))

    @classmethod
    def told(cls, did: str, text: str, remedy: str) -> "Row":
        """Return the row of an answer of the command line."""
        return cls(_same(did), "", _same(text), _same(remedy))

    @classmethod
    def mistaken(cls, line: str, found: object) -> "Row":
        """Return the row of a line that must not be understood."""
        assert isinstance(found, Mistake), (line, found)
        return cls(f"/ir {line}", "", found.text, " ".join(advised(found)))


def table(rows: tuple[Row, ...]) -> str:
    """Return rows as a table of a page, in which nothing becomes mark-up."""
    body = [f"| {_typed(r.did)} | {_cell(r.text)} | {_cell(r.remedy)} |\n" for r in rows]
    return "".join(
        ("| what you typed or did | Firebreak answers | what to do next |\n|---|---|---|\n", *body)
    )


def _same(text: str) -> str:
    for pattern, example in EXAMPLES:
        text = pattern.sub(example, text)
    return text


def _typed(text: str) -> str:
    """A command line stands as what is typed, too."""
    return f"<kbd>{_cell(text)}</kbd>" if text.partition(" ")[0] == "firebreak" else _cell(text)


def _cell(text: str) -> str:
    """Return text for a cell; a command stands as what is typed, since most of these are wrong on purpose."""
    safe = re.sub(r"([\\|*_\[\]~])", r"\\\1", html.escape(text, quote=False)).replace("\n", "<br>")
    safe = re.sub(r"`([^`]*)`", r"<code>\1</code>", safe).replace("`", "&#96;")
    return f"<kbd>{safe}</kbd>" if text.startswith("/ir ") else safe
