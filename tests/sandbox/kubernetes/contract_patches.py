"""What every Kubernetes API must do with patches: the three formats and their guards."""

from tests.sandbox.kubernetes.api_under_test import JSON_PATCH, MERGE, STRATEGIC, ApiUnderTest
from tests.sandbox.kubernetes.contract_reads import NOBODY, PODS


class PatchContract:
    async def test_a_merge_patch_adds_and_removes_labels_and_leaves_the_others(
        self, api: ApiUnderTest
    ) -> None:
        await api.pod("a", labels={"app": "x"})

        added = await api.patch(f"{PODS}/a", {"metadata": {"labels": {"q": "1"}}})
        removed = await api.patch(f"{PODS}/a", {"metadata": {"labels": {"q": None}}})

        assert added.body["metadata"]["labels"] == {"app": "x", "q": "1"}
        assert removed.body["metadata"]["labels"] == {"app": "x"}

    async def test_the_last_label_leaves_no_empty_map_behind(self, api: ApiUnderTest) -> None:
        await api.pod("a")
        await api.patch(f"{PODS}/a", {"metadata": {"labels": {"q": "1"}}})

        removed = await api.patch(f"{PODS}/a", {"metadata": {"labels": {"q": None}}})

        assert "labels" not in removed.body["metadata"]

    async def test_a_merge_patch_with_the_right_uid_passes_and_with_another_is_a_422(
        self, api: ApiUnderTest
    ) -> None:
        uid = (await api.pod("a"))["metadata"]["uid"]

        right = await api.patch(f"{PODS}/a", {"metadata": {"uid": uid, "labels": {"q": "1"}}})
        wrong = await api.patch(f"{PODS}/a", {"metadata": {"uid": NOBODY, "labels": {"q": "2"}}})

        assert right.code == 200
        assert (wrong.code, wrong.reason) == (422, "Invalid")
        assert set(wrong.causes) == {("metadata.uid", "FieldValueInvalid")}
        assert "field is immutable" in wrong.message
        assert (await api.get(f"{PODS}/a")).body["metadata"]["labels"] == {"q": "1"}

    async def test_a_stale_version_is_a_409_and_is_told_before_a_wrong_uid(self, api: ApiUnderTest) -> None:
        version = (await api.pod("a"))["metadata"]["resourceVersion"]
        await api.patch(f"{PODS}/a", {"metadata": {"labels": {"q": "1"}}})

        stale = await api.patch(f"{PODS}/a", {"metadata": {"resourceVersion": version, "labels": {"q": "2"}}})
        both = await api.patch(f"{PODS}/a", {"metadata": {"resourceVersion": version, "uid": NOBODY}})

        assert (stale.code, stale.reason) == (409, "Conflict")
        assert stale.body["details"] == {"name": "a", "kind": "pods"}
        assert stale.message.startswith(
            'Operation cannot be fulfilled on pods "a": the object has been modified'
        )
        assert both.code == 409

    async def test_a_patch_that_changes_nothing_takes_no_new_version(self, api: ApiUnderTest) -> None:
        before = await api.pod("a", labels={"q": "1"})

        after = await api.patch(f"{PODS}/a", {"metadata": {"labels": {"q": "1", "absent": None}}})

        assert after.body["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]

    async def test_every_change_takes_a_higher_version(self, api: ApiUnderTest) -> None:
        versions = [int((await api.pod("a"))["metadata"]["resourceVersion"])]
        for value in "123":
            reply = await api.patch(f"{PODS}/a", {"metadata": {"labels": {"q": value}}})
            versions.append(int(reply.body["metadata"]["resourceVersion"]))

        assert versions == sorted(set(versions))

    async def test_a_dry_run_shows_the_result_and_changes_nothing(self, api: ApiUnderTest) -> None:
        before = await api.pod("a")

        tried = await api.patch(f"{PODS}/a?dryRun=All", {"metadata": {"labels": {"q": "1"}}})

        assert (tried.code, tried.body["metadata"]["labels"]) == (200, {"q": "1"})
        assert (await api.get(f"{PODS}/a")).body == before

    async def test_a_json_patch_applies_all_operations_or_none(self, api: ApiUnderTest) -> None:
        uid = (await api.pod("a"))["metadata"]["uid"]
        add = {"op": "add", "path": "/metadata/labels", "value": {"firebreak.example.com/q": "1"}}
        guards = [{"op": "test", "path": "/metadata/labels", "value": None}]
        right = [*guards, {"op": "test", "path": "/metadata/uid", "value": uid}, add]
        wrong = [add, {"op": "test", "path": "/metadata/uid", "value": NOBODY}]

        refused = await api.patch(f"{PODS}/a", wrong, JSON_PATCH)
        untouched = (await api.get(f"{PODS}/a")).body["metadata"]
        passed = await api.patch(f"{PODS}/a", right, JSON_PATCH)

        assert (refused.code, refused.reason, refused.body["details"]) == (422, "Invalid", {})
        assert refused.message == "the server rejected our request due to an error in our request"
        assert "labels" not in untouched
        assert passed.body["metadata"]["labels"] == {"firebreak.example.com/q": "1"}

    async def test_json_patch_escapes_slashes_and_moves_and_copies(self, api: ApiUnderTest) -> None:
        await api.pod("a", labels={"z": "1"})
        operations = [
            {"op": "copy", "from": "/metadata/labels/z", "path": "/metadata/labels/y"},
            {"op": "move", "from": "/metadata/labels/z", "path": "/metadata/labels/w~1v"},
            {"op": "replace", "path": "/metadata/labels/y", "value": "2"},
            {"op": "replace", "path": "/metadata/labels/new", "value": "3"},
            {"op": "copy", "from": "/metadata/nope", "path": "/metadata/annotations"},
        ]

        moved = await api.patch(f"{PODS}/a", operations, JSON_PATCH)

        assert moved.body["metadata"]["labels"] == {"w/v": "1", "y": "2", "new": "3"}

    async def test_a_json_patch_that_leads_nowhere_is_a_422(self, api: ApiUnderTest) -> None:
        await api.pod("a")
        for operation in (
            {"op": "add", "path": "/metadata/labels/q", "value": "1"},
            {"op": "remove", "path": "/metadata/labels/q"},
            {"op": "move", "from": "/metadata/nope", "path": "/metadata/labels"},
            {"op": "bogus", "path": "/metadata/labels", "value": {}},
        ):
            reply = await api.patch(f"{PODS}/a", [operation], JSON_PATCH)
            assert (reply.code, reply.reason) == (422, "Invalid"), operation

    async def test_a_strategic_merge_of_labels_is_a_merge(self, api: ApiUnderTest) -> None:
        await api.pod("a", labels={"app": "x", "old": "1"})

        merged = await api.patch(f"{PODS}/a", {"metadata": {"labels": {"old": None, "s": "1"}}}, STRATEGIC)

        assert merged.body["metadata"]["labels"] == {"app": "x", "s": "1"}

    async def test_a_patch_of_unknown_format_is_a_415_and_of_the_wrong_shape_a_400(
        self, api: ApiUnderTest
    ) -> None:
        await api.pod("a")

        assert (await api.patch(f"{PODS}/a", {}, "text/plain")).code == 415
        assert (await api.patch(f"{PODS}/a", {}, "application/json")).code == 415
        assert (await api.patch(f"{PODS}/a", {"op": "add"}, JSON_PATCH)).code == 400
        assert (await api.patch(f"{PODS}/a", [1], MERGE)).code == 400
        assert (await api.patch(f"{PODS}/a", b"no json", MERGE)).code == 400

    async def test_labels_that_break_the_rules_are_a_422(self, api: ApiUnderTest) -> None:
        await api.pod("a")

        value = await api.patch(f"{PODS}/a", {"metadata": {"labels": {"q": "not valid!"}}})
        number = await api.patch(f"{PODS}/a", {"metadata": {"labels": {"q": 1}}})

        assert (value.code, set(value.causes)) == (422, {("metadata.labels", "FieldValueInvalid")})
        assert (number.code, set(number.causes)) == (422, {("patch", "FieldValueInvalid")})

    async def test_name_and_namespace_cannot_be_patched_and_server_fields_are_ignored(
        self, api: ApiUnderTest
    ) -> None:
        before = (await api.pod("a"))["metadata"]
        server_fields = {"creationTimestamp": "2020-01-01T00:00:00Z", "generation": 7, "uid": None}

        ignored = await api.patch(f"{PODS}/a", {"metadata": server_fields})

        assert (await api.patch(f"{PODS}/a", {"metadata": {"name": "b"}})).code == 400
        assert (await api.patch(f"{PODS}/a", {"metadata": {"namespace": "b"}})).code == 400
        assert (ignored.code, ignored.body["metadata"]) == (200, before)

    async def test_the_spec_of_a_pod_is_fixed_but_for_its_images(self, api: ApiUnderTest) -> None:
        await api.pod("a")
        image = [{"op": "replace", "path": "/spec/containers/0/image", "value": "registry.example.com/app:2"}]

        moved = await api.patch(f"{PODS}/a", {"spec": {"nodeName": "other"}})

        assert (moved.code, set(moved.causes)) == (422, {("spec", "FieldValueForbidden")})
        assert (await api.patch(f"{PODS}/a", image, JSON_PATCH)).code == 200

    async def test_the_status_is_changed_through_its_subresource_only(self, api: ApiUnderTest) -> None:
        await api.pod("a")
        status = {"status": {"phase": "Running", "podIP": "10.0.0.9", "podIPs": [{"ip": "10.0.0.9"}]}}

        await api.patch(f"{PODS}/a", status)
        ignored = (await api.get(f"{PODS}/a")).body["status"]["phase"]
        changed = await api.patch(f"{PODS}/a/status", {**status, "spec": {"nodeName": "other"}})

        assert ignored == "Pending"
        assert (changed.code, changed.body["status"]["podIP"]) == (200, "10.0.0.9")
        assert "nodeName" not in changed.body["spec"]

    async def test_an_absent_object_cannot_be_patched(self, api: ApiUnderTest) -> None:
        assert (await api.patch(f"{PODS}/none", {"metadata": {"labels": {"q": "1"}}})).code == 404
