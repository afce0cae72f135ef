"""
Grafana's signature: HMAC-SHA256 in hex over ``<timestamp>:<body>``.

(grafana.com/docs/grafana/latest/alerting, webhook notifier, "HMAC signature".) Grafana signs the body alone while no
timestamp header is configured; such a request could be sent again for ever, so it is refused. What is sent again
within the window is the same alert, and is told once.
"""

import hashlib
import hmac
from collections.abc import Callable
from typing import Final

from bot.adapters.alerts.proving import Secret, Shown, UnprovedError, same

SIGNATURE: Final = "X-Grafana-Alerting-Signature"
WINDOW: Final = 300.0  # seconds, into the past and the future


class Signature:
    """``wall`` is the time in seconds since 1970; ``stamp`` the header that Grafana is told to put its own in."""

    def __init__(self, secret: Secret, stamp: str, wall: Callable[[], float]) -> None:
        self._secret, self._stamp, self._wall = secret, stamp, wall

    def fresh(self, shown: Shown) -> str:
        """Return the timestamp, before the body is waited for. Raises ``UnprovedError``."""
        shown.one(SIGNATURE)
        stamp = shown.one(self._stamp)
        if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12):
            raise UnprovedError("a timestamp that is no number of seconds")
        if abs(self._wall() - int(stamp)) > WINDOW:
            raise UnprovedError("a timestamp outside the window")
        return stamp

    def prove(self, shown: Shown, body: bytes) -> None:
        """Return if the body is signed. Raises ``UnprovedError``."""
        stamp, secret = self.fresh(shown), self._secret()
        mac = hmac.new(secret.encode(), stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
        if not secret or not same(shown.one(SIGNATURE), mac):
            raise UnprovedError("another signature")
