"""Objects of our own: made once, adopted when they are ours, never taken from others."""

from typing import Any

import pytest

from bot.domain.changes import Create, Delete, invert
from bot.domain.documents import Document
from bot.domain.errors import BusyError, ConflictError, DeniedError
from bot.domain.isolation import LABEL, REQUEST
from bot.domain.refs import NETWORK_POLICY
from tests.adapters.kubernetes.stage import Stage

PORTS = {"ingress": [{"ports": [{"port": 53}, {"port": 53, "protocol": "UDP"}]}], "egress": []}


def spec(**fields: Any) -> dict[str, Any]:
    return {"spec": fields}


class OwnContract:
    async def test_an_object_and_its_inverse_leave_the_namespace_as_it_was(self, stage: Stage) -> None:
        before = await stage.photograph()
        change = stage.isolating()

        made = await stage.clusters.apply(change)
        between = await stage.clusters.observe(change)
        await stage.clusters.apply(invert(change))

        assert (made.adopted, between.done, between.version) == (False, True, made.version)
        assert await stage.photograph() == before

    async def test_the_server_notes_who_wrote(self, stage: Stage) -> None:
        change = stage.isolating()
        marking = stage.marking("api", await stage.pod("api"))
        for one in (change, marking):
            await stage.clusters.apply(one)

        for path in (stage.path(change.ref.name, NETWORK_POLICY), stage.path("api")):
            fields = (await stage.api.get(path))["metadata"]["managedFields"]
            assert "firebreak" in {entry["manager"] for entry in fields}

    @pytest.mark.parametrize("extra", [{}, PORTS], ids=["bare", "with-defaults-of-the-server"])
    async def test_our_object_that_stands_there_is_adopted(self, stage: Stage, extra: dict[str, Any]) -> None:
        change = stage.isolating(**extra)
        first = await stage.clusters.apply(change)

        second = await stage.clusters.apply(change)

        assert (second.adopted, second.version) == (True, first.version)

    @pytest.mark.parametrize(
        ("edit", "field"),
        [
            (spec(podSelector={"matchLabels": {LABEL: "other"}}), f"spec.podSelector.matchLabels.{LABEL}"),
            (spec(egress=[{}]), "spec.egress"),
            (spec(policyTypes=["Ingress"]), "spec.policyTypes"),
            (
                spec(podSelector={"matchExpressions": [{"key": "a", "operator": "Exists"}]}),
                "matchExpressions",
            ),
        ],
    )
    async def test_what_somebody_made_of_our_object_is_a_conflict_that_names_the_field(
        self, stage: Stage, edit: dict[str, Any], field: str
    ) -> None:
        change = stage.isolating()
        await stage.clusters.apply(change)
        await stage.api.patch(stage.path(change.ref.name, NETWORK_POLICY), edit)
        standing = await stage.photograph()

        sight = await stage.clusters.observe(change)
        for attempt in (change, invert(change)):
            with pytest.raises(ConflictError, match=field.replace(".", r"\.")):
                await stage.clusters.apply(attempt)

        assert (sight.done, sight.undone, sight.gone) == (False, False, False)
        assert field in sight.differences[0].field
        assert await stage.photograph() == standing

    async def test_labels_that_others_add_are_theirs_and_no_difference(self, stage: Stage) -> None:
        change = stage.isolating()
        await stage.clusters.apply(change)
        path = stage.path(change.ref.name, NETWORK_POLICY)
        await stage.api.patch(path, {"metadata": {"labels": {"theirs": "1"}, "annotations": {"a": "b"}}})

        assert (await stage.clusters.observe(change)).done
        assert (await stage.clusters.apply(change)).adopted

    @pytest.mark.parametrize("mark", [None, "FB-OTHER"])
    async def test_an_object_without_our_mark_is_neither_adopted_nor_removed_nor_overwritten(
        self, stage: Stage, mark: str | None
    ) -> None:
        change = stage.isolating()
        body = change.body.value
        body["metadata"]["labels"] = {REQUEST: mark} if mark else {}
        await stage.api.create(stage.path(kind=NETWORK_POLICY), body)
        before = await stage.photograph()

        for attempt in (stage.clusters.apply, stage.clusters.restore):
            for one in (change, invert(change)):
                with pytest.raises(ConflictError, match="NotOurs"):
                    await attempt(one)

        assert await stage.photograph() == before

    async def test_a_body_without_our_mark_is_never_adopted(self, stage: Stage) -> None:
        body = stage.isolating().body.value
        del body["metadata"]["labels"]
        change = Create(stage.isolating().ref, Document.of(body))
        await stage.clusters.apply(change)

        with pytest.raises(ConflictError, match="NotOurs"):
            await stage.clusters.apply(change)

    async def test_what_is_removed_already_is_adopted(self, stage: Stage) -> None:
        change = invert(stage.isolating())

        assert (await stage.clusters.apply(change)).adopted
        assert (await stage.clusters.observe(change)).done

    async def test_an_object_that_is_missing_is_undone_and_says_what_is_missing(self, stage: Stage) -> None:
        sight = await stage.clusters.observe(stage.isolating())

        assert (sight.done, sight.undone, sight.gone) == (False, True, False)
        assert [(d.field, d.now) for d in sight.differences] == [("object", None)]

    async def test_our_object_is_restored_over_what_others_made_of_it(self, stage: Stage) -> None:
        change = stage.isolating()
        await stage.clusters.apply(change)
        path = stage.path(change.ref.name, NETWORK_POLICY)
        await stage.api.patch(path, spec(egress=[{}]))

        await stage.clusters.restore(change)
        restored = await stage.clusters.observe(change)
        await stage.api.delete(path)
        await stage.clusters.restore(change)
        again = await stage.clusters.restore(change)

        assert restored.done
        assert (await stage.clusters.observe(change)).done
        assert again.adopted

    async def test_our_object_is_removed_whatever_others_made_of_it_where_a_person_chose_so(
        self, stage: Stage
    ) -> None:
        before = await stage.photograph()
        change = stage.isolating()
        await stage.clusters.apply(change)
        await stage.api.patch(stage.path(change.ref.name, NETWORK_POLICY), spec(egress=[{}]))

        removed = await stage.clusters.restore(invert(change))

        assert not removed.adopted
        assert await stage.photograph() == before

    async def test_an_object_held_by_a_finalizer_of_others_is_on_its_way_out_not_gone(
        self, stage: Stage
    ) -> None:
        change = stage.isolating()
        await stage.clusters.apply(change)
        path = stage.path(change.ref.name, NETWORK_POLICY)
        await stage.api.patch(path, {"metadata": {"finalizers": ["example.com/hold"]}})

        for _ in range(2):
            with pytest.raises(BusyError, match=r"example\.com/hold"):
                await stage.clusters.apply(invert(change))
        with pytest.raises(BusyError, match=r"example\.com/hold"):
            await stage.clusters.apply(change)
        sight = await stage.clusters.observe(change)
        undoing = await stage.clusters.observe(invert(change))
        await stage.api.patch(path, {"metadata": {"finalizers": None}})

        assert [d.field for d in sight.differences] == ["metadata.deletionTimestamp"]
        assert undoing.undone
        assert (await stage.clusters.apply(invert(change))).adopted

    async def test_a_namespace_that_ends_takes_nothing_new_and_says_so(self, stage: Stage) -> None:
        await stage.pod("api", finalizers=["example.com/hold"])
        await stage.api.delete(f"/api/v1/namespaces/{stage.namespace}")

        with pytest.raises(DeniedError) as refused:
            await stage.clusters.apply(stage.isolating())

        assert refused.value.code == "NamespaceTerminating"
        assert (await stage.clusters.observe(stage.isolating())).undone

    async def test_a_namespace_that_does_not_exist_has_none_of_our_objects(self, stage: Stage) -> None:
        change = stage.isolating()
        elsewhere = change.ref.__class__(change.ref.cluster, NETWORK_POLICY, "nowhere", change.ref.name)
        body = change.body.value
        body["metadata"]["namespace"] = "nowhere"
        there = Create(elsewhere, Document.of(body))

        with pytest.raises(ConflictError, match="nowhere"):
            await stage.clusters.apply(there)

        assert (await stage.clusters.apply(Delete(elsewhere, there.body))).adopted
        assert (await stage.clusters.observe(there)).undone

    async def test_a_body_that_is_refused_is_denied_with_the_servers_words(self, stage: Stage) -> None:
        with pytest.raises(DeniedError, match="Invalid"):
            await stage.clusters.apply(stage.refused())

    async def test_who_may_not_write_is_told_the_right_that_is_missing(self, stage: Stage) -> None:
        with pytest.raises(DeniedError, match="cannot create") as refused:
            await stage.stranger.apply(stage.isolating())

        assert refused.value.code == "Forbidden"
