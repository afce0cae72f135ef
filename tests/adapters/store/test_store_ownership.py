"""One program for one SQLite file, for as long as it lives and no longer."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.adapters.store import StoreInUseError, open_store
from bot.adapters.store.ownership import file_system
from tests.domain.values import NOW

ROOT = Path(__file__).parents[3]
OWNER = """
import sys
from bot.adapters.store import open_store
store = open_store(sys.argv[1], clock=lambda: None)
store.own()
print("mine", flush=True)
sys.stdin.read()
"""
MOUNTINFO = """\
22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
40 22 0:50 / /mnt/shared rw,relatime shared:1 - nfs4 filer:/x rw
41 40 0:51 / /mnt/shared/own\\040disk rw - xfs /dev/sdb rw
"""


def test_a_second_program_on_one_file_is_refused_until_the_first_is_dead(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    command = [sys.executable, "-c", OWNER, url]
    mine = open_store(url, clock=lambda: NOW)
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "mine\n"
        with pytest.raises(StoreInUseError, match=rf"another firebreak serve \(process {first.pid}\)"):
            mine.own()
        first.kill()

    mine.own()


async def test_closing_lets_go_and_owning_twice_is_owning_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    async with open_store(url, clock=lambda: NOW) as first:
        first.own()
        first.own()
        async with open_store(url, clock=lambda: NOW) as second:
            with pytest.raises(StoreInUseError):
                second.own()
    async with open_store(url, clock=lambda: NOW) as third:
        third.own()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/x.db", "ext4"),
        ("/mnt/shared/x.db", "nfs4"),
        ("/mnt/shared/own disk/x.db", "xfs"),
        ("/mnt/sharedx", "ext4"),
    ],
)
def test_the_file_system_of_a_path_is_that_of_the_nearest_mount(tmp_path: Path, path: str, kind: str) -> None:
    (tmp_path / "mountinfo").write_text(MOUNTINFO)

    assert file_system(Path(path), tmp_path / "mountinfo") == kind


def test_where_the_kernel_does_not_tell_nothing_is_assumed(tmp_path: Path) -> None:
    assert file_system(tmp_path, tmp_path / "none") == ""


async def test_a_file_on_a_network_file_system_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mountinfo").write_text("22 1 8:1 / / rw - nfs4 filer:/x rw\n")
    monkeypatch.setattr("bot.adapters.store.ownership.MOUNTS", tmp_path / "mountinfo")
    async with open_store(f"sqlite:///{tmp_path}/x.db", clock=lambda: NOW) as store:
        with pytest.raises(StoreInUseError, match="network file system"):
            store.own()
