"""The page's own templates and files, read from the installed package."""

import hashlib
from functools import cache
from importlib.resources import files
from typing import Any, Final

from markupsafe import Markup

from bot.sandbox.page.render import stylesheet
from bot.sandbox.page.render.sheets import rendered

PACKAGE: Final = "bot.sandbox.page"
KINDS: Final = {
    "page.css": "text/css",
    "app.js": "text/javascript",
    "slots.js": "text/javascript",
    "acts.js": "text/javascript",
    "compose.js": "text/javascript",
    "dialogs.js": "text/javascript",
    "search.js": "text/javascript",
    "mark.svg": "image/svg+xml",
}


def template(name: str, /, **given: Any) -> Markup:
    """Return a template with what it was given; every text is escaped unless it is ``Markup`` already."""
    return rendered(PACKAGE, name, given)


@cache
def static(name: str) -> str:
    """Return one of `KINDS`; the cards' own stylesheet stands before the page's."""
    own = files(PACKAGE).joinpath("static", name).read_text("utf-8")
    return f"{stylesheet()}\n{own}" if name == "page.css" else own


@cache
def version() -> str:
    """Return what changes whenever any of the files does."""
    return hashlib.sha256("".join(static(name) for name in KINDS).encode()).hexdigest()[:12]
