"""Requests signed as Slack signs them, and the ways in which an attacker gets it wrong.

docs.slack.dev/authentication/verifying-requests-from-slack: `v0=` HMAC-SHA256 over `v0:timestamp:body`.
"""

import enum
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

# Half a minute beyond the verifier's five: a request on its way through a busy machine is still outside.
OUTSIDE_WINDOW = 330


class Attack(enum.Enum):
    """What is wrong with a request that Slack did not send."""

    WRONG_SIGNATURE = "signed with another secret"
    NO_SIGNATURE = "no signature headers"
    OLD_TIMESTAMP = "truly signed, five and a half minutes ago"
    FUTURE_TIMESTAMP = "truly signed, five and a half minutes ahead"
    TAMPERED_BODY = "body changed after signing"
    STRANGE_TIMESTAMP = "timestamp that is no number"


@dataclass(frozen=True, slots=True)
class Signed:
    """The exact bytes and headers of one request, so that it can be sent again."""

    body: bytes
    headers: Mapping[str, str] = field(repr=False)


def encode(kind: str, payload: Mapping[str, Any]) -> tuple[bytes, str]:
    """Encode a payload as its kind is encoded over HTTP; answers (body, content type)."""
    if kind == "events_api":
        return json.dumps(payload).encode(), "application/json"
    form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
    return urlencode(form).encode(), "application/x-www-form-urlencoded"


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Compute the v0 signature."""
    return (
        "v0="
        + hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    )


def signed_request(
    secret: str, now: float, kind: str, payload: Mapping[str, Any], attack: Attack | None
) -> Signed:
    """Sign a payload, or spoil the signing in the way of an attack."""
    body, content_type = encode(kind, payload)
    shift = {Attack.OLD_TIMESTAMP: -OUTSIDE_WINDOW, Attack.FUTURE_TIMESTAMP: OUTSIDE_WINDOW}.get(
        attack or Attack.NO_SIGNATURE, 0
    )
    stamp = "yesterday" if attack is Attack.STRANGE_TIMESTAMP else str(int(now) + shift)
    key = secret[::-1] + "x" if attack is Attack.WRONG_SIGNATURE else secret
    headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": sign(key, stamp, body)}
    kept = {} if attack is Attack.NO_SIGNATURE else headers
    made = Signed(
        body,
        {"Content-Type": content_type, "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)", **kept},
    )
    return replace(made, body=body + b"&x=1") if attack is Attack.TAMPERED_BODY else made
