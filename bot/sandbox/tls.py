"""A throwaway certificate for servers on the loopback address.

The SDKs that the sandbox talks to refuse a bearer token without TLS (and rightly so), so the sandbox's servers need a
certificate that a client can verify. The authority's key never leaves memory, and the authority may sign for the
loopback address only (RFC 5280 4.2.1.10), so the file that a client trusts is worth nothing to anyone else.
"""

import datetime as dt
import ipaddress
import os
import ssl
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_LOOPBACK = ipaddress.IPv4Address("127.0.0.1")
_NOT_BEFORE = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
# RFC 5280 4.1.2.5: the value for "no well-defined expiration date"; the keys die with the program that made them.
_NOT_AFTER = dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class LoopbackCertificate:
    """What a client trusts (`ca_file`, PEM) and what a server on 127.0.0.1 or localhost listens with."""

    ca_file: Path
    context: ssl.SSLContext


def mint(folder: Path) -> LoopbackCertificate:
    """Make an authority and a server certificate; `ca.pem` stays in `folder`, private keys do not.

    Raises OSError when the folder cannot be written.
    """
    authority_key, server_key = (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    )
    authority = _authority(authority_key)
    server = _server(server_key, authority, authority_key)
    ca_file = folder / "ca.pem"
    ca_file.write_bytes(_pem(authority))
    return LoopbackCertificate(ca_file, _context(folder / "server.pem", server, server_key))


@dataclass(frozen=True, slots=True)
class MutualCertificates:
    """
    For a server that asks its clients for a certificate, all as PEM.

    The client's three files stand in a folder; chain and key of the server do not.
    """

    ca_file: Path
    cert_file: Path
    key_file: Path
    chain: bytes
    key: bytes = field(repr=False)


def mint_mutual(folder: Path, name: str) -> MutualCertificates:
    """Make an authority, a server that is also called ``name``, and a client. Raises OSError as `mint` does."""
    authority_key, server_key, client_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    authority = _authority(authority_key, name)
    server = _server(server_key, authority, authority_key, name)
    client = _client(client_key, authority, authority_key)
    files = (folder / "ca.crt", folder / "tls.crt", folder / "tls.key")
    files[0].write_bytes(_pem(authority))
    files[1].write_bytes(_pem(client))
    files[2].touch(0o600)
    files[2].write_bytes(_private(client_key))
    return MutualCertificates(*files, chain=_pem(server), key=_private(server_key))


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _context(path: Path, server: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    private = _private(key)
    # The ssl module takes a key from a file only: it exists for this one call, readable by nobody else.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(private + _pem(server))
        context.load_cert_chain(path)
    finally:
        path.unlink()
    return context


def _builder(subject: str, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_NOT_BEFORE)
        .not_valid_after(_NOT_AFTER)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _authority(key: ec.EllipticCurvePrivateKey, *names: str) -> x509.Certificate:
    subject = "firebreak sandbox authority"
    permitted: list[x509.GeneralName] = [x509.DNSName(name) for name in ("localhost", *names)]
    if not names:  # gRPC's BoringSSL takes no certificate below a constraint on addresses
        permitted.append(x509.IPAddress(ipaddress.IPv4Network((_LOOPBACK, 32))))
    loopback_only = x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None)
    return (
        _builder(subject, _name(subject), key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(loopback_only, critical=True)
        .sign(key, hashes.SHA256())
    )


def _server(
    key: ec.EllipticCurvePrivateKey,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    *further: str,
) -> x509.Certificate:
    named = [x509.DNSName(name) for name in ("localhost", *further)]
    names = x509.SubjectAlternativeName([x509.IPAddress(_LOOPBACK), *named])
    leaf = _leaf("firebreak sandbox server", key, authority, authority_key)
    return (
        leaf.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(names, critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _client(
    key: ec.EllipticCurvePrivateKey, authority: x509.Certificate, authority_key: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    leaf = _leaf("firebreak sandbox client", key, authority, authority_key)
    return leaf.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False).sign(
        authority_key, hashes.SHA256()
    )


def _leaf(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
) -> x509.CertificateBuilder:
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    return (
        _builder(subject, authority.subject, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(issuer_key, critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
