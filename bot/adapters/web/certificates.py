"""The certificate of a listener, read again when its files change: cert-manager renews it while the bot runs."""

import logging
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509

from bot.domain.errors import FirebreakError

log = logging.getLogger("firebreak.web")

SOON: Final = timedelta(days=3)
"""cert-manager renews a certificate when a third of its time is left: one that ends so soon was forgotten."""

_Stamp = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class Files:
    """PEM: the certificate with its chain, its key, and the authority of client certificates, if any are asked for."""

    cert: Path
    key: Path
    client_ca: Path | None = None

    def stamp(self) -> _Stamp:
        """Return what is another one when a file is. A mount is rotated by another link, so the file behind it is another one."""
        found = [each.stat() for each in (self.cert, self.key, self.client_ca) if each is not None]
        return tuple((each.st_mtime_ns, each.st_ino, each.st_size) for each in found)


class CertificateError(FirebreakError):
    """Files that cannot be used."""

    advice = "Give PEM files that this user can read: cert_file, key_file that belongs to it, client_ca_file"


class Certificates:
    """
    What a listener shows: called at each connection, it returns the context for it.

    Where new files cannot be used (a key that does not belong, one that is half written), the last ones that could stay in
    force, ``noted`` says so, and it is tried again with the next connection. Raises ``CertificateError`` where there are
    none to begin with.
    """

    def __init__(self, files: Files) -> None:
        self._files = files
        self._why = ""
        try:
            self._stamp = files.stamp()
            self._context, self._ends = _read(files)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            raise CertificateError(_why(error)) from None

    def __call__(self) -> ssl.SSLContext:
        """Return the context of the files as they are now."""
        try:
            stamp = self._files.stamp()
            if stamp != self._stamp:
                self._context, self._ends = _read(self._files)
                # The stamp is that of before the reading, so a change in between is seen the next time.
                self._stamp, self._why = stamp, ""
                log.info("certificate_read_again")
        except (OSError, ValueError) as error:
            if _why(error) != self._why:
                self._why = _why(error)
                log.warning("certificate_not_read", extra={"why": self._why})
        return self._context

    def noted(self, now: datetime) -> str:
        """Return why the newest files are not in force, or that the certificate ends soon; empty where all is well."""
        if not self._why and self._ends - now < SOON:
            return f"the certificate {'ended' if self._ends <= now else 'ends'} at {self._ends:%Y-%m-%d %H:%M} UTC"
        return self._why


def _read(files: Files) -> tuple[ssl.SSLContext, datetime]:
    """
    Return the context and when its certificate ends.

    A client's certificate is asked for but not of everybody: the sources that need one say so themselves.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(files.cert, files.key, password=_none)
    if files.client_ca is not None:
        context.load_verify_locations(files.client_ca)
        context.verify_mode = ssl.CERT_OPTIONAL
    first, *_ = x509.load_pem_x509_certificates(files.cert.read_bytes())
    return context, first.not_valid_after_utc


def _none() -> str:
    """A key with a password must not stop the program to ask the terminal for one."""
    return ""


def _why(error: Exception) -> str:
    told = error.strerror if isinstance(error, OSError) else None
    return f"alert_server: its certificates cannot be used ({told or type(error).__name__})"
