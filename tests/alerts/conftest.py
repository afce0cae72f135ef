"""The intake as the settings make it, over TLS on the loopback address, with a database of its own."""

import io
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from msgspec.json import decode
from prometheus_client import generate_latest

from bot.adapters.store import SqlStore, open_store
from bot.adapters.web.metrics import Figures, registry
from bot.adapters.web.server import listening
from bot.bootstrap.alerts import Authority, Clocks, Intakes, intakes
from bot.bootstrap.entropy import utc_now
from bot.domain.alerts.posts import Post as Kept
from bot.domain.alerts.posts import kind_of
from bot.sandbox.tls import MutualCertificates, mint_mutual
from bot.settings import Settings
from tests.adapters.alerts.recorded import body
from tests.alerts.senders import (
    AUDIENCE,
    PASSWORD,
    ROLE,
    SENDER,
    SIGNING,
    TENANT,
    TOKEN,
    Issuer,
    bearer,
    issuer,
)
from tests.alerts.trust import trusting
from tests.databases import with_tables

ENTRA = {"tenant": TENANT, "audience": [AUDIENCE], "app_ids": [SENDER], "roles": [ROLE]}
SOURCES: dict[str, dict[str, Any]] = {
    "alertmanager": {"token": TOKEN},
    "generic": {"user": "pager", "password": PASSWORD},
    "grafana": {"signing_secret": SIGNING},
    "falco": {"client_names": ["firebreak sandbox client"]},
    "other-falco": {"format": "falco", "client_names": ["somebody else"]},
    "azure-monitor": {"entra": ENTRA},
    "slow": {"format": "generic", "token": TOKEN, "per_second": 1, "burst": 2},
}


Body = bytes | io.BytesIO | AsyncIterator[bytes]


@dataclass
class Post:
    """Sends bodies, and looks at what was kept."""

    url: str
    store: SqlStore
    built: Intakes
    issuer: Issuer
    certificates: MutualCertificates
    session: aiohttp.ClientSession
    ticks: list[float] = field(default_factory=lambda: [0.0])
    ahead: list[timedelta] = field(default_factory=lambda: [timedelta()])

    async def send(
        self, source: str, raw: Body, headers: Mapping[str, str] | None = None, *, certificate: bool = False
    ) -> int:
        """Return the status that a post gets."""
        return (await self.answered(source, raw, headers, certificate=certificate))[0]

    async def answered(
        self, source: str, raw: Body, headers: Mapping[str, str] | None = None, *, certificate: bool = False
    ) -> tuple[int, str]:
        """Return status and body."""
        async with self.session.post(
            f"{self.url}/alerts/{source}", data=raw, headers=headers, ssl=self.tls(certificate=certificate)
        ) as got:
            return got.status, await got.text()

    def tls(self, *, certificate: bool) -> ssl.SSLContext:
        """Return what a sender trusts, with its certificate if asked."""
        own = self.certificates
        return trusting(own.ca_file, *((own.cert_file, own.key_file) if certificate else ()))

    async def kept(self) -> int:
        """Return how many posts wait in the inbox."""
        rows = await self.store.doorway.take("test", timedelta(0), 10_000, alerts=True)
        for row in rows:
            assert row.kind == kind_of(decode(row.payload, type=Kept).alerts[0].source)
        return len(rows)

    def metrics(self) -> str:
        """Return what a scrape would get."""
        return generate_latest(registry(Figures(), *self.built.collectors)).decode()


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    """Take alerts from every kind of sender."""
    certificates = mint_mutual(tmp_path, "alerts.example")
    chain, key = tmp_path / "server.crt", tmp_path / "server.key"
    chain.write_bytes(certificates.chain)
    key.write_bytes(certificates.key)
    (tmp_path / "issuer").mkdir()
    url = f"sqlite+aiosqlite:///{tmp_path}/firebreak.db"
    await with_tables(url)
    async with AsyncExitStack() as stack:
        entra, authority = await stack.enter_async_context(issuer(tmp_path / "issuer"))
        store = await stack.enter_async_context(open_store(url, clock=utc_now))
        settings = settings_of(chain, key, certificates.ca_file)
        ticks, ahead = [0.0], [timedelta()]
        clocks = Clocks(lambda: datetime.now(UTC) + ahead[0], lambda: ticks[0])  # noqa: TID251 - senders have that clock
        built = await intakes(stack, settings, store, clocks, Authority(authority.url, authority.proof))
        assert built.tls is not None
        port = await stack.enter_async_context(listening(("127.0.0.1", 0), built.routes, built.tls))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        yield Post(f"https://localhost:{port}", store, built, entra, certificates, session, ticks, ahead)


def settings_of(chain: Path, key: Path, ca_file: Path) -> Settings:
    """Return settings with every kind of source."""
    given: dict[str, Any] = {
        "slack": {"bot_token": "xoxb-1", "app_token": "xapp-1", "channels": {"*": "C0123"}},
        "clusters": {"prod": {"in_cluster": True}},
        "alerts": SOURCES,
        "alert_server": {"cert_file": chain, "key_file": key, "client_ca_file": ca_file, "port": 0},
    }
    return Settings(**given)


@pytest.fixture
def right() -> dict[str, tuple[bytes, dict[str, str]]]:
    """Return bodies with headers that hold, of the sources that need nothing of the time."""
    return {"alertmanager": (body("alertmanager.firing"), bearer(TOKEN))}
