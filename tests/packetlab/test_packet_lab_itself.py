"""The lab leaves nothing behind, is pinned to the last byte, and says what it lacks instead of passing in silence."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.controlplane.waiting import eventually
from tests.packetlab.network import NODE, OUTSIDE_ADDRESS, Try, interface, laid_out
from tests.packetlab.pin import HERE, VERSION, replacements
from tests.packetlab.requirements import lacking

ROOT = HERE.parents[1]
PINS = {name: (HERE / name).read_text(encoding="utf-8") for name in ("go.mod", "go.sum")}
ONE_TEST = "tests/packetlab/test_packet_table.py::test_nothing_is_cut_where_no_policy_is"
HOLD_A_NETWORK = """
import sys
from pathlib import Path
from tests.packetlab.network import NODE, laid_out
with laid_out(Path(sys.argv[1])) as network:
    network.plug("space", "pod", "10.244.0.7")
    print(network.paths[NODE], flush=True)
    sys.stdin.read()
"""
needs_root = pytest.mark.skipif(bool(lacking()), reason=lacking())


def test_no_address_of_a_registry_is_pinned() -> None:
    assert [name for name, text in PINS.items() if "://" in text] == []
    assert VERSION in PINS["go.mod"]


def test_replaced_modules_are_repeated_unless_they_are_folders_of_calicos_own_tree() -> None:
    found = replacements("replace (\n\tk8s.io/api => k8s.io/api v0.29.15\n\tx.test/api => ./api\n)\n")

    assert "k8s.io/api => k8s.io/api v0.29.15" in found
    assert not [line for line in found if "./" in line]
    assert all(f"\t{line}\n" in PINS["go.mod"] for line in found)


@needs_root
async def test_packets_go_through_bare_wires_and_stop_with_the_interface(tmp_path: Path) -> None:
    with laid_out(tmp_path / "wire.log") as network:
        pod = network.plug("space", "pod", "10.244.0.7")
        tries = [Try(pod, OUTSIDE_ADDRESS, *door) for door in (("tcp", 80), ("udp", 53), ("icmp", 0))]
        before = await network.seen([*tries, Try(pod, OUTSIDE_ADDRESS, "tcp", 81)])
        network.ip(NODE, f"link set {interface('space', 'pod')} down")
        after = await network.seen(tries)

    assert list(before.values()) == ["open", "open", "open", "refused"]
    assert set(after.values()) == {"cut"}


@needs_root
async def test_a_test_run_that_is_killed_takes_its_namespaces_along(tmp_path: Path) -> None:
    interfaces = _interfaces()
    held = _namespace_of_a_killed_run(tmp_path)

    async def gone() -> bool:
        return not await asyncio.to_thread(os.path.lexists, held)

    assert await eventually(gone)
    assert _interfaces() == interfaces


def _namespace_of_a_killed_run(folder: Path) -> str:
    """Start a run of its own, see that it holds a namespace, kill the run, and return what stood for it."""
    command = [sys.executable, "-c", HOLD_A_NETWORK, str(folder / "wire.log")]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        held = run.stdout.readline().strip()
        assert os.path.lexists(held)
        run.kill()
    return held


def _interfaces() -> list[str]:
    return sorted(path.name for path in Path("/sys/class/net").iterdir())


def test_what_is_lacking_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    assert "install iproute2, iptables, ipset, nftables" in lacking()
    assert "no Go" in lacking()


@pytest.mark.slow
@pytest.mark.parametrize(("required", "outcome", "status"), [("0", "1 skipped", 0), ("1", "1 error", 1)])
def test_without_its_tools_tests_are_skipped_or_fail_where_they_are_required(
    required: str, outcome: str, status: int
) -> None:
    bare = {**os.environ, "PATH": "", "TESTS_REQUIRE_PACKETLAB": required}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", ONE_TEST]
    ended = subprocess.run(command, cwd=ROOT, env=bare, capture_output=True, text=True, check=False)

    assert outcome in ended.stdout
    assert "install iproute2, iptables, ipset, nftables" in ended.stdout
    assert ended.returncode == status
