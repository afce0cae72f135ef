"""The image can't be built where the tests run, so its recipe is read, and its install steps are really run."""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.packaging.dockerfile import Machine, Stage, parse

ROOT = Path(__file__).parents[2]
BUILD, LAST = parse((ROOT / "Dockerfile").read_text("utf-8"))


def package_files() -> set[str]:
    """Give the files under bot/ that are, or would be, in the repository, and what the build makes of them."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "bot"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    found = {name for name in listed.stdout.splitlines() if (ROOT / name).exists()}
    return found | {name.removesuffix(".proto") + ".binpb" for name in found if name.endswith(".proto")}


def health_command(port: int) -> list[str]:
    """Give the health check's own command, for this interpreter and that port of 127.0.0.1."""
    (check,) = LAST.all("HEALTHCHECK")
    command: list[str] = json.loads(check.partition("CMD ")[2])
    return [sys.executable, *(word.replace("8080", str(port)) for word in command[1:])]


class Answering(BaseHTTPRequestHandler):
    """A /healthz that gives one status, and 404 for every other path."""

    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def health_port() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the build stage, step by step, below a folder that stands for the image's /."""
    root = tmp_path_factory.mktemp("image")
    Machine(root, ROOT).act(BUILD)
    return root


@pytest.mark.parametrize("stage", [BUILD, LAST], ids=["build", "last"])
def test_each_base_is_pinned_by_version_and_digest(stage: Stage) -> None:
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+@sha256:[0-9a-f]{64}", stage.base)


def test_both_stages_share_the_interpreter_that_the_venv_points_to() -> None:
    assert BUILD.base == LAST.base


def test_the_last_stage_installs_nothing_and_takes_only_the_venv() -> None:
    assert LAST.all("COPY") == ["--from=build /opt/firebreak /opt/firebreak"]
    assert [json.loads(step)[:4] for step in LAST.all("RUN")] == [
        ["python", "-m", "pip", "uninstall"],
        ["install", "-d", "-m", "0700"],
    ]


def test_it_runs_as_a_number_that_is_not_root_and_owns_its_state() -> None:
    (user,) = LAST.all("USER")
    uid, gid = user.split(":")
    state = json.loads(LAST.all("RUN")[1])

    assert int(uid) > 0
    assert int(gid) > 0
    assert state[4:] == ["-o", uid, "-g", gid, LAST.all("VOLUME")[0]]


def test_nothing_goes_through_a_shell_when_it_runs() -> None:
    (check,) = LAST.all("HEALTHCHECK")
    commands = [check.partition("CMD ")[2], *LAST.all("ENTRYPOINT"), *LAST.all("CMD")]

    assert all(isinstance(json.loads(command), list) for command in commands)


def test_the_build_sees_exactly_what_it_copies() -> None:
    copied = {source for step in BUILD.all("COPY") for source in step.split()[:-1]}
    ignore = (ROOT / ".dockerignore").read_text("utf-8").splitlines()

    assert "*" in ignore
    assert {line[1:] for line in ignore if line.startswith("!")} == copied


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False), (302, False)])
def test_the_health_check_believes_only_a_200(
    health_port: int, monkeypatch: pytest.MonkeyPatch, status: int, healthy: bool
) -> None:
    monkeypatch.setattr(Answering, "status", status)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    done = subprocess.run(health_command(health_port), check=False, capture_output=True)

    assert (done.returncode == 0) is healthy


def test_the_health_check_fails_where_nothing_listens() -> None:
    closed = HTTPServer(("127.0.0.1", 0), Answering)
    closed.server_close()

    done = subprocess.run(health_command(closed.server_port), check=False, capture_output=True)

    assert done.returncode != 0


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_installed_package_is_imported_from_the_venv_and_not_from_the_checkout(
    image: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        [image / "opt/firebreak/bin/python", "-I", "-c", "import bot; print(bot.__file__)"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )

    assert Path(done.stdout.strip()).is_relative_to(image / "opt/firebreak")
    assert (image / "opt/firebreak/bin/firebreak").exists()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_installed_command_explains_itself_outside_the_checkout(image: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [image / "opt/firebreak/bin/firebreak", "--help"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )

    assert "firebreak" in done.stdout


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_installed_program_has_the_playbooks_that_are_shipped(image: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [image / "opt/firebreak/bin/firebreak", "playbook", "check", "shipped"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )

    names = {path.stem for path in (ROOT / "playbooks").glob("*.yaml")}
    assert {
        line.split()[1].rstrip(",") for line in done.stdout.splitlines() if line.startswith("ok")
    } == names


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_installed_package_holds_every_file_of_the_folder_bot(image: Path) -> None:
    (site,) = image.glob("opt/firebreak/lib/python3*/site-packages")
    installed = {
        str(path.relative_to(site))
        for path in (site / "bot").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }

    assert "bot/py.typed" in installed
    assert installed == package_files()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_venv_of_the_image_has_nothing_that_installs_or_builds(image: Path) -> None:
    (site,) = image.glob("opt/firebreak/lib/python3*/site-packages")

    assert not [
        name
        for name in ("pip", "setuptools", "wheel", "grpc_tools", "pytest", "mypy")
        if (site / name).exists()
    ]
