"""Questions: answered from the cluster, or Unavailable with the reason."""

from bot.domain.changes import Contribute, invert
from bot.domain.queries import (
    Absent,
    Access,
    Discover,
    Discovered,
    DryRun,
    Each,
    Found,
    Get,
    Listing,
    Resolve,
    Unavailable,
    Unwelcome,
    Welcome,
)
from bot.domain.refs import NETWORK_POLICY, POD, ArmRef, Kind, KubeRef
from bot.domain.selectors import Requirement, Selector
from bot.domain.views import PodView
from bot.sandbox.kubernetes.faults import QuotaExceeded
from tests.adapters.kubernetes.stage import NAME, Stage
from tests.controlplane import objects

ARM = ArmRef("/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/ipGroups/i")


class ReadsContract:
    async def test_an_object_is_found_as_it_stands_without_managed_fields(self, stage: Stage) -> None:
        uid = await stage.pod("api", labels={"app": "api"})

        answer = await stage.clusters.answer(Get(stage.ref("api")))

        stands = await stage.api.get(stage.path("api"))
        version = stands["metadata"]["resourceVersion"]
        stands["metadata"].pop("managedFields", None)
        assert isinstance(answer, Found)
        assert (answer.body.value, answer.version) == (stands, version)
        assert answer.body.at("metadata", "uid") == uid

    async def test_absent_is_said_only_of_objects_never_of_an_api_that_is_missing(self, stage: Stage) -> None:
        unknown = Kind("nobody.example.com", "v1", "things", "Thing")
        misspelt = Kind("", "v1", "podz", "Pod")

        absent = await stage.clusters.answer(Get(stage.ref("nobody")))
        missing = [await stage.clusters.answer(Get(stage.ref("x", kind))) for kind in (unknown, misspelt)]

        assert absent == Absent(stage.ref("nobody"))
        assert all(isinstance(answer, Unavailable) for answer in missing)

    async def test_integers_that_are_too_large_for_json_do_not_hide_a_pod(self, stage: Stage) -> None:
        body = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "sly", "namespace": stage.namespace},
            "spec": {
                "containers": [{"name": "app", "image": "registry.test/app:1"}],
                "terminationGracePeriodSeconds": 2**62 + 1,
            },
        }
        await stage.api.create(stage.path(), body)

        answer = await stage.clusters.answer(Get(stage.ref("sly")))

        assert isinstance(answer, Found)
        assert answer.body.at("spec", "terminationGracePeriodSeconds") == str(2**62 + 1)

    async def test_a_list_is_narrowed_by_labels_and_namespace(self, stage: Stage) -> None:
        for name, labels in (("a", {"app": "x"}), ("b", {"app": "y", "t": "1"}), ("c", {})):
            await stage.pod(name, labels=labels)

        async def named(selector: Selector) -> list[str]:
            answer = await stage.clusters.answer(Each(NAME, POD, stage.namespace, selector))
            assert isinstance(answer, Listing)
            return sorted(pod.metadata.name for pod in answer.items if isinstance(pod, PodView))

        assert await named(Selector()) == ["a", "b", "c"]
        assert await named(Selector({"app": "x"})) == ["a"]
        assert await named(Selector({}, (Requirement("app", "In", ("x", "y")),))) == ["a", "b"]
        assert await named(Selector({}, (Requirement("app", "NotIn", ("x",)),))) == ["b", "c"]
        assert await named(Selector({}, (Requirement("t", "Exists"),))) == ["b"]
        assert await named(Selector({"app": "y"}, (Requirement("t", "DoesNotExist"),))) == []

    async def test_a_list_of_all_namespaces_holds_ours(self, stage: Stage) -> None:
        await stage.pod("api")

        answer = await stage.clusters.answer(Each(NAME, POD))

        assert isinstance(answer, Listing)
        assert (stage.namespace, "api") in {(p.metadata.namespace, p.metadata.name) for p in answer.items}

    async def test_a_list_of_pods_is_narrowed_to_one_node(self, stage: Stage) -> None:
        for name, node in (("here", "node-1"), ("there", "node-2")):
            body = objects.pod(name, stage.namespace, node=node)
            await stage.api.create(stage.path(), body)

        one = await stage.clusters.answer(Each(NAME, POD, stage.namespace, node="node-1"))
        hostile = await stage.clusters.answer(
            Each(NAME, POD, stage.namespace, node="node-1,spec.nodeName!=x")
        )

        assert isinstance(one, Listing)
        assert [item.metadata.name for item in one.items if isinstance(item, PodView)] == ["here"]
        assert isinstance(hostile, Unavailable)

    async def test_a_selector_that_cannot_be_said_is_unavailable(self, stage: Stage) -> None:
        hostile = (
            Selector({"app": "x,app!=x"}),
            Selector({"a=b,c": "d"}),
            Selector({}, (Requirement("a", "In"),)),
            Selector({}, (Requirement("a", "Gt", ("1",)),)),
        )

        answers = [await stage.clusters.answer(Each(NAME, POD, stage.namespace, one)) for one in hostile]

        assert all(isinstance(answer, Unavailable) for answer in answers)

    async def test_names_that_would_lead_elsewhere_are_unavailable(self, stage: Stage) -> None:
        names = ("", ".", "..", "a/b", "../services/x", "a%2fb", "a\nb")

        answers = [await stage.clusters.answer(Get(stage.ref(name))) for name in names]
        nowhere = await stage.clusters.answer(Get(KubeRef(NAME, POD, "", "api")))

        assert all(isinstance(answer, Unavailable) for answer in (*answers, nowhere))

    async def test_a_cluster_says_who_it_is_and_what_it_serves(self, stage: Stage) -> None:
        home = await stage.api.get("/api/v1/namespaces/kube-system")

        answer = await stage.clusters.answer(Discover(NAME))

        assert isinstance(answer, Discovered)
        assert answer.uid == home["metadata"]["uid"]
        assert answer.server_version.startswith("v1.36.3")
        assert {"apps", "networking.k8s.io", "policy"} <= set(answer.api_groups)
        assert answer.firewall is None

    async def test_a_missing_right_is_named(self, stage: Stage) -> None:
        questions = (Get(stage.ref("api")), Each(NAME, POD, stage.namespace), Discover(NAME))

        answers = [await stage.stranger.answer(question) for question in questions]

        told = [answer.why for answer in answers if isinstance(answer, Unavailable)]
        assert told[0].startswith(f"the right to get pods in namespace {stage.namespace} is missing: ")
        assert told[1].startswith(f"the right to list pods in namespace {stage.namespace} is missing: ")
        assert told[2].startswith("the right to get namespaces in the whole cluster is missing: ")

    async def test_access_is_asked_for_exactly_what_is_meant(self, stage: Stage) -> None:
        question = Access("patch", stage.ref("api"))

        assert await stage.clusters.answer(question) == Welcome()
        refused = await stage.stranger.answer(question)

        assert isinstance(refused, Unwelcome)
        assert refused.why.startswith(f"the right to patch pods in namespace {stage.namespace} is missing")

    async def test_a_dry_run_is_welcome_and_leaves_no_trace(self, stage: Stage) -> None:
        change = stage.isolating()
        marking = stage.marking("api", await stage.pod("api"))
        before = await stage.photograph()

        first = [await stage.clusters.answer(DryRun(one)) for one in (change, marking)]
        after = await stage.photograph()
        await stage.clusters.apply(change)
        standing = await stage.photograph()
        removal = await stage.clusters.answer(DryRun(invert(change)))

        assert [*first, removal] == [Welcome()] * 3
        assert after == before
        assert await stage.photograph() == standing

    async def test_a_dry_run_tells_what_the_server_would_refuse(self, stage: Stage) -> None:
        uid = await stage.pod("api")
        change = stage.refused()

        codes = [
            answer.code
            for answer in (
                await stage.clusters.answer(DryRun(change)),
                await stage.stranger.answer(DryRun(stage.isolating())),
                await stage.clusters.answer(DryRun(stage.marking("nobody", uid))),
                await stage.clusters.answer(DryRun(stage.marking("api", "another"))),
            )
            if isinstance(answer, Unwelcome)
        ]

        assert codes == ["Invalid", "Forbidden", "Gone", "Recreated"]

    async def test_a_quota_that_is_used_up_is_told_by_the_dry_run(self, stage: Stage) -> None:
        if stage.double is not None:
            stage.double.faults.arm(QuotaExceeded())
        else:
            counted = {"count/networkpolicies.networking.k8s.io": "0"}
            quota = {
                "apiVersion": "v1",
                "kind": "ResourceQuota",
                "metadata": {"name": "compute", "namespace": stage.namespace},
                "spec": {"hard": counted},
            }
            path = f"/api/v1/namespaces/{stage.namespace}/resourcequotas"
            made = await stage.api.create(path, quota)
            status = {"hard": counted, "used": counted}
            await stage.api.patch(f"{path}/{made['metadata']['name']}/status", {"status": status})

        answer = await stage.clusters.answer(DryRun(stage.isolating()))

        assert isinstance(answer, Unwelcome)
        assert "exceeded quota: compute" in answer.why

    async def test_what_no_cluster_can_answer_is_unavailable(self, stage: Stage) -> None:
        questions = (
            Get(ARM),
            Access("get", ARM),
            DryRun(Contribute(ARM, "203.0.113.7")),
            Resolve("example.com"),
            Get(KubeRef("elsewhere", POD, "a", "b")),
            Each("elsewhere", POD),
            Each(NAME, Kind("batch", "v1", "jobs", "Job"), stage.namespace),
        )

        answers = [await stage.clusters.answer(question) for question in questions]

        assert all(isinstance(answer, Unavailable) for answer in answers)

    async def test_policies_are_listed_as_what_they_select_and_allow(self, stage: Stage) -> None:
        await stage.clusters.apply(stage.isolating())

        answer = await stage.clusters.answer(Each(NAME, NETWORK_POLICY, stage.namespace))

        assert isinstance(answer, Listing)
        (policy,) = answer.items
        assert policy.metadata.name == stage.isolating().ref.name
