"""What is executed is what was looked at, and the repository names no registry. Nothing here asks one."""

import json
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.localslack.binary import HERE, PACKAGE, EmulatorMissingError, ensure


@pytest.fixture(autouse=True)
def _on_its_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")


def test_the_lock_file_pins_the_package_by_its_sha512_and_names_no_address() -> None:
    lock = json.loads((HERE / "package-lock.json").read_text("utf-8"))
    pinned = lock["packages"][f"node_modules/{PACKAGE}"]

    assert pinned["integrity"].startswith("sha512-")
    assert "resolved" not in pinned
    assert json.loads((HERE / "package.json").read_text("utf-8"))["dependencies"] == {
        PACKAGE: pinned["version"]
    }
    assert set(lock["packages"]) == {"", f"node_modules/{PACKAGE}"}


def test_a_program_of_other_bytes_is_refused_before_it_is_started(tmp_path: Path) -> None:
    program = tmp_path / "node_modules" / PACKAGE / "bin" / "local-slack"
    program.parent.mkdir(parents=True)
    program.write_bytes(b"something else")

    with pytest.raises(EmulatorMissingError, match="is not the pinned program"):
        ensure(tmp_path)


def test_without_npm_and_on_other_machines_it_is_said_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(EmulatorMissingError, match="npm is missing"):
        ensure(tmp_path)

    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    with pytest.raises(EmulatorMissingError, match="x64 only"):
        ensure(tmp_path)


def test_what_npm_says_when_it_cannot_install_is_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = subprocess.CompletedProcess[str]([], 1, "", "npm error code EINTEGRITY")
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/npm")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)

    with pytest.raises(EmulatorMissingError, match="EINTEGRITY"):
        ensure(tmp_path)
