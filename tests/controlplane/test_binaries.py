"""The programs are pinned to the last byte, and a run that lacks them says so instead of passing in silence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.controlplane import binaries
from tests.controlplane.pin import KUBERNETES_VERSION, staging_modules

ROOT = Path(__file__).resolve().parents[2]
PINS = {name: (binaries.HERE / name).read_text(encoding="utf-8") for name in ("go.mod", "go.sum")}
ONE_TEST = "tests/controlplane/test_control_plane.py::test_an_unknown_token_is_refused"


def test_every_module_that_kubernetes_leaves_without_a_version_is_replaced() -> None:
    version = KUBERNETES_VERSION.replace("v1.", "v0.", 1)
    unversioned = staging_modules(PINS["go.mod"])

    assert "k8s.io/apiextensions-apiserver" in unversioned
    for name in unversioned:
        assert f"\t{name} => {name} {version}\n" in PINS["go.mod"]


def test_no_address_of_a_registry_is_pinned() -> None:
    assert [name for name, text in PINS.items() if "://" in text] == []


def test_programs_of_an_assets_folder_come_before_our_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "etcd").touch(mode=0o755)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))

    assert binaries.ensure(["etcd"]) == {"etcd": tmp_path / "etcd"}


def test_a_file_that_cannot_be_run_is_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "etcd").touch(mode=0o644)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    assert binaries.find("etcd") is None


@pytest.mark.parametrize(("required", "outcome", "status"), [("0", "1 skipped", 0), ("1", "1 error", 1)])
def test_without_programs_and_go_tests_are_skipped_or_fail_where_they_are_required(
    tmp_path: Path, required: str, outcome: str, status: int
) -> None:
    bare = {"PATH": "", "XDG_CACHE_HOME": str(tmp_path), "TESTS_REQUIRE_CONTROLPLANE": required}
    kept = {name: value for name, value in os.environ.items() if name != "KUBEBUILDER_ASSETS"}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", ONE_TEST]
    ended = subprocess.run(
        command, cwd=ROOT, env={**kept, **bare}, capture_output=True, text=True, check=False
    )

    assert outcome in ended.stdout
    assert "install Go and run" in ended.stdout
    assert ended.returncode == status
