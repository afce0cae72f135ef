"""Settings that are wrong stop the start with their names; a misspelt variable is never ignored."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.settings import Settings, SettingsError, load
from tests.docs.tables import settings_keys

LEAST = """
[slack]
channels = {"*" = "C0SANDBOX"}

[clusters.prod]
context = "prod"
"""
ARM = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/n/providers/Microsoft.Network"
AZURE = f"""
[azure]
subscription = "00000000-0000-4000-8000-000000000001"
root_policy = "{ARM}/firewallPolicies/r"
rule_group = "{ARM}/firewallPolicies/r/ruleCollectionGroups/f"
"""
Load = Callable[..., Settings]


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Load:
    """Return a loader of the least settings with lines added, under no variables but Slack's and those given."""
    for name in [name for name in os.environ if name.upper().startswith(("FIREBREAK_", "SLACK_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-sandbox")
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-sandbox")
    file = tmp_path / "firebreak.toml"

    def made(added: str = "", **variables: str) -> Settings:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        file.write_text(LEAST + added, encoding="utf-8")
        return load(file)

    return made


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("FIREBREAK_SERVR__PORT", "FIREBREAK_SERVER__PORT"),
        ("FIREBREAK_SERVER_PORT", "FIREBREAK_SERVER__PORT"),
        ("FIREBREAK_SERVER__PROT", "FIREBREAK_SERVER__PORT"),
        ("FIREBREAK_DATABSE", "FIREBREAK_DATABASE"),
        ("FIREBREAK_STORE__URL", ""),
        ("FIREBREAK_CLUSTERS__PROD__TIMOUT", "FIREBREAK_CLUSTERS__PROD__TIMEOUT"),
        ("FIREBREAK_SLACK__BOT_TOKEN_FIEL", "FIREBREAK_SLACK__BOT_TOKEN_FILE"),
        ("FIREBREAK_SLACK__COMMAND", "FIREBREAK_SLACK__"),
        ("firebreak_log_levl", "FIREBREAK_LOG_LEVEL"),
    ],
)
def test_an_unknown_variable_is_an_error_that_names_the_nearest(
    loaded: Load, misspelt: str, meant: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(**{misspelt: "value-of-it"})

    told = str(caught.value)
    assert f"{misspelt}: there is no such setting" in told
    assert meant in told
    assert ("did you mean" in told) == bool(meant)
    assert "value-of-it" not in told


def test_every_wrong_thing_is_told_at_once(loaded: Load) -> None:
    with pytest.raises(SettingsError) as caught:
        loaded('log_level = "loud"\n', FIREBREAK_PRT="1", FIREBREAK_SERVER__PORT="many")

    assert all(
        name in str(caught.value) for name in ("FIREBREAK_PRT", "server.port", "clusters.prod.log_level")
    )


def test_the_variable_of_every_setting_is_known(loaded: Load) -> None:
    names = [
        "FIREBREAK_" + key.replace("<name>", "prod").replace(".", "__").upper()
        for key in settings_keys()
        if "[]" not in key
    ]

    with pytest.raises(SettingsError) as caught:
        loaded(**dict.fromkeys(names, "?"))

    assert "there is no such setting" not in str(caught.value)


def test_variables_are_taken_in_their_sections(loaded: Load) -> None:
    found = loaded(
        FIREBREAK_SERVER__PORT="9090",
        FIREBREAK_CLUSTERS__PROD__TIMEOUT="7",
        FIREBREAK_SLACK__CHANNELS='{"*": "C0OTHER"}',
        FIREBREAK_AUDIT='{"every": 30}',
    )

    assert (found.server.port, found.clusters["prod"].timeout, found.audit.every) == (9090, 7.0, 30.0)
    assert found.slack.channels["*"] == "C0OTHER"


def test_what_kubernetes_adds_for_a_service_of_that_name_is_no_setting(loaded: Load) -> None:
    link = "FIREBREAK_PORT_8080_TCP"
    given = {
        "FIREBREAK_SERVICE_HOST": "10.0.0.9",
        "FIREBREAK_SERVICE_PORT": "8080",
        "FIREBREAK_SERVICE_PORT_HTTP": "8080",
        "FIREBREAK_PORT": "tcp://10.0.0.9:8080",
        **{link + end: "x" for end in ("", "_PROTO", "_PORT", "_ADDR")},
    }

    assert loaded(**given).server.port == 8080
    with pytest.raises(SettingsError, match="FIREBREAK_SERVER_PORT"):
        loaded(FIREBREAK_SERVER_PORT="9090")


def test_a_pods_own_service_account_takes_no_kubeconfig(loaded: Load) -> None:
    with pytest.raises(SettingsError, match=r"clusters\.tools: .* takes no kubeconfig"):
        loaded('[clusters.tools]\nin_cluster = true\nkubeconfig = "config"\n')


@pytest.mark.parametrize(
    ("added", "named"),
    [
        ("timeout = 20\n", "clusters.prod.timeout"),
        ("[engine]\ncall = 9\n", "clusters.prod.timeout"),
        (AZURE + "timeout = 25\n", "azure.timeout"),
    ],
)
def test_a_call_that_outlasts_the_engines_patience_is_refused(loaded: Load, added: str, named: str) -> None:
    with pytest.raises(SettingsError, match=r"must be less than engine\.call") as caught:
        loaded(added)

    assert named in str(caught.value)


@pytest.mark.parametrize("gone", ["[azure]\npolling = 5\n", ""])
def test_settings_that_nothing_reads_are_no_settings(loaded: Load, gone: str) -> None:
    with pytest.raises(SettingsError, match=r"azure\.polling|slack\.command"):
        loaded(gone, **({} if gone else {"FIREBREAK_SLACK__COMMAND": "/fb"}))
