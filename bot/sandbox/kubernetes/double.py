"""One cluster: its staged objects, and the server that speaks for it."""

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from bot.sandbox.kubernetes.access import User
from bot.sandbox.kubernetes.api import Api
from bot.sandbox.kubernetes.faults import Faults
from bot.sandbox.kubernetes.journal import Journal
from bot.sandbox.kubernetes.kubeconfig import Context, write_kubeconfig
from bot.sandbox.kubernetes.logs import Logs
from bot.sandbox.kubernetes.objects import Clock
from bot.sandbox.kubernetes.registry import Registry
from bot.sandbox.kubernetes.resources import EXTENSIONS
from bot.sandbox.kubernetes.server import REAL_SLEEP, Server, Sleep
from bot.sandbox.kubernetes.staging import Staging
from bot.sandbox.kubernetes.store import Identities, Store


class ClusterDouble(Staging):
    """A cluster to rehearse in; empty but for the namespaces that every cluster has.

    `clock` gives the time that objects carry, `sleep` is what a slow answer waits by. UIDs and generated names
    follow from the cluster's name and the order of staging, so one staging is like the next.
    """

    def __init__(self, name: str, clock: Clock, sleep: Sleep = REAL_SLEEP) -> None:
        super().__init__(Registry(Store(), clock, Identities(name)))
        self.name = name
        self._users: dict[str, User] = {}
        self._api = Api(self.registry)
        self._server = Server(self._api, self._users, sleep, self.settle)
        for namespace in ("default", "kube-node-lease", "kube-public", "kube-system"):
            self.add_namespace(namespace)

    @property
    def url(self) -> str:
        """The base URL, empty before the start."""
        return self._server.url

    @property
    def faults(self) -> Faults:
        """The switchboard of faults."""
        return self._server.faults

    @property
    def logs(self) -> Logs:
        """What containers have written."""
        return self._api.logs

    @property
    def journal(self) -> Journal:
        """Every request that came in over the network."""
        return self._server.journal

    def add_user(self, token: str, user: User) -> Callable[[], None]:
        """Let the bearer of this token in as this user; returns the switch that revokes the token."""
        self._users[token] = user

        def revoke() -> None:
            self._users.pop(token, None)

        return revoke

    def install(self, extension: str) -> None:
        """Serve the kinds of a network engine: a name of `EXTENSIONS`. Whether anything enforces them is another thing."""
        self.registry.installed.update(EXTENSIONS[extension])

    def expire_lists(self) -> None:
        """Let every `continue` token handed out so far be too old."""
        self._api.lister.expire()

    def expire_watches(self) -> None:
        """Forget what was written so far: whoever takes up a watch from before is answered 410."""
        self._api.history.forget()

    async def start(self, tls: ssl.SSLContext | None = None, port: int = 0) -> str:
        """Listen on 127.0.0.1, on any free port unless one is given; returns the base URL."""
        return await self._server.start(tls, port)

    async def stop(self) -> None:
        """Close the listener and all connections."""
        await self._server.stop()

    @asynccontextmanager
    async def serving(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
        """Serve for the length of the block; yields the base URL."""
        url = await self.start(tls)
        try:
            yield url
        finally:
            await self.stop()

    def write_kubeconfig(self, path: Path, token: str, ca_file: Path | None = None) -> None:
        """Write a kubeconfig with one context named after the cluster; it holds the token, so it is ours alone."""
        write_kubeconfig(path, [Context(self.name, self.url, token, ca_file)])
