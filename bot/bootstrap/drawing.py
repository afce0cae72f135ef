"""Reports at the command line: the same as from Slack, without Slack."""

from collections.abc import Callable, Mapping

from bot.adapters.report import page
from bot.bootstrap.entropy import utc_now
from bot.domain.report import Report
from bot.domain.report.composing import compose
from bot.domain.report.markdown import markdown
from bot.domain.report.table import table
from bot.engine.notary import Part
from bot.engine.reporting import source

FORMS: Mapping[str, Callable[[Report], str]] = {"csv": table, "markdown": markdown, "html": page}


def drawn(form: str, subject: str, part: Part) -> str:
    """Return the report of these records in one of the ``FORMS``; what people are called only Slack can say."""
    return FORMS[form](
        compose(source(subject or "the whole log", part, f"{utc_now():%Y-%m-%d %H:%M:%S} UTC"))
    )
