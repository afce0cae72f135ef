"""What the servers over HTTPS have in common: they listen on 127.0.0.1 with a certificate of their own while they are open."""

import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.sandbox.tls import LoopbackCertificate, mint


class Served:
    """Use as `async with`, or `start` and `stop`; one that was stopped can't be started again."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._runner: web.AppRunner | None = None
        self._certificate: LoopbackCertificate | None = None
        self._port = 0

    def application(self) -> web.Application:
        """Return what answers."""
        raise NotImplementedError

    async def start(self, port: int = 0) -> Self:
        """Listen on 127.0.0.1; port 0 takes a free one."""
        self._folder = Path(tempfile.mkdtemp(prefix="firebreak-double-"))
        self._certificate = mint(self._folder)
        self._runner = web.AppRunner(self.application(), access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port, ssl_context=self._certificate.context).start()
        self._port = int(self._runner.addresses[0][1])
        return self

    async def stop(self) -> None:
        """Stop listening and remove the certificate."""
        if self._runner is not None:
            await self._runner.cleanup()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        """The endpoint, without a slash at the end."""
        return f"https://127.0.0.1:{self._port}"

    @property
    def ca_file(self) -> Path:
        """The certificate (PEM) that clients trust; raises RuntimeError before `start`."""
        if self._certificate is None:
            raise RuntimeError("the double has not been started")
        return self._certificate.ca_file
