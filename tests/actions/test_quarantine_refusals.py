"""When a quarantine is refused, in which words, and with which way on."""

from typing import Any

import pytest

from bot.domain.changes import Contribute, Patch
from bot.domain.pods import closest
from bot.domain.queries import Access, Contained, DryRun, Recorded
from bot.domain.refs import NAMESPACE, NETWORK_POLICY, POD, KubeRef
from tests.actions.cluster import cluster, quarantine
from tests.actions.staged import Staged, named, planned, pod, refused


def test_a_cluster_that_does_not_answer_is_refused() -> None:
    world = cluster()
    world.discovered = None

    refusal = refused(quarantine(), world)
    assert refusal.code == "cluster-unavailable"
    assert "prod" in refusal.text


def test_a_namespace_that_does_not_exist_is_refused() -> None:
    world = cluster()
    del world.objects[KubeRef("prod", NAMESPACE, "", "payments")]

    assert refused(quarantine(), world).code == "namespace-absent"


@pytest.mark.parametrize(
    "ending",
    [
        {"status": {"phase": "Terminating"}},
        {"metadata": {"name": "payments", "deletionTimestamp": "2025-03-01T11:59:00Z"}},
    ],
)
def test_a_namespace_that_is_being_deleted_is_refused(ending: dict[str, Any]) -> None:
    world = cluster()
    world.put(named(NAMESPACE, "payments") | ending)

    assert refused(quarantine(), world).code == "namespace-terminating"


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("get prod: Namespace payments", "namespace-unavailable"),
        ("get prod: Pod payments/api-1", "pod-unavailable"),
        ("discover prod", "cluster-unavailable"),
    ],
)
def test_an_essential_question_without_an_answer_is_refused(question: str, code: str) -> None:
    world = cluster()
    world.blind = {question}

    assert refused(quarantine(), world).code == code


def test_a_pod_whose_body_cannot_be_understood_is_refused() -> None:
    world = cluster()
    body = pod("api-1")
    body["spec"]["hostNetwork"] = "perhaps"
    world.objects[KubeRef("prod", POD, "payments", "api-1")] = body

    # The listing cannot hold it either, as with a real API server.
    world.blind = {"list pods in prod/payments"}
    refs = dict(world.objects)
    world.objects = refs
    assert refused(quarantine(), world).code == "pod-unavailable"


def test_a_mistyped_pod_is_refused_with_the_closest_names() -> None:
    refusal = refused(quarantine("api-11"), cluster())

    assert refusal.code == "pod-absent"
    assert "api-1" in refusal.remedy


def test_every_target_that_is_wrong_is_named_at_once() -> None:
    world = cluster()
    ended = pod("api-2")
    ended["status"]["phase"] = "Failed"
    world.put(ended)

    text = refused(quarantine("api-1", "api-2", "gone"), world).text
    assert "payments/api-2 has ended" in text
    assert "there is no pod prod/payments/gone" in text


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_pod_that_has_ended_is_refused(phase: str) -> None:
    world = cluster()
    world.put(pod("api-1"))["status"]["phase"] = phase

    assert refused(quarantine(), world).code == "pod-finished"


def test_a_pod_that_is_being_deleted_is_refused() -> None:
    world = cluster()
    world.put(pod("api-1", deletionTimestamp="2025-03-01T11:59:00Z"))

    assert refused(quarantine(), world).code == "pod-terminating"


OURS = "firebreak.dev/quarantine"
STANDS: dict[str, Any] = {"podSelector": {"matchLabels": {OURS: "fb-9x2m-3"}}}


def marked(
    name: str = "firebreak-fb-9x2m-3",
    spec: dict[str, Any] = STANDS,
    by: str = "firebreak",
    request: str = "FB-9X2M",
) -> Staged:
    """Return a cluster whose first pod carries our label, with a policy that is or is not ours behind it."""
    world = cluster()
    world.put(pod("api-1", labels={OURS: "fb-9x2m-3"}))
    policy = world.put(named(NETWORK_POLICY, name, spec=spec))
    policy["metadata"]["labels"] = {"app.kubernetes.io/managed-by": by, "firebreak.dev/request": request}
    return world


def test_a_pod_that_is_quarantined_already_names_the_request() -> None:
    world = marked()
    world.contained = {"fb-9x2m-3": Recorded("FB-9X2M")}

    refusal = refused(quarantine(), world)

    assert refusal.code == "already-quarantined"
    assert "FB-9X2M" in refusal.text
    assert "undo it" in refusal.remedy


@pytest.mark.parametrize(
    "world",
    [
        marked(name="theirs"),
        marked(name="firebreak-fb-9x2m-4"),
        marked(spec={"podSelector": {"matchLabels": {OURS: "fb-9x2m-4"}}}),
        marked(by="intruder"),
        marked(request="FB-OTHER"),
    ],
    ids=["foreign name", "another target's", "selects another", "managed by another", "another request"],
)
def test_our_label_without_a_policy_of_ours_behind_it_keeps_no_pod_from_being_quarantined(
    world: Staged,
) -> None:
    plan = planned(quarantine(), world)

    patch = plan.parts[0].changes[1]
    assert isinstance(patch, Patch)
    assert (patch.keys[0].before, patch.keys[0].after) == ("fb-9x2m-3", "fb-7k3q-0")
    assert "(was fb-9x2m-3)" in plan.parts[0].words[1]
    (warning,) = (w for w in plan.warnings if w.code == "foreign-label")
    assert "payments/api-1 carries our label though no containment of ours is behind it" in warning.text


