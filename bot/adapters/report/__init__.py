"""The report as a page that stands alone."""

from bot.adapters.report.page import page

__all__ = ["page"]
