"""How one relay is reached: over TLS, with a certificate of our own where it asks for one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import grpc
import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bot.domain.errors import DeniedError

KIBI: Final = 1024
LARGEST: Final = 256 * KIBI
"""Bytes of one message. A flow has some hundred; one that is larger is no flow, and decoding it would hold up the loop."""


class Relay(msgspec.Struct, frozen=True):
    """
    The settings of one relay. ``address`` is ``host:port``.

    Without ``ca_file`` it is spoken to in the clear: the settings allow that on the loopback address alone. ``server_name``
    is the name in the relay's certificate, where it is not the host's.
    """

    cluster: str
    address: str
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    server_name: str = ""

    def __str__(self) -> str:
        """Name it for people."""
        return f"hubble relay of {self.cluster}"


@asynccontextmanager
async def connected(relay: Relay) -> AsyncIterator[grpc.aio.Channel]:
    """
    Open a channel for one question; certificates are read again each time, for they are renewed under us.

    The environment's proxies are never used. Raises ``DeniedError`` with the remedy for files that cannot be used.
    """
    target = f"dns:///{relay.address}"
    if not relay.ca_file:
        channel = grpc.aio.insecure_channel(target, options=_options(relay))
    else:
        proof = await asyncio.to_thread(_credentials, relay)
        channel = grpc.aio.secure_channel(target, proof, options=_options(relay))
    try:
        yield channel
    finally:
        await channel.close()


def _options(relay: Relay) -> list[tuple[str, str | int]]:
    found: list[tuple[str, str | int]] = [
        ("grpc.enable_http_proxy", 0),
        ("grpc.enable_retries", 0),
        ("grpc.service_config_disable_resolution", 1),
        ("grpc.use_local_subchannel_pool", 1),  # or a channel would inherit an older one's certificates
        ("grpc.max_receive_message_length", LARGEST),
        ("grpc.primary_user_agent", "firebreak"),
    ]
    if relay.server_name:
        found.append(("grpc.ssl_target_name_override", relay.server_name))
    return found


def _credentials(relay: Relay) -> grpc.ChannelCredentials:
    roots = _read(relay, "ca_file", relay.ca_file)
    _certificate(relay, "ca_file", roots)
    if not relay.cert_file:
        return grpc.ssl_channel_credentials(roots)
    chain, key = _read(relay, "cert_file", relay.cert_file), _read(relay, "key_file", relay.key_file)
    own = _certificate(relay, "cert_file", chain)
    try:
        secret = load_pem_private_key(key, None)
    except (ValueError, TypeError) as error:
        raise _unusable(relay, "key_file", "holds no private key in PEM without a password") from error
    if secret.public_key() != own.public_key():
        raise _unusable(relay, "key_file", "is not the key of cert_file")
    return grpc.ssl_channel_credentials(roots, key, chain)


def _read(relay: Relay, setting: str, path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise _unusable(relay, setting, f"cannot be read ({type(error).__name__})") from error


def _certificate(relay: Relay, setting: str, pem: bytes) -> x509.Certificate:
    try:
        first = x509.load_pem_x509_certificates(pem)[0]
    except ValueError as error:
        raise _unusable(relay, setting, "holds no certificate in PEM") from error
    if first.not_valid_after_utc < datetime.now(UTC):  # noqa: TID251 - only to say why TLS is about to fail
        raise _unusable(relay, setting, f"ended on {first.not_valid_after_utc:%Y-%m-%d}: renew it")
    return first


def _unusable(relay: Relay, setting: str, why: str) -> DeniedError:
    return DeniedError("RelayConfig", f"clusters.{relay.cluster}.hubble.{setting} {why}")
