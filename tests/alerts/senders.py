"""Those who send alerts, and the issuer whose tokens they show; all of them of this program only."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from bot.adapters.web.server import listening
from bot.bootstrap.alerts import Authority
from bot.sandbox.tls import mint
from tests.alerts.trust import trusting

TENANT = "11111111-2222-4333-8444-555555555555"
AUDIENCE = "api://firebreak-alerts"
SENDER = "461e8683-5575-4561-ac7f-899cc907d62a"
ROLE = "AlertSender"
TOKEN, PASSWORD, SIGNING = "t" * 24, "p" * 24, "s" * 24
STAMP = "X-Grafana-Alerting-Signature-Timestamp"


@cache
def made(name: str) -> rsa.RSAPrivateKey:
    """Return a key, made once: it takes longer than all else here."""
    del name
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Issuer:
    """Signs tokens as Entra does, and serves its keys. ``asked`` counts how often they were fetched."""

    keys: dict[str, rsa.RSAPrivateKey] = field(default_factory=dict)
    asked: int = 0
    url: str = ""
    down: bool = False

    def roll(self, name: str) -> None:
        """Take another key into use; the former ones count no more."""
        self.keys = {name: made(name)}

    def token(self, name: str = "", *, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
        """Return a token; a claim that is ``None`` is left out."""
        kid = name or next(iter(self.keys))
        said = {key: value for key, value in {**right(), **claims}.items() if value is not None}
        return jwt.encode(said, self.keys[kid], "RS256", headers={"kid": kid, **(header or {})})

    def public(self) -> bytes:
        """Return the public key as PEM, which everybody may know."""
        key = next(iter(self.keys.values())).public_key()
        return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    async def served(self, request: web.Request) -> web.Response:
        """Answer with the key set."""
        self.asked += 1
        if self.down or request.match_info["tenant"] != TENANT:
            return web.Response(status=503)
        shown = [
            {**json.loads(RSAAlgorithm.to_jwk(key.public_key())), "kid": kid, "use": "sig"}
            for kid, key in self.keys.items()
        ]
        return web.json_response({"keys": shown})


def right() -> dict[str, Any]:
    """Return the claims of a token that holds."""
    now = int(time.time())  # noqa: TID251 - what is compared with it reads the same clock
    return {
        "iss": f"https://login.microsoftonline.com/{TENANT}/v2.0",
        "aud": AUDIENCE,
        "tid": TENANT,
        "azp": SENDER,
        "roles": [ROLE],
        "iat": now,
        "nbf": now,
        "exp": now + 3600,
    }


@asynccontextmanager
async def issuer(folder: Path) -> AsyncIterator[tuple[Issuer, Authority]]:
    """Run an issuer on the loopback address."""
    certificate = mint(folder)
    running = Issuer()
    running.roll("first")
    route = web.get("/{tenant}/discovery/v2.0/keys", running.served)
    async with listening(("127.0.0.1", 0), [route], lambda: certificate.context) as port:
        running.url = f"https://127.0.0.1:{port}"
        yield running, Authority(running.url, trusting(certificate.ca_file))


def basic(user: str, password: str) -> dict[str, str]:
    """Return the header of basic credentials."""
    told = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {told}"}


def bearer(token: str) -> dict[str, str]:
    """Return the header of a bearer token."""
    return {"Authorization": f"Bearer {token}"}


def signed(body: bytes, at: float, secret: str = SIGNING) -> dict[str, str]:
    """Return the headers of Grafana's signature."""
    stamp = str(int(at))
    mac = hmac.new(secret.encode(), stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Grafana-Alerting-Signature": mac, STAMP: stamp}
