"""What a witness reads is what the API server wrote; what it cannot read is an error with a name."""

import json
from collections.abc import AsyncIterator
from hashlib import sha256

import pytest

from bot.adapters.kubernetes import Clusters
from bot.domain.capturing import events, following, manifest, seen
from bot.domain.errors import ConflictError, DeniedError, OutsideError
from bot.domain.evidence import Capture, CaptureState, Item, ItemKind, Want, concluded
from bot.engine.capturing import Camera
from bot.engine.context import Evidence
from bot.ports import Kept
from tests.adapters.kubernetes.stage import NOW, Stage
from tests.controlplane import objects

MOST = 1 << 20


class Shelf:
    """A vault in the test's hands."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def put(self, place: str, chunks: AsyncIterator[bytes]) -> Kept:
        body = b"".join([chunk async for chunk in chunks])
        self.kept[place] = body
        return Kept(sha256(body).hexdigest(), len(body), "key")

    async def get(self, place: str) -> AsyncIterator[bytes]:
        yield self.kept[place]

    async def drop(self, prefix: str) -> None:
        self.kept = {place: body for place, body in self.kept.items() if not place.startswith(f"{prefix}/")}


async def read(clusters: Clusters, want: Want, most: int = MOST) -> bytes:
    return b"".join([piece async for piece in clusters.witness.read(want, most)])


async def captured(stage: Stage, name: str, uid: str, clusters: Clusters | None = None) -> Capture:
    fresh = Capture("FB-7K3Q.0", "FB-7K3Q", 0, stage.ref(name), uid, NOW, attempts=1)
    evidence = Evidence((clusters or stage.clusters).witness, Shelf())
    return concluded(fresh, await Camera(evidence, fresh).all(), NOW)


def of(done: Capture, kind: ItemKind) -> Item:
    return next(item for item in done.items if item.kind is kind)


class EvidenceContract:
    """Over the double and over the real kube-apiserver, which has no kubelet behind it."""

    async def test_a_manifest_is_the_bytes_that_the_server_sent(self, stage: Stage) -> None:
        uid = await stage.pod("web")
        body = await read(stage.clusters, manifest(stage.ref("web"), uid))
        assert json.loads(body)["metadata"]["uid"] == uid
        assert "managedFields" in json.loads(body)["metadata"]
        told = seen(body)
        assert told is not None
        assert told.metadata.uid == uid

    async def test_events_are_those_about_this_very_pod(self, stage: Stage) -> None:
        uid = await stage.pod("web")
        for name, about in (("mine.1", uid), ("other.1", "00000000-0000-0000-0000-000000000000")):
            await stage.api.create(
                f"/api/v1/namespaces/{stage.namespace}/events",
                {
                    "apiVersion": "v1",
                    "kind": "Event",
                    "metadata": {"name": name, "namespace": stage.namespace},
                    "involvedObject": {
                        "kind": "Pod",
                        "namespace": stage.namespace,
                        "name": "web",
                        "uid": about,
                    },
                    "reason": "Unhealthy",
                    "type": "Warning",
                },
            )
        body = json.loads(await read(stage.clusters, events(stage.ref("web"), uid)))
        assert [event["metadata"]["name"] for event in body["items"]] == ["mine.1"]

    async def test_a_pod_that_is_gone_is_told_and_its_events_are_still_kept(self, stage: Stage) -> None:
        uid = await stage.pod("web")
        await stage.api.delete(f"{stage.path('web')}?gracePeriodSeconds=0")
        with pytest.raises(ConflictError):
            await read(stage.clusters, manifest(stage.ref("web"), uid))
        done = await captured(stage, "web", uid)
        assert done.state is CaptureState.PARTIAL
        assert of(done, ItemKind.MANIFEST).missing == "the pod is gone"
        assert not of(done, ItemKind.EVENTS).missing

    async def test_another_pod_of_the_same_name_is_not_taken_for_it(self, stage: Stage) -> None:
        await stage.pod("web")
        done = await captured(stage, "web", "00000000-0000-0000-0000-000000000000")
        assert "another one" in of(done, ItemKind.MANIFEST).missing

    async def test_without_any_right_each_item_says_so_and_nothing_stops(self, stage: Stage) -> None:
        uid = await stage.pod("web")
        done = await captured(stage, "web", uid, stage.stranger)
        assert not done.kept
        assert all("orbidden" in item.missing or "manifest" in item.missing for item in done.items)

    async def test_an_object_larger_than_its_room_is_cut_and_says_so(self, stage: Stage) -> None:
        uid = await stage.pod("web")
        reading = stage.clusters.witness.read(manifest(stage.ref("web"), uid), 100)
        body = b"".join([piece async for piece in reading])
        assert len(body) == 100
        assert "first 100 bytes" in reading.cut

    async def test_a_cluster_that_is_not_configured_is_an_error_with_a_name(self, stage: Stage) -> None:
        ref = stage.ref("web")
        elsewhere = manifest(type(ref)("nowhere", ref.kind, ref.namespace, ref.name), "u")
        with pytest.raises(DeniedError, match="nowhere"):
            await read(stage.clusters, elsewhere)

    async def test_logs_come_or_it_is_said_why_not(self, stage: Stage) -> None:
        body = objects.pod("web", stage.namespace, node="a-node")
        uid = (await stage.api.create(stage.path(), body))["metadata"]["uid"]
        done = await captured(stage, "web", uid)
        logs = [item for item in done.items if item.kind is ItemKind.LOG]
        assert logs
        served = stage.double is not None  # a real API server asks a kubelet, and there is none here
        assert all(bool(item.missing) is not served for item in logs), logs
        told = seen(await read(stage.clusters, manifest(stage.ref("web"), uid)))
        assert told is not None
        if not served:
            with pytest.raises(OutsideError):
                await read(stage.clusters, following(stage.ref("web"), told)[0])
