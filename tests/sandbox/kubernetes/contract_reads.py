"""What every Kubernetes API must answer to readers."""

import asyncio

from tests.sandbox.kubernetes.api_under_test import POLICIES, ApiUnderTest

PODS = "/api/v1/namespaces/{ns}/pods"
PARTIAL = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
NOBODY = "00000000-0000-0000-0000-000000000000"


async def _five_pods(api: ApiUnderTest) -> None:
    colours = {"p0": "red", "p1": "red", "p2": "blue", "p3": "green"}
    labels = [{"colour": colours[f"p{n}"]} if f"p{n}" in colours else {} for n in range(5)]
    await asyncio.gather(*(api.pod(f"p{n}", labels=labels[n]) for n in range(5)))


async def _names(api: ApiUnderTest, query: str) -> str:
    listed = await api.get(f"{PODS}?{query}")
    assert listed.code == 200, listed
    return " ".join(item["metadata"]["name"] for item in listed.body["items"])


class ReadContract:
    async def test_a_created_pod_is_read_back_with_identity_version_and_generation(
        self, api: ApiUnderTest
    ) -> None:
        made = await api.pod("a", labels={"app": "x"})

        found = (await api.get(f"{PODS}/a")).body

        assert found["metadata"] == made["metadata"]
        assert found["metadata"].keys() >= {"uid", "creationTimestamp", "resourceVersion", "managedFields"}
        assert (found["kind"], found["apiVersion"], found["metadata"]["generation"]) == ("Pod", "v1", 1)
        assert (found["metadata"]["namespace"], found["status"]["phase"]) == (api.namespace, "Pending")

    async def test_an_absent_object_is_named_in_a_404(self, api: ApiUnderTest) -> None:
        pod, rule = await api.get(f"{PODS}/none"), await api.get(f"{POLICIES}/none")

        assert (pod.code, pod.reason, pod.message) == (404, "NotFound", 'pods "none" not found')
        assert pod.body["details"] == {"name": "none", "kind": "pods"}
        assert rule.message == 'networkpolicies.networking.k8s.io "none" not found'
        assert rule.body["details"] == {
            "name": "none",
            "group": "networking.k8s.io",
            "kind": "networkpolicies",
        }

    async def test_an_unknown_resource_or_group_is_a_404(self, api: ApiUnderTest) -> None:
        resource = await api.get("/api/v1/namespaces/{ns}/widgets")
        group = await api.get("/apis/nobody.example.com/v1/widgets")

        assert (resource.code, resource.body["details"]) == (404, {})
        assert (group.code, group.body) == (404, "404 page not found\n")

    async def test_a_list_has_a_version_and_items_without_type(self, api: ApiUnderTest) -> None:
        await api.pod("a")

        listed = (await api.get(PODS)).body

        assert (listed["kind"], listed["apiVersion"]) == ("PodList", "v1")
        assert int(listed["metadata"]["resourceVersion"]) > 0
        assert not {"kind", "apiVersion"} & listed["items"][0].keys()

    async def test_pages_join_to_the_whole_list_in_order_of_names(self, api: ApiUnderTest) -> None:
        await _five_pods(api)
        first = (await api.get(f"{PODS}?limit=2")).body
        token = first["metadata"]["continue"]
        rest = (await api.get(f"{PODS}?limit=10&continue={token}")).body

        names = [item["metadata"]["name"] for item in first["items"] + rest["items"]]
        assert names == ["p0", "p1", "p2", "p3", "p4"]
        assert first["metadata"]["remainingItemCount"] == 3
        assert "continue" not in rest["metadata"]

    async def test_later_pages_show_the_moment_of_the_first(self, api: ApiUnderTest) -> None:
        await _five_pods(api)
        first = (await api.get(f"{PODS}?limit=2")).body
        await api.pod("p35")
        await api.send("DELETE", f"{PODS}/p3")

        rest = (await api.get(f"{PODS}?limit=10&continue={first['metadata']['continue']}")).body

        assert [item["metadata"]["name"] for item in rest["items"]] == ["p2", "p3", "p4"]
        assert rest["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]

    async def test_a_broken_continue_token_is_a_400(self, api: ApiUnderTest) -> None:
        reply = await api.get(f"{PODS}?continue=garbage")

        assert (reply.code, reply.reason) == (400, "BadRequest")

    async def test_label_selectors_are_equalities_sets_and_existence(self, api: ApiUnderTest) -> None:
        await _five_pods(api)
        expected = {
            "labelSelector=colour=red": "p0 p1",
            "labelSelector=colour==red": "p0 p1",
            "labelSelector=colour!=red": "p2 p3 p4",
            "labelSelector=colour in (red, blue)": "p0 p1 p2",
            "labelSelector=colour notin (red,blue)": "p3 p4",
            "labelSelector=colour": "p0 p1 p2 p3",
            "labelSelector=!colour": "p4",
            "labelSelector=colour,colour notin (red)": "p2 p3",
            "labelSelector=colour=red&limit=1": "p0",
            "labelSelector=": "p0 p1 p2 p3 p4",
        }

        assert {query: await _names(api, query) for query in expected} == expected

    async def test_a_selected_page_does_not_count_what_remains(self, api: ApiUnderTest) -> None:
        await _five_pods(api)

        page = (await api.get(f"{PODS}?labelSelector=colour=red&limit=1")).body

        assert "continue" in page["metadata"]
        assert "remainingItemCount" not in page["metadata"]

    async def test_field_selectors_know_the_name_the_namespace_and_the_node(self, api: ApiUnderTest) -> None:
        await _five_pods(api)
        expected = {
            "fieldSelector=metadata.name=p1": "p1",
            "fieldSelector=metadata.name!=p1": "p0 p2 p3 p4",
            f"fieldSelector=metadata.namespace={api.namespace},metadata.name=p2": "p2",
            "fieldSelector=spec.nodeName=": "p0 p1 p2 p3 p4",
            "fieldSelector=spec.nodeName=elsewhere": "",
        }

        assert {query: await _names(api, query) for query in expected} == expected

    async def test_selectors_that_cannot_be_understood_are_a_400(self, api: ApiUnderTest) -> None:
        for query in (
            "labelSelector=a b",
            "labelSelector=a=not valid!",
            "fieldSelector=spec.nope=1",
            "limit=x",
        ):
            reply = await api.get(f"{PODS}?{query}")
            assert (reply.code, reply.reason) == (400, "BadRequest"), query

    async def test_metadata_alone_can_be_asked_for(self, api: ApiUnderTest) -> None:
        await api.pod("a", labels={"app": "x"})

        listed = (await api.get(PODS, accept=f"{PARTIAL_LIST},application/json")).body
        single = (await api.get(f"{PODS}/a", accept=PARTIAL)).body

        assert (listed["kind"], listed["apiVersion"]) == ("PartialObjectMetadataList", "meta.k8s.io/v1")
        assert listed["items"] == [single]
        assert single.keys() == {"kind", "apiVersion", "metadata"}
        assert single["metadata"]["labels"] == {"app": "x"}

    async def test_a_representation_that_does_not_exist_is_a_406(self, api: ApiUnderTest) -> None:
        await api.pod("a")

        assert (await api.get(PODS, accept=PARTIAL)).code == 406
        assert (await api.get(f"{PODS}/a", accept=PARTIAL_LIST)).code == 406
        assert (await api.get(f"{PODS}/a", accept="image/png")).code == 406
        assert (await api.get(f"{PODS}/a", accept="image/png,application/json")).code == 200

    async def test_a_version_from_the_future_is_a_timeout(self, api: ApiUnderTest) -> None:
        reply = await api.get(f"{PODS}?resourceVersion=999999999&timeoutSeconds=1")

        assert (reply.code, reply.reason) == (504, "Timeout")

    async def test_discovery_tells_which_resources_are_served(self, api: ApiUnderTest) -> None:
        listed = (await api.get("/apis/networking.k8s.io/v1")).body
        groups = (await api.get("/apis")).body["groups"]

        names = {resource["name"]: resource for resource in listed["resources"]}
        assert listed["kind"] == "APIResourceList"
        assert names["networkpolicies"]["namespaced"] is True
        assert {"get", "list", "create", "delete"} <= set(names["networkpolicies"]["verbs"])
        assert "networking.k8s.io" in {group["name"] for group in groups}
        assert (await api.get("/version")).body["minor"] == "36"

    async def test_an_access_review_answers_for_the_one_who_asks(self, api: ApiUnderTest) -> None:
        asked = {"verb": "patch", "resource": "pods", "namespace": api.namespace}
        kind = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"}
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"

        reply = await api.create(path, {**kind, "spec": {"resourceAttributes": asked}})

        assert (reply.code, reply.body["status"]["allowed"]) == (201, True)
        assert reply.body["spec"]["resourceAttributes"] == asked

    async def test_a_token_that_nobody_has_is_a_401(self, api: ApiUnderTest) -> None:
        headers = {"Authorization": "Bearer nobody"}
        async with api.session.get(f"{api.url}/api/v1/pods", headers=headers) as answer:
            body = await answer.json()

        assert (answer.status, body["reason"], body["message"]) == (401, "Unauthorized", "Unauthorized")
