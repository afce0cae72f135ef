"""The templates and the stylesheet, read from the installed package."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

PACKAGE: Final = "bot.sandbox.page.render"


def template(name: str, **given: Any) -> Markup:
    """Return a template with what it was given; every text is escaped unless it is ``Markup`` already."""
    return rendered(PACKAGE, name, given)


def rendered(package: str, name: str, given: Mapping[str, Any]) -> Markup:
    """Return a template of a package, as safe as the templates themselves, which hold the only tags."""
    return Markup(_templates(package).get_template(name).render(given))  # noqa: S704 - the environment escapes


@cache
def stylesheet() -> str:
    """Return the CSS for everything that is rendered here."""
    return files(PACKAGE).joinpath("render.css").read_text("utf-8")


@cache
def _templates(package: str) -> Environment:
    """Return the templates of a package: they escape whatever is put into them."""
    return Environment(
        loader=PackageLoader(package, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
