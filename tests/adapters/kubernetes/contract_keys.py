"""Named keys of a pod that is not ours: set, put back, and nothing beside them touched."""

import asyncio

import msgspec
import pytest

from bot.domain.changes import KeyEdit, Patch, invert
from bot.domain.errors import BusyError, ConflictError
from bot.domain.isolation import LABEL
from tests.adapters.kubernetes.stage import AUTOSCALER, Stage


class KeysContract:
    @pytest.mark.parametrize(
        "metadata",
        [
            {},
            {"labels": {"app": "api"}},
            {"annotations": {"team": "payments"}},
            {"labels": {"app": "api"}, "annotations": {AUTOSCALER: "true", "team": "payments"}},
        ],
        ids=["bare", "labelled", "annotated", "both"],
    )
    async def test_a_patch_and_its_inverse_leave_the_pod_byte_for_byte_as_it_was(
        self, stage: Stage, metadata: dict[str, dict[str, str]]
    ) -> None:
        uid = await stage.pod("api", **metadata)
        before = await stage.photograph()
        held = metadata.get("annotations", {}).get(AUTOSCALER)
        change = stage.marking("api", uid, **({"annotations": held} if held else {}))

        await stage.clusters.apply(change)
        between = await stage.photograph()
        await stage.clusters.apply(invert(change))

        assert between != before
        assert await stage.photograph() == before

    async def test_a_patch_that_is_there_already_is_adopted_without_a_write(self, stage: Stage) -> None:
        change = stage.marking("api", await stage.pod("api"))
        first = await stage.clusters.apply(change)

        second = await stage.clusters.apply(change)

        assert (first.adopted, second.adopted) == (False, True)
        assert second.version == first.version

    async def test_what_others_change_beside_our_keys_stays_theirs(self, stage: Stage) -> None:
        change = stage.marking("api", await stage.pod("api", labels={"app": "api"}))
        await stage.clusters.apply(change)
        await stage.api.patch(stage.path("api"), {"metadata": {"labels": {"app": None, "tier": "web"}}})

        await stage.clusters.apply(invert(change))

        metadata = (await stage.api.get(stage.path("api")))["metadata"]
        assert metadata["labels"] == {"tier": "web"}
        assert "annotations" not in metadata

    async def test_a_key_that_holds_something_else_is_a_conflict_and_nothing_is_written(
        self, stage: Stage
    ) -> None:
        uid = await stage.pod("api", annotations={AUTOSCALER: "maybe"})
        before = await stage.photograph()

        with pytest.raises(ConflictError, match="is maybe, expected was absent"):
            await stage.clusters.apply(stage.marking("api", uid))

        assert await stage.photograph() == before

    async def test_our_own_mark_is_set_whatever_stands_there_and_what_is_put_back_goes_over_nothing(
        self, stage: Stage
    ) -> None:
        uid = await stage.pod("api", labels={LABEL: "forged"}, annotations={AUTOSCALER: "maybe"})
        change = msgspec.structs.replace(stage.marking("api", uid), over=True)

        await stage.clusters.apply(change)
        theirs = {"metadata": {"labels": {LABEL: "forged-again"}}}
        await stage.api.patch(stage.path("api"), theirs)

        with pytest.raises(ConflictError, match="forged-again"):
            await stage.clusters.apply(invert(change))

    async def test_a_half_made_patch_is_completed(self, stage: Stage) -> None:
        change = stage.marking("api", await stage.pod("api", labels={LABEL: "fb-7k3q-0"}))

        sight = await stage.clusters.observe(change)
        written = await stage.clusters.apply(change)

        assert sight.undone
        assert [d.field for d in sight.differences] == [f"annotations[{AUTOSCALER}]"]
        assert not written.adopted
        assert (await stage.clusters.observe(change)).done

    async def test_a_pod_that_was_recreated_is_another_one(self, stage: Stage) -> None:
        change = stage.marking("api", await stage.pod("api"))
        await stage.api.delete(stage.path("api"))
        await stage.pod("api")
        before = await stage.photograph()

        with pytest.raises(ConflictError, match="recreated"):
            await stage.clusters.apply(change)
        with pytest.raises(ConflictError, match="recreated"):
            await stage.clusters.restore(change)

        assert (await stage.clusters.observe(change)).gone
        assert await stage.photograph() == before

    async def test_a_pod_that_is_gone_is_said_to_be_gone(self, stage: Stage) -> None:
        change = stage.marking("nobody", "0000")

        with pytest.raises(ConflictError, match="Gone"):
            await stage.clusters.apply(change)

        assert (await stage.clusters.observe(change)).gone

    async def test_drift_of_a_key_is_seen_and_restored_whatever_stands_there(self, stage: Stage) -> None:
        change = stage.marking("api", await stage.pod("api"))
        await stage.clusters.apply(change)
        theirs = {"metadata": {"labels": {LABEL: "evil"}, "annotations": {AUTOSCALER: None}}}
        await stage.api.patch(stage.path("api"), theirs)

        drift = await stage.clusters.observe(change)
        with pytest.raises(ConflictError, match="evil"):
            await stage.clusters.apply(change)
        await stage.clusters.restore(change)

        assert (drift.done, drift.undone, drift.gone) == (False, False, False)
        assert {(d.field, d.ours, d.now) for d in drift.differences} == {
            (f"labels[{LABEL}]", "fb-7k3q-0", "evil"),
            (f"annotations[{AUTOSCALER}]", "false", None),
        }
        assert (await stage.clusters.observe(change)).done

    async def test_a_patch_is_undone_where_everything_is_as_before(self, stage: Stage) -> None:
        change = stage.marking("api", await stage.pod("api"))

        sight = await stage.clusters.observe(change)

        assert (sight.done, sight.undone, sight.gone) == (False, True, False)
        assert (await stage.clusters.observe(invert(change))).done

    async def test_the_guard_of_a_patch_cannot_be_overridden_by_its_keys(self, stage: Stage) -> None:
        uid = await stage.pod("api")
        keys = (KeyEdit(("metadata", "uid"), uid, "another"),)

        with pytest.raises(ConflictError):
            await stage.clusters.apply(Patch(stage.ref("api"), "another", keys))

    async def test_patches_of_others_at_the_same_time_are_neither_lost_nor_in_the_way(
        self, stage: Stage
    ) -> None:
        change = stage.marking("api", await stage.pod("api"))

        async def colleague(number: int) -> None:
            for turn in range(5):
                labels = {f"theirs-{number}-{turn}": "1"}
                await stage.api.patch(stage.path("api"), {"metadata": {"labels": labels}})

        async def ours() -> None:
            for _ in range(30):
                try:
                    await stage.clusters.apply(change)
                except BusyError:
                    continue
                return
            pytest.fail("never got through")

        await asyncio.gather(ours(), *(colleague(number) for number in range(3)))

        labels = (await stage.api.get(stage.path("api")))["metadata"]["labels"]
        assert len([key for key in labels if key.startswith("theirs-")]) == 15
        assert (await stage.clusters.observe(change)).done
