"""`deploy/kubernetes/firebreak.yaml` starts the bot with commands and settings that it takes."""

import os
import re
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml
from sqlalchemy.engine import make_url

from bot.__main__ import parser
from bot.engine.rbac import own_namespace
from bot.settings import Settings, load

DEPLOY = Path(__file__).parents[2] / "deploy"
DOCUMENTS = {
    made["kind"]: made
    for made in yaml.safe_load_all((DEPLOY / "kubernetes" / "firebreak.yaml").read_text("utf-8"))
}
POD: dict[str, Any] = DOCUMENTS["Deployment"]["spec"]["template"]["spec"]
CONTAINERS: list[dict[str, Any]] = [*POD["initContainers"], *POD["containers"]]
NAMES = [container["name"] for container in CONTAINERS]
SECRET = {"SLACK_BOT_TOKEN": "placeholder-bot", "SLACK_APP_TOKEN": "placeholder-app"}


def environment(container: dict[str, Any]) -> dict[str, str]:
    """Return what the container's program finds, its Secret as the manifest's comment describes it."""
    assert container["envFrom"] == [{"secretRef": {"name": "firebreak"}}]
    return SECRET | {entry["name"]: entry.get("value", "placeholder") for entry in container["env"]}


def mounts(container: dict[str, Any], volume: str) -> PurePosixPath:
    """Return where a volume of this kind is mounted."""
    (name,) = (each["name"] for each in POD["volumes"] if volume in each)
    (path,) = (each["mountPath"] for each in container["volumeMounts"] if each["name"] == name)
    return PurePosixPath(path)


def settings(container: dict[str, Any], monkeypatch: pytest.MonkeyPatch, folder: Path) -> Settings:
    """Load the example, without a server's address of its own, under exactly the container's environment."""
    for name in [name for name in os.environ if name.startswith(("FIREBREAK_", "SLACK_"))]:
        monkeypatch.delenv(name)
    for name, value in environment(container).items():
        monkeypatch.setenv(name, value)
    text = (DEPLOY / "firebreak.example.toml").read_text("utf-8")
    file = folder / "firebreak.toml"
    file.write_text(re.sub(r"(?m)^host = .*$", "", text), "utf-8")
    return load(file)


@pytest.mark.parametrize("container", CONTAINERS, ids=NAMES)
def test_each_container_runs_a_command_with_the_mounted_settings(container: dict[str, Any]) -> None:
    given = parser().parse_args(container["args"])

    assert given.settings.parent == Path(mounts(container, "configMap"))
    assert given.command == {"migrate": "migrate", "firebreak": "serve"}[container["name"]]


@pytest.mark.parametrize("container", CONTAINERS, ids=NAMES)
def test_its_environment_is_one_that_the_settings_take(
    container: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    loaded = settings(container, monkeypatch, tmp_path)
    state, mounted = mounts(container, "persistentVolumeClaim"), mounts(container, "configMap")

    assert loaded.server.host == "0.0.0.0"
    assert loaded.server.port == POD["containers"][0]["ports"][0]["containerPort"]
    assert PurePosixPath(make_url(loaded.database).database or "").parent == state
    assert PurePosixPath(loaded.audit.key_file).parent == state
    assert PurePosixPath(loaded.policy_file).parent == mounted


def test_the_variables_that_its_comments_name_are_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = (DEPLOY / "kubernetes" / "firebreak.yaml").read_text("utf-8")
    named = {name for name in re.findall(r"\bFIREBREAK_[A-Z_]+", text) if name != "FIREBREAK_PORT"}
    values = {
        "FIREBREAK_DATABASE": "postgresql+asyncpg://host/firebreak",
        "FIREBREAK_AUDIT__GENERATE_KEY": "false",
        "FIREBREAK_SERVER__HOST": "0.0.0.0",
    }
    monkeypatch.setitem(SECRET, "FIREBREAK_AUDIT__GENERATE_KEY", "false")
    monkeypatch.setitem(SECRET, "FIREBREAK_DATABASE", values["FIREBREAK_DATABASE"])

    assert named == set(values)
    loaded = settings(CONTAINERS[0], monkeypatch, tmp_path)
    assert (loaded.database, loaded.audit.generate_key) == (values["FIREBREAK_DATABASE"], False)


def test_no_service_of_that_name_adds_variables() -> None:
    assert POD["enableServiceLinks"] is False


def test_its_namespace_is_the_one_that_the_rights_come_with() -> None:
    assert DOCUMENTS["Namespace"] == own_namespace("firebreak")


@pytest.mark.parametrize("container", CONTAINERS, ids=NAMES)
def test_each_container_is_confined(container: dict[str, Any]) -> None:
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
