"""One contract, two servers: the double, and the real kube-apiserver that it is held to."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from bot.sandbox.kubernetes.access import User
from bot.sandbox.kubernetes.double import ClusterDouble
from tests.controlplane.server import ControlPlane
from tests.sandbox.kubernetes.api_under_test import ApiUnderTest, api_at
from tests.sandbox.kubernetes.contract_patches import PatchContract
from tests.sandbox.kubernetes.contract_reads import ReadContract
from tests.sandbox.kubernetes.contract_writes import WriteContract


class TestTheDouble(ReadContract, WriteContract, PatchContract):
    @pytest.fixture
    async def api(self, cluster: ClusterDouble) -> AsyncIterator[ApiUnderTest]:
        cluster.add_user("sandbox", User("admin"))
        async with cluster.serving() as url, api_at(url, "sandbox", "contract") as api:
            yield api


@pytest.mark.controlplane
class TestTheRealServer(ReadContract, WriteContract, PatchContract):
    @pytest.fixture
    async def api(self, control_plane: ControlPlane) -> AsyncIterator[ApiUnderTest]:
        namespace = f"contract-{uuid4().hex[:8]}"
        plane = control_plane
        async with api_at(plane.url, plane.token("admin"), namespace, plane.tls()) as api:
            yield api
