"""Self-tests that could not run stop the start with their names; the commands about them say what is missing."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.__main__ import main
from bot.bootstrap.selftests import sites
from bot.settings import Settings, SettingsError, load

SLACK = '[slack]\nbot_token = "xoxb-1"\napp_token = "xapp-1"\nchannels = {"*" = "C0123"}\n'
IMAGE = f"registry.example.com/firebreak@sha256:{'0' * 64}"
CLUSTER = f'[clusters.prod]\nin_cluster = true\ncanary_image = "{IMAGE}"\n'
RBAC = ("rbac", "--self-test-namespace", "firebreak-self-test")


def written(folder: Path, lines: str) -> Settings:
    file = folder / "firebreak.toml"
    file.write_text(SLACK + lines, encoding="utf-8")
    return load(file)


@pytest.mark.parametrize("every", ["", "self_test_every = 600", "self_test_every = 21600"])
def test_a_namespace_and_an_image_are_all_that_it_takes(tmp_path: Path, every: str) -> None:
    given = written(tmp_path, f'{CLUSTER}self_test_namespace = "firebreak-self-test"\n{every}\n')

    site = sites(given)["prod"]
    assert (site.namespace, site.image) == ("firebreak-self-test", IMAGE)
    assert (site.every is None) == (every == "")


def test_a_cluster_without_a_namespace_for_it_is_not_tested(tmp_path: Path) -> None:
    assert sites(written(tmp_path, CLUSTER)) == {}


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ('[clusters.prod]\nin_cluster = true\nself_test_namespace = "x"\n', "needs canary_image"),
        (f"{CLUSTER}self_test_every = 600\n", "needs self_test_namespace"),
        (f'{CLUSTER}self_test_namespace = "x"\nself_test_every = 60\n', "at least 600 s"),
        (f'{CLUSTER}self_test_namespace = "x"\nself_test_every = inf\n', "clusters.prod.self_test_every"),
        (f'{CLUSTER}self_test_namespace = "x"\nself_test_every = -1\n', "clusters.prod.self_test_every"),
        (f'{CLUSTER}self_test_namespace = "X_y"\n', "clusters.prod.self_test_namespace"),
    ],
)
def test_what_can_not_be_run_stops_the_start(tmp_path: Path, lines: str, told: str) -> None:
    with pytest.raises(SettingsError, match=r"clusters\.prod") as refused:
        written(tmp_path, lines)

    assert told in str(refused.value)


def _printed(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    assert main([*RBAC, "--canary", IMAGE, *words]) == 0
    return list(yaml.safe_load_all(capsys.readouterr().out))


def test_its_rights_are_printed_alone_and_end_at_its_namespace(capsys: pytest.CaptureFixture[str]) -> None:
    space, *guard, role, binding = _printed(capsys, "--namespace", "ir")

    assert (space["kind"], space["metadata"]["name"]) == ("Namespace", "firebreak-self-test")
    assert space["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert [each["kind"] for each in guard] == [
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
    ]
    assert {each["metadata"]["namespace"] for each in (role, binding)} == {"firebreak-self-test"}
    assert binding["subjects"] == [{"kind": "ServiceAccount", "namespace": "ir", "name": "firebreak"}]
    may = {rule["resources"][0]: set(rule["verbs"]) for rule in role["rules"]}
    assert may == {each: {"create", "delete", "get"} for each in ("pods", "networkpolicies")}


def test_rights_without_an_image_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*RBAC]) == 2

    assert "needs --canary IMAGE" in capsys.readouterr().err


def test_a_cluster_is_named_for_a_self_test_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path, CLUSTER)

    assert main(["--settings", str(tmp_path / "firebreak.toml"), "check", "--cluster", "prod"]) == 2
    assert "firebreak check --self-test --cluster NAME" in capsys.readouterr().err
