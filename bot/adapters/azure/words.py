"""Text from Azure, made fit for people and records: one line, bounded, without anything that opens a door."""

import re

from bot.domain.reading import cut

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
# A query may hold a signature (SAS `sig=`, ARM's `s=` and `h=` on operation URLs): no query is ever shown.
_QUERY = re.compile(r"(https?://[^\s?'\"]*)\?[^\s'\"]*", re.IGNORECASE)
_BEARER = re.compile(r"\bbearer\s+\S+", re.IGNORECASE)
_JWT = re.compile(r"\beyJ[\w-]{5,}(?:\.[\w-]*){0,2}")
_SECRET = re.compile(
    r"\b(sig|signature|client_assertion|client_secret|access_token|password)(['\"]?\s*[=:]\s*)['\"]?[^\s&'\"]+",
    re.IGNORECASE,
)


def plain(text: str, longest: int = 256) -> str:
    """Return text in one line of at most ``longest`` characters, without tokens and URL queries."""
    bounded = text[: 64 * 1024]
    flat = _CONTROL.sub(" ", bounded)
    safe = _JWT.sub("[token]", _BEARER.sub("[token]", _QUERY.sub(r"\1", flat)))
    return cut(_SECRET.sub(r"\1\2[hidden]", safe).strip(), longest)
