"""
The report of a request or an incident, made of the audit log's records and of nothing else. Pure.

``composing`` turns records into a value, ``markdown`` and ``table`` the value into text; a page is made by an adapter.
"""

from bot.domain.report.values import (
    Answer,
    Containment,
    Fact,
    Line,
    Measure,
    Proof,
    Report,
    Source,
    Taken,
)

__all__ = ["Answer", "Containment", "Fact", "Line", "Measure", "Proof", "Report", "Source", "Taken"]