def test_a_forged_mark_keeps_no_pod_from_being_quarantined_and_is_named() -> None:
    plan = planned(quarantine(), marked())

    patch = plan.parts[0].changes[1]
    assert isinstance(patch, Patch)
    assert (patch.keys[0].before, patch.keys[0].after) == ("fb-9x2m-3", "fb-7k3q-0")
    (forged,) = (w for w in plan.warnings if w.code == "forged-mark")
    assert "our records know of no containment by it" in forged.text
    assert "kubectl delete networkpolicy -n payments firebreak-fb-9x2m-3" in forged.text


def test_our_records_are_asked_of_this_very_pod_whether_or_not_it_looks_contained() -> None:
    world = marked()
    planned(quarantine(), world)

    (asked,) = (query for query in world.asked if isinstance(query, Contained))
    assert asked == Contained(KubeRef("prod", POD, "payments", "api-1"), "uid-api-1", "fb-9x2m-3")

    calm = cluster()
    plan = planned(quarantine(), calm)
    (asked,) = (query for query in calm.asked if isinstance(query, Contained))
    assert asked == Contained(KubeRef("prod", POD, "payments", "api-1"), "uid-api-1", "")
    assert not [warning for warning in plan.warnings if warning.code == "held-loosely"]


def test_a_pod_that_got_loose_from_another_request_can_be_cut_anew_and_whoever_does_is_told() -> None:
    world = cluster()
    world.contained = {"": Recorded("FB-9X2M", "FB-9X2M was OPENED AGAIN", "Look at it: /ir status FB-9X2M")}
    (warning,) = (each for each in planned(quarantine(), world).warnings if each.code == "held-loosely")
    assert warning.subject == "payments/api-1"
    assert "on record already: FB-9X2M was OPENED AGAIN. Look at it: /ir status FB-9X2M." in warning.text

    world.contained = {"": Recorded("FB-9X2M")}
    assert planned(quarantine(), world).parts, "what is just being written has its own lane"


def test_a_pod_that_looks_contained_and_is_not_known_to_be_is_refused_in_just_these_words() -> None:
    world = marked()
    world.contained = {
        "fb-9x2m-3": Recorded("FB-9X2M", "FB-9X2M was OPENED AGAIN", "Write it again: /ir reapply FB-9X2M")
    }
    refusal = refused(quarantine(), world)
    assert refusal.code == "already-quarantined"
    assert "not known to be cut off by it now: FB-9X2M was OPENED AGAIN" in refusal.text
    assert refusal.remedy == "Write it again: /ir reapply FB-9X2M"


def test_a_mark_is_believed_where_nobody_can_look_it_up() -> None:
    world = marked()
    world.blind = {"contained prod: Pod payments/api-1"}

    refusal = refused(quarantine(), world)
    assert refusal.code == "already-quarantined"
    assert "FB-9X2M" in refusal.text


def test_our_records_are_asked_of_any_label_of_ours_where_the_policies_could_not_be_listed() -> None:
    world = marked(name="theirs")
    world.blind = {"list networkpolicies in prod/payments"}
    assert planned(quarantine(), world).warnings[0].code == "foreign-label"

    world.contained = {"fb-9x2m-3": Recorded("FB-9X2M")}
    assert refused(quarantine(), world).code == "already-quarantined"


@pytest.mark.parametrize("value", ["", "-", "x", "FB-9X2M-3"])
def test_a_label_of_ours_with_any_foreign_text_is_put_back_exactly(value: str) -> None:
    world = cluster()
    world.put(pod("api-1", labels={OURS: value}))

    patch = planned(quarantine(), world).parts[0].changes[1]
    assert isinstance(patch, Patch)
    assert patch.keys[0].before == value


def test_what_the_server_would_refuse_is_refused_in_its_own_words_cut_to_length() -> None:
    world = cluster()
    world.refuses = lambda asked: "quota says no " * 100 if _is_patch(asked) else ""

    refusal = refused(quarantine(), world)
    assert refusal.code == "dry-run-refused"
    assert "Forbidden: quota says no" in refusal.text
    assert len(refusal.text) < 400


def _is_patch(asked: DryRun | Access) -> bool:
    assert isinstance(asked, DryRun)
    assert not isinstance(asked.change, Contribute)
    return isinstance(asked.change, Patch)


def test_among_thousands_of_names_the_closest_are_still_found() -> None:
    names = [f"worker-{index}" for index in range(10_000)] + ["api-7d9f-abcde"]

    assert closest("api-7d9f-abcd", names)[0] == "api-7d9f-abcde"
    assert closest("nothing-like-it-at-all", ["x"]) == ()
