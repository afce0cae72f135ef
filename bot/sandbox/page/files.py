"""
Files of the workspace, as the page hands them out: what a file holds is somebody else's and never runs as the page.

A report's HTML is shown under a policy of its own, whose ``sandbox`` gives it an origin of its own without scripts, forms
or windows (W3C Content Security Policy Level 3, section 6.3.2); any other text is shown as text, a PNG as a picture;
the rest is only saved.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from aiohttp import web

from bot.sandbox.page.render import Attached
from bot.sandbox.slack.files import File

ALONE: Final = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
PAGES: Final = (".html", ".htm")
PNG: Final = b"\x89PNG\r\n\x1a\n"


def attached(ids: tuple[str, ...], known: Mapping[str, File]) -> tuple[Attached, ...]:
    """Return what the page shows of a message's files."""
    found = [known[each] for each in ids if each in known]
    return tuple(map(_shown, found))


def _shown(file: File) -> Attached:
    name, picture = file.title or file.name, _picture(file)
    opens = picture or _text(file) is not None
    return Attached(file.id, name, file.length, opens, picture=picture, alt=file.alt)


def handed(file: File, *, save: bool) -> web.Response:
    """Return a file to be looked at, or to be saved; what is no text can only be saved."""
    if _picture(file) and not save:
        return web.Response(body=file.content, content_type="image/png", headers=_alone())
    text = None if save else _text(file)
    if text is None:
        name = quote(file.name.encode("utf-8", "replace"), safe="")
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}", **_alone()}
        return web.Response(
            body=file.content or b"", content_type="application/octet-stream", headers=headers
        )
    kind = "text/html" if file.name.lower().endswith(PAGES) else "text/plain"
    return web.Response(text=text, content_type=kind, charset="utf-8", headers=_alone())


def _alone() -> dict[str, str]:
    return {"Content-Security-Policy": ALONE}


def _picture(file: File) -> bool:
    """Whether it is a PNG by its first bytes, whatever its name says."""
    return (file.content or b"").startswith(PNG)


def _text(file: File) -> str | None:
    """Return what a file says, if it is text: UTF-8 without a zero byte."""
    try:
        text = (file.content or b"").decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
