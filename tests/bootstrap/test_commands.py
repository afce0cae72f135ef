"""The command line, as a person runs it."""

import json
from pathlib import Path

import pytest
import yaml

from bot.__main__ import main

EXAMPLE = Path(__file__).parents[2] / "deploy" / "policy.example.yaml"


def test_a_policy_is_explained_in_plain_words(capsys: pytest.CaptureFixture[str]) -> None:
    main(["policy", "check", str(EXAMPLE)])

    assert "What no rule allows is refused." in capsys.readouterr().out


def test_a_flawed_policy_is_refused_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flawed = tmp_path / "policy.yaml"
    flawed.write_text("version: 1\ngroups: {}\nreads: []\nruels: []\n", encoding="utf-8")

    code = main(["policy", "check", str(flawed)])

    assert code == 2
    assert "policy.yaml:4" in capsys.readouterr().err


def test_the_rights_are_printed_as_documents_that_kubectl_takes(capsys: pytest.CaptureFixture[str]) -> None:
    main(["rbac", "--namespace", "ir"])

    kinds = [document["kind"] for document in yaml.safe_load_all(capsys.readouterr().out)]
    assert "ValidatingAdmissionPolicy" in kinds
    assert kinds.index("ValidatingAdmissionPolicy") < kinds.index("ClusterRoleBinding")


def test_the_manifest_is_json_with_the_slash_command_that_was_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["slack", "manifest", "--slash", "/ir-test"])

    manifest = json.loads(capsys.readouterr().out)
    assert manifest["features"]["slash_commands"][0]["command"] == "/ir-test"


def test_settings_that_are_wrong_stop_a_command_with_their_names_and_no_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SLACK_BOT_TOKEN", raising=False)
    file = tmp_path / "firebreak.toml"
    file.write_text('[slack]\nchannels = {"*" = "C0X"}\nbot_tokn = "secret-looking"\n', encoding="utf-8")

    code = main(["--settings", str(file), "migrate"])

    told = capsys.readouterr().err
    assert code == 2
    assert "slack.bot_tokn" in told
    assert "secret-looking" not in told
