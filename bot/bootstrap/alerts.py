"""The intake of alerts, as the settings name it: sources and their proofs, where posts are kept, a listener of its own."""

import asyncio
import ssl
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import aiohttp
from aiohttp import web
from prometheus_client.registry import Collector

from bot.adapters.alerts.door import Door, Gate, Keeping
from bot.adapters.alerts.entra import Entra, Tenant
from bot.adapters.alerts.figures import AlertFigures
from bot.adapters.alerts.keys import SigningKeys, over_https
from bot.adapters.alerts.parsing import PARSERS
from bot.adapters.alerts.proving import Basic, Bearer, Certificate, Proof
from bot.adapters.alerts.rates import Bucket
from bot.adapters.alerts.signatures import Signature
from bot.adapters.alerts.wire import Intake, MisfitError
from bot.adapters.store import SqlStore
from bot.adapters.web.accepting import Tls
from bot.adapters.web.certificates import Certificates, Files
from bot.bootstrap.hearing import remember
from bot.domain.alerts.posts import Misfit
from bot.settings import Settings
from bot.settings.alerts import AlertServerSettings, AlertSourceSettings, EntraSettings

LOGIN: Final = {
    "public": "https://login.microsoftonline.com",
    "usgovernment": "https://login.microsoftonline.us",
    "china": "https://login.partner.microsoftonline.cn",
}
"""Where Entra serves its keys and, in its newer tokens, who has issued them."""

ISSUED: Final = {
    "public": "https://sts.windows.net",
    "usgovernment": "https://sts.windows.net",
    "china": "https://sts.chinacloudapi.cn",
}
"""Who has issued its older tokens."""


@dataclass(frozen=True)
class Authority:
    """Where keys are fetched in the place of Entra: a local issuer's, in a rehearsal or a test."""

    url: str
    proof: ssl.SSLContext


@dataclass(frozen=True)
class Clocks:
    """``wall`` tells the time, ``seconds`` only goes forward."""

    wall: Callable[[], datetime]
    seconds: Callable[[], float]


async def nothing_to_remember(_: asyncio.Event) -> None:
    """Where no source is configured."""


@dataclass(frozen=True)
class Intakes:
    """What takes alerts: nothing, where no source is configured. ``tls`` is for a listener of its own, if there is one."""

    routes: Sequence[web.RouteDef] = ()
    collectors: Sequence[Collector] = ()
    noted: Callable[[], Mapping[str, str]] = dict
    tls: Tls | None = None
    listening: AlertServerSettings | None = field(default=None)
    run: Callable[[asyncio.Event], Coroutine[Any, Any, None]] = nothing_to_remember


async def intakes(
    stack: AsyncExitStack, settings: Settings, store: SqlStore, clocks: Clocks, authority: Authority | None
) -> Intakes:
    """Return what takes alerts. Raises ``FirebreakError`` for a certificate or key that cannot be used."""
    if not settings.alerts:
        return Intakes()
    builder = _Builder(clocks, authority)
    gates = {name: await builder.gate(stack, name, source) for name, source in settings.alerts.items()}
    patience = {name: timedelta(hours=source.silent_hours) for name, source in settings.alerts.items()}
    figures = AlertFigures(patience, clocks.wall, await store.hearing.begin(patience))

    async def keep_head(source: str, error: MisfitError, head: str) -> None:
        await store.misfits.put(Misfit(source, error.path, error.why, head, clocks.wall()))

    door = Door(gates, Keeping(store.doorway.accept_all, keep_head), figures)
    listening = settings.alert_server
    tls = None if listening is None else certificates(listening)
    remembering = partial(remember, figures, store.hearing)

    def noted() -> Mapping[str, str]:
        why = tls.noted(clocks.wall()) if tls is not None else ""
        return {**figures.noted(), **({"certificate of alerts": why} if why else {})}

    return Intakes(door.routes(), (figures,), noted, tls, listening, remembering)


class _Builder:
    """``authority`` stands in the place of Entra. One session fetches the keys of all tenants."""

    def __init__(self, clocks: Clocks, authority: Authority | None) -> None:
        self._clocks, self._authority = clocks, authority
        self._session: aiohttp.ClientSession | None = None

    async def gate(self, stack: AsyncExitStack, name: str, source: AlertSourceSettings) -> Gate:
        proofs: list[Proof] = []
        if source.token is not None:
            proofs.append(Bearer(source.token.get_secret_value))
        if source.password is not None:
            proofs.append(Basic(source.user, source.password.get_secret_value))
        if source.client_names:
            proofs.append(Certificate(source.client_names))
        if source.entra is not None:
            proofs.append(await self._entra(stack, source.entra))
        return Gate(
            Intake(name, source.cluster, {key.casefold(): to for key, to in source.cluster_names.items()}),
            PARSERS[source.format],
            Bucket(source.per_second, source.burst, self._clocks.seconds),
            tuple(proofs),
            self._signature(source),
        )

    def _signature(self, source: AlertSourceSettings) -> Signature | None:
        if source.signing_secret is None:
            return None
        wall = self._clocks.wall
        return Signature(
            source.signing_secret.get_secret_value, source.timestamp_header, lambda: wall().timestamp()
        )

    async def _entra(self, stack: AsyncExitStack, given: EntraSettings) -> Entra:
        if self._session is None:
            self._session = await stack.enter_async_context(aiohttp.ClientSession())
        tenant = given.tenant.lower()
        served = self._authority.url if self._authority else LOGIN[given.cloud]
        proof = self._authority.proof if self._authority else True
        fetch = over_https(self._session, f"{served}/{tenant}/discovery/v2.0/keys", proof)
        issuers = (f"{LOGIN[given.cloud]}/{tenant}/v2.0", f"{ISSUED[given.cloud]}/{tenant}/")
        asked = Tenant(issuers, tenant, given.audience, given.app_ids, given.roles)
        return Entra(asked, SigningKeys(fetch, self._clocks.seconds))


def certificates(given: AlertServerSettings) -> Certificates:
    """Return what the listener of alerts shows. Raises ``CertificateError`` for files that cannot be used."""
    return Certificates(Files(given.cert_file, given.key_file, given.client_ca_file))
