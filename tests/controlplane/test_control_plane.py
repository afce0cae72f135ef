"""The API server of the tests is the pinned one, refuses as a real one does, and ends with the test run."""

import json
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.controlplane import objects
from tests.controlplane.api import ApiRefusedError, connect
from tests.controlplane.pin import KUBERNETES_VERSION
from tests.controlplane.server import ControlPlane
from tests.controlplane.shell import Shell
from tests.controlplane.waiting import eventually
from tests.controlplane.world import World

ROOT = Path(__file__).resolve().parents[2]
HOLD_A_SERVER = """
import sys
from pathlib import Path
from tests.controlplane import binaries
from tests.controlplane.server import running_control_plane
with running_control_plane(binaries.ensure(binaries.SERVER), Path(sys.argv[1])) as plane:
    print(plane.url, flush=True)
    sys.stdin.read()
"""


def _is_served(url: str) -> bool:
    address = urlsplit(url)
    try:
        socket.create_connection((address.hostname or "", address.port or 0), timeout=5).close()
    except OSError:
        return False
    return True


async def test_the_server_is_of_the_pinned_version(world: World) -> None:
    assert (await world.api.get("/version"))["gitVersion"] == KUBERNETES_VERSION


async def test_the_bot_may_do_nothing_before_somebody_binds_it(
    control_plane: ControlPlane, world: World
) -> None:
    namespace = await world.namespace()
    async with connect(control_plane, "bot") as bot:
        with pytest.raises(ApiRefusedError, match="cannot list resource") as refused:
            await bot.get(f"/api/v1/namespaces/{namespace}/pods")

    assert (refused.value.status, refused.value.reason) == (403, "Forbidden")


async def test_the_bot_may_do_what_its_role_says_and_no_more(
    control_plane: ControlPlane, world: World
) -> None:
    namespace = await world.namespace()
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]
    bot_name = "system:serviceaccount:firebreak:firebreak"
    await world.create_all(
        objects.role("reader", namespace, rules), objects.role_binding("reader", namespace, bot_name)
    )
    async with connect(control_plane, "bot") as bot:

        async def allowed() -> bool:
            try:
                return "items" in await bot.get(f"/api/v1/namespaces/{namespace}/pods")
            except ApiRefusedError:
                return False  # the authorizer reads a new binding from a watch

        assert await eventually(allowed)
        with pytest.raises(ApiRefusedError, match="cannot create resource"):
            await bot.create(f"/api/v1/namespaces/{namespace}/pods", objects.pod("p", namespace))


async def test_a_real_service_account_token_logs_in_as_that_account(
    control_plane: ControlPlane, world: World
) -> None:
    namespace = await world.namespace()
    token = await world.service_account_token(namespace, "robot")
    async with connect(control_plane, "robot", token=token) as robot:
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        review = await robot.create("/apis/authentication.k8s.io/v1/selfsubjectreviews", body)

    assert review["status"]["userInfo"]["username"] == f"system:serviceaccount:{namespace}:robot"


async def test_an_unknown_token_is_refused(control_plane: ControlPlane) -> None:
    async with connect(control_plane, "nobody", token="sandbox") as nobody:
        with pytest.raises(ApiRefusedError) as refused:
            await nobody.get("/api/v1/namespaces")

    assert refused.value.status == 401


async def test_kubectl_of_the_same_version_logs_in_with_the_kubeconfig(
    control_plane: ControlPlane, shell: Shell
) -> None:
    command = "kubectl version -o json && kubectl auth whoami -o jsonpath='{.status.userInfo.username}'"
    ended = await shell.run(command, control_plane.kubeconfig("alice"))
    versions, end = json.JSONDecoder().raw_decode(ended.output)

    assert ended.status == 0
    assert versions["clientVersion"]["gitVersion"] == KUBERNETES_VERSION
    assert ended.output[end:].strip() == "alice"


async def test_no_token_is_shown_in_a_repr(control_plane: ControlPlane) -> None:
    assert control_plane.token("admin") not in repr(control_plane)


def _url_of_a_killed_run(folder: Path) -> str:
    """Start a run of its own, see that its server answers, and kill the run."""
    command = [sys.executable, "-c", HOLD_A_SERVER, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        url = run.stdout.readline().strip()
        assert _is_served(url)
        run.kill()
    return url


async def test_a_test_run_that_is_killed_takes_its_server_along(
    control_plane: ControlPlane, tmp_path: Path
) -> None:
    url = _url_of_a_killed_run(tmp_path / "plane")

    async def gone() -> bool:
        return not _is_served(url)

    assert await eventually(gone)
