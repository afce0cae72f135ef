"""Who may do what at the double, and how it is reached: tokens, TLS, kubeconfig."""

import ipaddress
import ssl
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from kubernetes.aio import client, config

from bot.sandbox.kubernetes.access import Rule, User
from bot.sandbox.kubernetes.double import ClusterDouble
from bot.sandbox.kubernetes.kubeconfig import Context
from bot.sandbox.kubernetes.objects import name_of
from tests.sandbox.kubernetes.api_under_test import ApiUnderTest, Reply

PODS = "/api/v1/namespaces/payments/pods"
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


def _bot() -> User:
    reads = Rule(("get", "list"), ("",), ("pods",), ("payments",))
    return User("bot", (reads, Rule(("patch",), ("",), ("pods",))), (Rule(("patch",), names=("web",)),))


async def _ask(url: str, token: str, method: str, path: str, body: object = None) -> Reply:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with aiohttp.ClientSession(headers=headers) as session:
        return await ApiUnderTest(url, "payments", session).send(method, path, body)


async def test_a_user_may_do_what_a_rule_allows_and_none_denies(cluster: ClusterDouble) -> None:
    cluster.add_namespace("payments")
    cluster.add_user("sandbox", _bot())
    async with cluster.serving() as url:
        assert (await _ask(url, "sandbox", "GET", PODS)).code == 200
        assert (
            await _ask(url, "sandbox", "PATCH", f"{PODS}/api", {})
        ).code == 415  # let in; not a patch format
        codes = [
            (await _ask(url, "sandbox", method, path, {})).code
            for method, path in (
                ("GET", "/api/v1/pods"),
                ("GET", "/api/v1/nodes"),
                ("GET", f"{PODS}/api/status"),
                ("PATCH", f"{PODS}/web"),
                ("DELETE", f"{PODS}/api"),
            )
        ]
    assert codes == [403] * 5


async def test_a_refusal_says_what_is_missing(cluster: ClusterDouble) -> None:
    cluster.add_user("sandbox", _bot())
    async with cluster.serving() as url:
        one = await _ask(url, "sandbox", "DELETE", f"{PODS}/api")
        all_of_them = await _ask(url, "sandbox", "GET", "/apis/apps/v1/deployments")

    assert one.message == (
        'pods "api" is forbidden: User "bot" cannot delete resource "pods" in API group "" '
        'in the namespace "payments"'
    )
    assert all_of_them.message == (
        'deployments.apps is forbidden: User "bot" cannot list resource "deployments" in API group "apps" '
        "at the cluster scope"
    )
    assert all_of_them.body["details"] == {"group": "apps", "kind": "deployments"}


async def test_an_access_review_answers_from_the_same_table(cluster: ClusterDouble) -> None:
    cluster.add_user("sandbox", _bot())
    asked = [
        {"verb": "list", "resource": "pods", "namespace": "payments"},
        {"verb": "list", "resource": "pods"},
        {"verb": "patch", "resource": "pods", "namespace": "payments", "name": "web"},
    ]
    async with cluster.serving() as url:
        replies = [
            await _ask(url, "sandbox", "POST", REVIEWS, {"spec": {"resourceAttributes": question}})
            for question in asked
        ]
        nothing = await _ask(url, "sandbox", "POST", REVIEWS, {"spec": {}})

    assert [reply.body["status"]["allowed"] for reply in replies] == [True, False, False]
    assert nothing.code == 422


async def test_without_a_token_or_with_a_revoked_one_nothing_is_told(cluster: ClusterDouble) -> None:
    revoke = cluster.add_user("sandbox", User("bot"))
    async with cluster.serving() as url:
        anonymous = await _ask(url, "", "GET", PODS)
        assert (anonymous.code, 'User "system:anonymous"' in anonymous.message) == (403, True)
        assert (await _ask(url, "", "GET", "/apis")).code == 403
        assert (await _ask(url, "", "GET", "/version")).code == 200
        assert (await _ask(url, "sandbox", "GET", "/readyz")).body == "ok"
        revoke()
        assert (await _ask(url, "sandbox", "GET", "/readyz")).code == 401


def _tls(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Make a throwaway certificate for 127.0.0.1: what the server presents and the file to trust it by."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sandbox")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    start, end = (datetime(year, 1, 1, tzinfo=UTC) for year in (2020, 2120))
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    certificate = (
        builder.public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "tls.key").write_bytes(key.private_bytes(pem, pkcs8, serialization.NoEncryption()))
    (folder / "tls.crt").write_bytes(certificate.public_bytes(pem))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    return context, folder / "tls.crt"


@pytest.mark.parametrize("secure", [True, False], ids=["https", "http"])
async def test_the_written_kubeconfig_leads_the_real_client_in(
    cluster: ClusterDouble, tmp_path: Path, *, secure: bool
) -> None:
    tls, ca_file = _tls(tmp_path) if secure else (None, None)
    cluster.add_user("sandbox", User("bot"))
    path = tmp_path / "kubeconfig"
    async with cluster.serving(tls):
        cluster.write_kubeconfig(path, "sandbox", ca_file)
        settings = client.Configuration()
        await config.load_kube_config(  # type: ignore[no-untyped-call]  # the client has no types here
            str(path), context="prod", client_configuration=settings
        )
        async with client.ApiClient(settings) as connection:
            listed = await client.CoreV1Api(connection).list_namespace()
            names = {name_of(connection.sanitize_for_serialization(item)) for item in listed.items}

    assert "kube-system" in names
    assert path.stat().st_mode & 0o777 == 0o600
    assert "sandbox" not in repr(Context("prod", "http://127.0.0.1", "sandbox"))
