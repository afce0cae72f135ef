"""TLS as the senders of the tests use it."""

import ssl
from pathlib import Path


def trusting(ca_file: Path, cert_file: Path | None = None, key_file: Path | None = None) -> ssl.SSLContext:
    """Return what a client trusts, and the certificate that it shows, if any."""
    context = ssl.create_default_context(cafile=ca_file)
    if cert_file is not None:
        context.load_cert_chain(cert_file, key_file)
    return context
