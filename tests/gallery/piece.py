"""One thing that people see, and the page on which it is looked at."""

import hashlib
import importlib
import pkgutil
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal

import msgspec
from markupsafe import Markup, escape

from bot.sandbox.page.render import Level, MessageView, Names, home, message, modal, stylesheet, toast
from tests.gallery import pieces as folder

NAME: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
NOW: Final = datetime(2026, 3, 4, 2, 14, 9, tzinfo=UTC)
NAMES: Final = Names(
    users={
        "U0ALICE": "Alice",
        "U0BOB": "Bob",
        "U0CAROL": "Carol",
        "U0DAVE": "דוד לוי",
        "U0LONG": "Maximiliane Konstantinopolitanische-Dudelsackpfeifer " * 2,
    },
    groups={"S0ONCALL": "oncall", "S0SECURITY": "security"},
    channels={"C0IR": "incident-response"},
    now=NOW,
)

PAGE: Final = Markup(
    "<!doctype html>\n"
    '<html lang="en" data-theme="{theme}"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width"><title>{title}</title>'
    "<style>{style}\nbody {{ margin: 0; padding: 12px; background: var(--bk-paper); }}"
    ' .bk[role="dialog"] {{ margin: 0 auto; box-shadow: none; }} .bk-modal .bk-body {{ max-height: none; overflow: visible; }}'
    " .bk pre {{ max-height: none; overflow: visible; }}</style></head>"
    '<body><main><h1 class="bk"><span class="bk-hidden">{title}</span></h1>{body}</main></body></html>\n'
)


class Piece(msgspec.Struct, frozen=True):
    """
    One thing that people see.

    ``json`` is what the bot sends: for a ``message`` its ``text`` and ``blocks`` (and ``ephemeral``), for a
    ``modal`` or ``home`` the view (a modal may have ``errors`` and ``filled`` beside), for a ``toast`` its
    ``text`` and ``level``, for a ``page`` its whole ``html`` document. ``alt`` says in one sentence what the
    picture shows, for those who do not see it. ``opened`` unfolds what is one click away.
    """

    name: str
    kind: Literal["message", "modal", "home", "toast", "page"]
    json: Mapping[str, Any]
    alt: str
    opened: bool = False

    def body(self) -> Markup:
        """Return the piece as HTML."""
        shown = _shown(self)
        # Only a tag of the templates can match: what was text is escaped.
        return Markup(str(shown).replace("<details", "<details open")) if self.opened else shown

    def html(self, theme: str = "light") -> str:
        """Return the page on which the piece stands alone."""
        if self.kind == "page":
            return str(self.json["html"]).replace("<html", f'<html data-theme="{theme}"', 1)
        style = Markup(stylesheet())
        return str(PAGE.format(theme=theme, title=self.alt, style=style, body=self.body()))

    @property
    def seal(self) -> str:
        """Return what changes when the piece would look otherwise."""
        return hashlib.sha256(self.html().encode()).hexdigest()[:16]


def _shown(piece: Piece) -> Markup:
    match piece.kind:
        case "message":
            return _message(piece.json)
        case "modal":
            return modal(piece.json, NAMES, errors=piece.json.get("errors"), filled=piece.json.get("filled"))
        case "home":
            return home(piece.json, NAMES)
        case "toast":
            level: Level = piece.json["level"]
            return toast(piece.json["text"], level)
        case "page":
            return escape(piece.json["html"])


def _message(json: Mapping[str, Any]) -> Markup:
    return message(
        MessageView(
            author="Firebreak",
            ts="1772590449.000100",
            text=json.get("text", ""),
            blocks=tuple(json.get("blocks", ())),
            names=NAMES,
            app=True,
            ephemeral=bool(json.get("ephemeral")),
            replies=json.get("replies", 0),
            heading=2,
        )
    )


def every() -> tuple[Piece, ...]:
    """
    Return the pieces of all modules, in the order of the modules' names.

    Raises ValueError for a name that is no file name or that two pieces have, and for a piece without words.
    """
    found: list[Piece] = []
    for info in sorted(pkgutil.iter_modules(folder.__path__), key=lambda info: info.name):
        found += importlib.import_module(f"{folder.__name__}.{info.name}").pieces()
    for one in found:
        if not NAME.fullmatch(one.name) or not one.alt.strip():
            raise ValueError(
                f"the piece {one.name!r} needs a name of small letters and a sentence that describes it"
            )
    names = [one.name for one in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"two pieces have the same name: {twice}")
    return tuple(found)
