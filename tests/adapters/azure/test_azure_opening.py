"""Who the bot is and whom it talks to: one credential, one host, verified; anything else stops the start."""

import re
from pathlib import Path
from typing import Any

import pytest
from azure.identity.aio import ChainedTokenCredential, WorkloadIdentityCredential

from bot.adapters.azure.arm import Arm
from bot.adapters.azure.client import SandboxEndpoint, _endpoint, open_arm
from bot.adapters.azure.credentials import AUTHORITIES, CredentialError, open_credential
from bot.adapters.azure.opening import open_azure
from bot.domain.errors import DeniedError
from bot.domain.refs import ArmRef
from bot.sandbox.azure import ArmDouble
from tests.adapters.azure.staged import Estate, settings_of
from tests.sandbox.azure.estate import SandboxCredential

VARIABLES = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE")


@pytest.fixture
def identity(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The variables that the workload identity webhook sets."""
    file = tmp_path / "token"
    file.write_text("sandbox")
    monkeypatch.setenv("AZURE_TENANT_ID", "00000000-0000-4000-8000-0000000000aa")
    monkeypatch.setenv("AZURE_CLIENT_ID", "00000000-0000-4000-8000-0000000000bb")
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(file))
    return file


async def test_production_has_exactly_one_credential(identity: Path, estate: Estate) -> None:
    async with open_credential(settings_of(estate)) as credential:
        assert type(credential) is WorkloadIdentityCredential


@pytest.mark.parametrize("missing", VARIABLES)
async def test_a_missing_variable_stops_the_start_with_its_name_and_the_remedy(
    identity: Path, estate: Estate, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.delenv(missing)

    with pytest.raises(CredentialError, match=f"{missing} not set: label the pod"):
        async with open_azure(settings_of(estate)):
            pass


async def test_a_token_file_that_is_not_there_stops_the_start(
    identity: Path, estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", f"{identity}-gone")

    with pytest.raises(CredentialError, match="names no file"):
        async with open_credential(settings_of(estate)):
            pass


async def test_the_developer_chain_is_there_only_when_asked_for(identity: Path, estate: Estate) -> None:
    async with open_credential(settings_of(estate, credential="developer")) as credential:
        assert isinstance(credential, ChainedTokenCredential)
        names = [type(one).__name__ for one in credential.credentials]

    assert names == ["AzureCliCredential", "AzureDeveloperCliCredential", "AzurePowerShellCredential"]


@pytest.mark.parametrize(
    ("cloud", "host", "authority"),
    [
        ("public", "https://management.azure.com", "login.microsoftonline.com"),
        ("usgovernment", "https://management.usgovcloudapi.net", "login.microsoftonline.us"),
        ("china", "https://management.chinacloudapi.cn", "login.chinacloudapi.cn"),
    ],
)
async def test_a_sovereign_cloud_has_its_own_host_scope_and_authority(
    estate: Estate, cloud: str, host: str, authority: str
) -> None:
    url, policies = _endpoint(settings_of(estate, cloud=cloud), SandboxCredential(), None)
    (scope,) = policies[-1]._scopes

    assert url == host
    assert re.fullmatch(r"https://management\.(core\.)?[a-z.]+/\.default", scope)
    assert scope.split("/")[2].rsplit(".", 2)[-2:] == host.rsplit(".", 2)[-2:]
    assert AUTHORITIES[cloud] == authority


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "https://management.azure.com", "https://127.0.0.1.stranger.invalid", ""]
)
def test_only_https_on_this_machine_can_be_a_sandbox(url: str, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("")

    with pytest.raises(ValueError, match=r"https on 127\.0\.0\.1"):
        SandboxEndpoint(url, tmp_path / "ca.pem")


def test_a_sandbox_without_its_ca_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="verification is never turned off"):
        SandboxEndpoint("https://127.0.0.1:1", tmp_path / "none.pem")


async def test_without_credential_and_without_sandbox_nothing_opens(estate: Estate) -> None:
    with pytest.raises(ValueError, match="a credential is needed"):
        async with open_arm(settings_of(estate)):
            pass


class Refusing(SandboxCredential):
    """An identity provider that gives no token."""

    async def get_token(self, *scopes: str, **options: Any) -> Any:
        from azure.core.exceptions import ClientAuthenticationError

        raise ClientAuthenticationError(message="AADSTS70021: no matching federated identity record")


async def test_a_credential_that_is_refused_is_denied_with_a_remedy_and_nothing_is_sent(
    double: ArmDouble, estate: Estate
) -> None:
    async with open_arm(settings_of(estate), Refusing()) as arm:
        assert isinstance(arm, Arm)
        with pytest.raises(DeniedError) as caught:
            await arm.get(ArmRef(estate.block.id))

    assert caught.value.code == "AuthenticationFailed"
    assert "federated credential" in caught.value.text
    assert double.requests == ()


async def test_a_certificate_that_nobody_vouches_for_is_no_answer(double: ArmDouble, estate: Estate) -> None:
    async with ArmDouble() as stranger:
        endpoint = SandboxEndpoint(stranger.url, double.ca_file)
        async with open_azure(settings_of(estate), sandbox=endpoint) as azure:
            with pytest.raises(Exception, match="NoAnswer"):
                await azure.shared.read(estate.block)

        assert stranger.requests == ()
