"""What every Kubernetes API must do with objects that are created, replaced and deleted."""

from typing import Any

from tests.sandbox.kubernetes.api_under_test import POLICIES, ApiUnderTest, pod, policy
from tests.sandbox.kubernetes.contract_reads import NOBODY, PODS


def _with(body: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {**body, "metadata": {**body["metadata"], **metadata}}


class WriteContract:
    async def test_a_name_that_is_taken_is_a_409(self, api: ApiUnderTest) -> None:
        await api.create(POLICIES, policy("n"))

        again = await api.create(POLICIES, policy("n"))

        assert (again.code, again.reason) == (409, "AlreadyExists")
        assert again.message == 'networkpolicies.networking.k8s.io "n" already exists'
        assert again.body["details"] == {"name": "n", "group": "networking.k8s.io", "kind": "networkpolicies"}

    async def test_names_and_labels_that_break_the_rules_are_a_422_that_names_the_field(
        self, api: ApiUnderTest
    ) -> None:
        refused = {
            "metadata.name": [pod("Bad_Name"), pod("a" * 254), pod("-a"), pod("")],
            "metadata.labels": [
                pod("b", labels={key: value}) for key, value in (("k", "no!"), ("k!", "v"), ("k", "v" * 64))
            ],
            "metadata.annotations": [pod("b", annotations={"k!": "v"})],
        }
        for field, bodies in refused.items():
            for body in bodies:
                reply = await api.create(PODS, body)
                assert (reply.code, reply.reason) == (422, "Invalid"), body
                assert {cause[0] for cause in reply.causes} == {field}, body
                assert reply.body["details"]["kind"] == "Pod"

    async def test_a_body_that_is_no_such_object_is_a_400(self, api: ApiUnderTest) -> None:
        for body in (b"not json", b"", [1], pod("b", labels={"k": 1}), pod("b", namespace="elsewhere")):
            reply = await api.create(PODS, body)
            assert (reply.code, reply.reason) == (400, "BadRequest"), body
        assert (await api.create(PODS, {**pod("b"), "kind": "Service"})).code == 400

    async def test_a_name_can_be_left_to_the_server(self, api: ApiUnderTest) -> None:
        body = policy("x")
        body["metadata"] = {"generateName": "firebreak-"}

        names = {(await api.create(POLICIES, body)).body["metadata"]["name"] for _ in range(3)}

        assert len(names) == 3
        assert all(name.startswith("firebreak-") and len(name) == 15 for name in names)

    async def test_a_dry_run_answers_as_the_write_would_and_leaves_nothing(self, api: ApiUnderTest) -> None:
        made = await api.create(f"{POLICIES}?dryRun=All", policy("n"))

        assert (made.code, made.body["metadata"]["name"]) == (201, "n")
        assert (await api.get(f"{POLICIES}/n")).code == 404
        assert (await api.create(f"{POLICIES}?dryRun=All", policy("N_"))).code == 422
        assert (await api.create(f"{POLICIES}?dryRun=Perhaps", policy("n"))).code == 422

    async def test_a_dry_run_of_a_delete_leaves_the_object(self, api: ApiUnderTest) -> None:
        await api.create(POLICIES, policy("n"))

        assert (await api.send("DELETE", f"{POLICIES}/n?dryRun=All")).code == 200
        assert (await api.send("DELETE", f"{POLICIES}/n", {"dryRun": ["All"]})).code == 200
        assert (await api.get(f"{POLICIES}/n")).code == 200

    async def test_a_namespace_that_does_not_exist_takes_nothing(self, api: ApiUnderTest) -> None:
        reply = await api.create("/api/v1/namespaces/absent-namespace/pods", pod("a"))

        assert (reply.code, reply.body["details"]) == (
            404,
            {"name": "absent-namespace", "kind": "namespaces"},
        )

    async def test_a_namespace_on_its_way_out_takes_nothing_new_but_lets_the_old_be_changed(
        self, api: ApiUnderTest
    ) -> None:
        await api.pod("old")
        await api.send("DELETE", "/api/v1/namespaces/{ns}")

        late = await api.create(POLICIES, policy("late"))

        assert (late.code, late.reason) == (403, "Forbidden")
        assert [cause["reason"] for cause in late.body["details"]["causes"]] == ["NamespaceTerminating"]
        assert (await api.get("/api/v1/namespaces/{ns}")).body["status"]["phase"] == "Terminating"
        assert (await api.patch(f"{PODS}/old", {"metadata": {"labels": {"q": "1"}}})).code == 200

    async def test_a_delete_that_names_another_uid_or_version_is_a_409(self, api: ApiUnderTest) -> None:
        made = (await api.create(POLICIES, policy("n"))).body["metadata"]
        await api.patch(f"{POLICIES}/n", {"metadata": {"labels": {"a": "b"}}})

        for conditions in ({"uid": NOBODY}, {"resourceVersion": made["resourceVersion"]}):
            reply = await api.send("DELETE", f"{POLICIES}/n", {"preconditions": conditions})
            assert (reply.code, reply.reason) == (409, "Conflict")
            assert reply.body["details"] == {
                "name": "n",
                "group": "networking.k8s.io",
                "kind": "NetworkPolicy",
            }
        assert (await api.get(f"{POLICIES}/n")).code == 200

    async def test_a_delete_that_names_the_right_uid_answers_with_what_is_gone(
        self, api: ApiUnderTest
    ) -> None:
        uid = (await api.create(POLICIES, policy("n"))).body["metadata"]["uid"]

        reply = await api.send("DELETE", f"{POLICIES}/n", {"preconditions": {"uid": uid}})

        details = {"name": "n", "group": "networking.k8s.io", "kind": "networkpolicies", "uid": uid}
        assert (reply.code, reply.body["status"], reply.body["details"]) == (200, "Success", details)
        assert (await api.send("DELETE", f"{POLICIES}/n")).code == 404

    async def test_a_finalizer_holds_an_object_until_it_is_taken_off(self, api: ApiUnderTest) -> None:
        await api.pod("a", finalizers=["example.com/hold"])

        marked = await api.send("DELETE", f"{PODS}/a")
        more = await api.patch(
            f"{PODS}/a", {"metadata": {"finalizers": ["example.com/hold", "example.com/two"]}}
        )

        assert "deletionTimestamp" in marked.body["metadata"]
        assert (more.code, set(more.causes)) == (422, {("metadata.finalizers", "FieldValueForbidden")})
        assert (await api.get(f"{PODS}/a")).code == 200
        assert (await api.patch(f"{PODS}/a", {"metadata": {"finalizers": None}})).code == 200
        assert (await api.get(f"{PODS}/a")).code == 404

    async def test_a_pod_on_a_node_waits_for_its_kubelet_unless_it_is_forced(self, api: ApiUnderTest) -> None:
        await api.create(PODS, pod("a", node="node-1"))

        marked = (await api.send("DELETE", f"{PODS}/a")).body["metadata"]

        assert marked["deletionGracePeriodSeconds"] == 30
        assert (await api.get(f"{PODS}/a")).code == 200
        assert (await api.send("DELETE", f"{PODS}/a", {"gracePeriodSeconds": 0})).code == 200
        assert (await api.get(f"{PODS}/a")).code == 404

    async def test_a_put_replaces_and_guards_version_identity_and_name(self, api: ApiUnderTest) -> None:
        old = (await api.create(POLICIES, policy("n"))).body
        await api.patch(f"{POLICIES}/n", {"metadata": {"labels": {"a": "b"}}})
        now = (await api.get(f"{POLICIES}/n")).body
        put = [old, _with(now, uid=NOBODY), _with(now, name="m"), _with(now, labels={"c": "d"})]

        codes = [(await api.send("PUT", f"{POLICIES}/n", body)).code for body in put]

        assert codes == [409, 409, 400, 200]
        assert (await api.get(f"{POLICIES}/n")).body["metadata"]["labels"] == {"c": "d"}

    async def test_policy_types_and_protocols_are_filled_in(self, api: ApiUnderTest) -> None:
        body = {**policy("n"), "spec": {"podSelector": {}, "egress": [{"ports": [{"port": 53}]}]}}

        spec = (await api.create(POLICIES, body)).body["spec"]

        assert spec["policyTypes"] == ["Ingress", "Egress"]
        assert spec["egress"] == [{"ports": [{"port": 53, "protocol": "TCP"}]}]

    async def test_a_changed_spec_counts_up_the_generation_and_changed_labels_do_not(
        self, api: ApiUnderTest
    ) -> None:
        await api.create(POLICIES, policy("n"))

        labelled = await api.patch(f"{POLICIES}/n", {"metadata": {"labels": {"a": "b"}}})
        changed = await api.patch(f"{POLICIES}/n", {"spec": {"policyTypes": ["Ingress"]}})

        assert [reply.body["metadata"]["generation"] for reply in (labelled, changed)] == [1, 2]
