"""
A report as one HTML page: no script, no address outside, its style in it, and a policy that allows nothing else.

Everything is escaped by Jinja's autoescape, and what is hidden is spelt out; there is no ``safe`` but for our own style.
"""

import base64
import hashlib
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bot.domain.hidden import plain
from bot.domain.report import Report
from bot.domain.report.telling import BY_HAND, COMMAND, MISSING, NAMELESS, PEOPLE, VERIFY

PACKAGE = "bot.adapters.report"


def page(report: Report) -> str:
    """Return the page."""
    style = _style()
    seal = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    first = report.containments[0].request if report.containments else "FB-..."
    return (
        _looks()
        .get_template("report.html")
        .render(
            report=report,
            style=Markup(style),  # noqa: S704 - our own file
            seal=seal,
            missing=MISSING,
            people=PEOPLE,
            nameless=NAMELESS,
            verify=VERIFY.format(request=plain(first)),
            command=COMMAND.format(key=plain(report.key)),
            by_hand=BY_HAND,
        )
    )


@cache
def _looks() -> Environment:
    made = Environment(
        loader=PackageLoader(PACKAGE, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["plain"] = _lines
    return made


def _lines(text: str) -> str:
    """Spell out what is hidden; line breaks stay, for they are shown."""
    return "\n".join(plain(line) for line in text.split("\n"))


@cache
def _style() -> str:
    return (files(PACKAGE) / "templates" / "report.css").read_text(encoding="utf-8")
