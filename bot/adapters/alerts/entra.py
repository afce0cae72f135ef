"""
Microsoft Entra's tokens: what Azure Monitor's secure webhook and a Logic App's managed identity send.

What must hold, in this order: (1) a header with RS256 and a key id, and nothing that brings its own key; (2) the key is
one of the tenant's own; (3) the signature, and times within a minute; (4) issuer and tenant are ours, in either version of
tokens; (5) the audience is our application; (6) the application that asked for it is one of those named; (7) it has one of
the roles, where any are named. (learn.microsoft.com/entra/identity-platform/access-token-claims-reference.)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import jwt
from jwt.exceptions import PyJWTError

from bot.adapters.alerts.keys import SigningKeys
from bot.adapters.alerts.proving import Shown, UnprovedError

ALGORITHM: Final = "RS256"
LEEWAY: Final = 60  # seconds between their clock and ours
LONGEST: Final = 16 * 1024
REQUIRED: Final = ["exp", "nbf", "iat", "iss", "aud"]


@dataclass(frozen=True)
class Tenant:
    """Whose tokens count, and for what: ``issuers`` and ``tenant`` are one directory's; ``roles`` may be empty."""

    issuers: Sequence[str]
    tenant: str
    audience: Sequence[str]
    app_ids: Sequence[str]
    roles: Sequence[str] = ()


class Entra:
    """A bearer token that Entra has signed."""

    def __init__(self, tenant: Tenant, keys: SigningKeys) -> None:
        self._tenant, self._keys = tenant, keys

    async def prove(self, shown: Shown) -> None:
        """Check the seven things. Raises ``UnprovedError``: 403 from (6) on, where the sender is known."""
        token = shown.authorization("Bearer")
        claims = await self._claims(token)
        if str(claims.get("tid", "")).lower() != self._tenant.tenant.lower():  # (4)
            raise UnprovedError("a token of another tenant")
        app = str(claims.get("azp") or claims.get("appid") or "").lower()
        if app not in {each.lower() for each in self._tenant.app_ids}:  # (6)
            raise UnprovedError("a token of an application that is not named", 403)
        roles = claims.get("roles")
        held = (
            frozenset(each for each in roles if isinstance(each, str))
            if isinstance(roles, list)
            else frozenset()
        )
        if self._tenant.roles and not held & frozenset(self._tenant.roles):  # (7)
            raise UnprovedError("a token without the role", 403)

    async def _claims(self, token: str) -> Mapping[str, Any]:
        if len(token) > LONGEST:
            raise UnprovedError("a token that is too long")
        try:
            header = jwt.get_unverified_header(token)
            name = header.get("kid")
            if header.get("alg") != ALGORITHM or not isinstance(name, str):  # (1)
                raise UnprovedError("a token with another algorithm")
            key = await self._keys.key(name)  # (2)
            if key is None:
                raise UnprovedError("a token of a key that is not the tenant's")
            return jwt.decode(  # (3), (4), (5)
                token,
                key.key,
                algorithms=[ALGORITHM],
                issuer=list(self._tenant.issuers),
                audience=list(self._tenant.audience),
                leeway=LEEWAY,
                options={"require": REQUIRED},
            )
        except (PyJWTError, ValueError, RecursionError) as error:
            raise UnprovedError(f"a token that does not hold ({type(error).__name__})") from None
