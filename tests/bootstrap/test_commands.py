"""The command line, as a person runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

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


def _printed(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    assert main(["rbac", *words]) == 0
    return list(yaml.safe_load_all(capsys.readouterr().out))


def test_the_rights_begin_with_the_namespace_that_the_account_is_in(
    capsys: pytest.CaptureFixture[str],
) -> None:
    first, second, *_ = _printed(capsys, "--namespace", "ir")

    assert (first["kind"], first["metadata"]["name"]) == ("Namespace", "ir")
    assert (second["kind"], second["metadata"]["namespace"]) == ("ServiceAccount", "ir")


def test_a_namespace_that_stands_already_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    kinds = [made["kind"] for made in _printed(capsys, "--no-namespace")]

    assert kinds[0] == "ServiceAccount"
    assert "Namespace" not in kinds


def test_an_identity_that_is_no_service_account_is_bound_and_guarded_by_its_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = _printed(capsys, "--username", "bot@example.org", "--only", "payments")

    assert not {"Namespace", "ServiceAccount"} & {each["kind"] for each in made}
    subjects = [each["subjects"] for each in made if "subjects" in each]
    assert subjects
    assert {subject["name"] for some in subjects for subject in some} == {"bot@example.org"}
    guards = [each for each in made if each["kind"] == "ValidatingAdmissionPolicy"]
    assert all(
        '== "bot@example.org"' in guard["spec"]["matchConditions"][0]["expression"] for guard in guards
    )


def test_the_manifest_is_json_with_the_one_slash_command(capsys: pytest.CaptureFixture[str]) -> None:
    main(["slack", "manifest"])

    manifest = json.loads(capsys.readouterr().out)
    assert manifest["features"]["slash_commands"][0]["command"] == "/ir"


def test_a_manifest_for_http_without_an_address_says_what_to_give(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["slack", "manifest", "--transport", "http"]) == 2

    assert "--url" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["slack", "manifest"], ["rbac"], ["policy", "check", str(EXAMPLE)]], ids=str
)
def test_a_reader_that_has_read_enough_ends_a_command_quietly(words: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)  # before a word is written, so that the write cannot win the race
    try:
        done = subprocess.run(
            [sys.executable, "-m", "bot", *words], stdout=writing, stderr=subprocess.PIPE, check=False
        )
    finally:
        os.close(writing)

    assert (done.returncode, done.stderr) == (141, b"")


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
