"""One contract for the adapter over two servers: the double, and the real kube-apiserver."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.adapters.kubernetes.contract_evidence import EvidenceContract
from tests.adapters.kubernetes.contract_keys import KeysContract
from tests.adapters.kubernetes.contract_own import OwnContract
from tests.adapters.kubernetes.contract_reads import ReadsContract
from tests.adapters.kubernetes.contract_watches import WatchesContract
from tests.adapters.kubernetes.stage import Stage, on_the_double, on_the_real_server
from tests.controlplane.server import ControlPlane


class TestOnTheDouble(ReadsContract, KeysContract, OwnContract, EvidenceContract, WatchesContract):
    @pytest.fixture
    async def stage(self, tmp_path: Path) -> AsyncIterator[Stage]:
        async with on_the_double(tmp_path) as stage:
            yield stage


@pytest.mark.controlplane
class TestOnTheRealServer(ReadsContract, KeysContract, OwnContract, EvidenceContract, WatchesContract):
    @pytest.fixture
    async def stage(self, control_plane: ControlPlane) -> AsyncIterator[Stage]:
        async with on_the_real_server(control_plane) as stage:
            yield stage
