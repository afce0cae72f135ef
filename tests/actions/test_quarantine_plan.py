"""What the plan of a quarantine changes, and what it binds."""

import json
import re
import shlex

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actions import parameters, revive
from bot.actions.quarantine_pod import QuarantinePod
from bot.domain.changes import Contribute, Create, Patch, undo
from bot.domain.digests import Terms, digest, worse
from bot.domain.findings import Forecast
from bot.domain.plans import Plan
from bot.domain.refs import NETWORK_POLICY, POD, KubeRef
from tests.actions.cluster import cluster, quarantine
from tests.actions.objects import Bodies, PreconditionError, applied
from tests.actions.shell import ran
from tests.actions.staged import REQUEST, Staged, drive, named, owned, planned, pod

TERMS = Terms(lease=14400, on_expiry="hold", quorum=1)
API = KubeRef("prod", POD, "payments", "api-1")
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30)


def test_each_pod_gets_its_policy_first_and_its_label_second_in_a_lane_of_its_own() -> None:
    plan = planned(quarantine("api-1", "api-2"), cluster())

    kinds = [[type(change) for change in part.changes] for part in plan.parts]
    assert kinds == [[Create, Patch], [Create, Patch]]
    assert [part.lane for part in plan.parts] == [
        "kubernetes:prod:payments/api-1",
        "kubernetes:prod:payments/api-2",
    ]


def test_the_policy_selects_only_our_own_label_and_allows_nothing() -> None:
    (part,) = planned(quarantine(), cluster()).parts
    policy, patch = part.changes

    assert isinstance(policy, Create)
    assert policy.ref == KubeRef("prod", NETWORK_POLICY, "payments", "firebreak-fb-7k3q-0")
    assert policy.body.value == {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {
            "name": "firebreak-fb-7k3q-0",
            "namespace": "payments",
            "labels": {"app.kubernetes.io/managed-by": "firebreak", "firebreak.dev/request": "FB-7K3Q"},
        },
        "spec": {
            "podSelector": {"matchLabels": {"firebreak.dev/quarantine": "fb-7k3q-0"}},
            "policyTypes": ["Ingress", "Egress"],
        },
    }
    assert isinstance(patch, Patch)
    assert patch.uid == "uid-api-1"
    assert [(k.path[-1], k.before, k.after) for k in patch.keys] == [
        ("firebreak.dev/quarantine", None, "fb-7k3q-0"),
        ("cluster-autoscaler.kubernetes.io/safe-to-evict", None, "false"),
        ("karpenter.sh/do-not-disrupt", None, "true"),
    ]


def test_every_change_is_said_in_words_and_dry_run_before_anyone_is_asked() -> None:
    world = cluster()
    plan = planned(quarantine("api-1", "api-2"), world)

    changes = [change for part in plan.parts for change in part.changes]
    assert [query.change for query in world.asked if hasattr(query, "change")] == changes
    assert all(len(part.words) == len(part.changes) for part in plan.parts)


def test_the_same_world_gives_the_same_plan() -> None:
    assert drive(quarantine("api-1", "api-3"), cluster()) == drive(quarantine("api-1", "api-3"), cluster())


def test_the_label_in_the_policy_is_the_label_on_the_pod_for_every_target() -> None:
    for part in planned(quarantine("api-1", "api-2", "api-3"), cluster()).parts:
        policy, patch = part.changes
        assert isinstance(policy, Create)
        assert isinstance(patch, Patch)
        selector = policy.body.at("spec", "podSelector", "matchLabels")
        assert selector == {patch.keys[0].path[-1]: patch.keys[0].after}


# -- digest ------------------------------------------------------------------------------------------------


def _later(world: Staged) -> Staged:
    """Let time pass: versions move, replicas come and go, a node hiccups."""
    for body in world.objects.values():
        body["metadata"]["resourceVersion"] = "99"
    for name in ("api-4", "api-5"):
        world.put(pod(name, ownerReferences=owned("ReplicaSet", "api")))
    world.put(pod("api-2", ready=False, ownerReferences=owned("ReplicaSet", "api")))
    return world


def test_the_digest_stays_when_only_versions_and_counts_move() -> None:
    old, new = planned(quarantine(), cluster()), planned(quarantine(), _later(cluster()))

    assert old != new
    assert digest(old, TERMS) == digest(new, TERMS)
    assert worse(old, new, threshold=0) == ()


def test_the_digest_changes_with_the_pods_identity() -> None:
    world = cluster()
    world.put(pod("api-1", ownerReferences=owned("ReplicaSet", "api"), uid="uid-recreated"))

    assert digest(planned(quarantine(), world), TERMS) != digest(planned(quarantine(), cluster()), TERMS)


def test_what_stands_where_our_marks_go_is_put_back_and_voids_no_approval() -> None:
    world = cluster()
    world.objects[API]["metadata"]["annotations"] = {"karpenter.sh/do-not-disrupt": "maybe"}
    approved, remade = planned(quarantine(), cluster()), planned(quarantine(), world)

    assert approved.parts[0].changes != remade.parts[0].changes
    assert digest(remade, TERMS) == digest(approved, TERMS)
    assert worse(approved, remade, threshold=0) == ()


def test_the_digest_changes_with_the_cluster_that_answers() -> None:
    world = cluster()
    assert world.discovered is not None
    world.discovered = msgspec.structs.replace(world.discovered, uid="uid-other")

    assert digest(planned(quarantine(), world), TERMS) != digest(planned(quarantine(), cluster()), TERMS)


def test_a_new_policy_that_lets_the_pod_out_makes_the_plan_worse_though_the_digest_stays() -> None:
    world = cluster()
    world.put(
        named(NETWORK_POLICY, "beacon", spec={"podSelector": {}, "policyTypes": ["Egress"], "egress": [{}]})
    )
    old, new = planned(quarantine(), cluster()), planned(quarantine(), world)

    assert digest(old, TERMS) == digest(new, TERMS)
    assert "open-internet" in [f.code for f in worse(old, new, threshold=5)]


# -- exact inverse -----------------------------------------------------------------------------------------


def _bodies(world: Staged) -> Bodies:
    return {ref: body for ref, body in world.objects.items() if isinstance(ref, KubeRef)}


@given(
    labels=st.none() | st.dictionaries(TEXT.filter(bool), TEXT, min_size=1, max_size=3),
    annotations=st.none()
    | st.dictionaries(
        st.sampled_from(
            ("karpenter.sh/do-not-disrupt", "cluster-autoscaler.kubernetes.io/safe-to-evict", "other")
        ),
        TEXT,
        min_size=1,
    ),
)
def test_undoing_what_was_done_leaves_every_object_as_it_was(
    labels: dict[str, str] | None, annotations: dict[str, str] | None
) -> None:
    world = cluster()
    meta = world.objects[API]["metadata"]
    del meta["labels"]
    meta |= {"labels": labels} if labels else {}
    meta |= {"annotations": annotations} if annotations else {}
    before = _bodies(world)
    (part,) = planned(quarantine(), world).parts

    during = before
    for change in part.changes:
        assert not isinstance(change, Contribute)
        during = applied(during, change)
        assert applied(during, change) == during
    after = during
    for change in undo(part.changes):
        after = applied(after, change)
        assert applied(after, change) == after

    assert during != before
    assert after == before


def test_the_patch_of_a_recreated_pod_is_refused() -> None:
    (part,) = planned(quarantine(), cluster()).parts
    world = cluster()
    world.put(pod("api-1", uid="uid-recreated"))
    patch = part.changes[1]
    assert isinstance(patch, Patch)

    with pytest.raises(PreconditionError, match="another object"):
        applied(_bodies(world), patch)


# -- commands ----------------------------------------------------------------------------------------------


def test_the_commands_do_and_undo_what_the_changes_do() -> None:
    world = cluster()
    world.objects[API]["metadata"]["annotations"] = {"karpenter.sh/do-not-disrupt": "it's $(mine)"}
    (part,) = planned(quarantine(), world).parts
    create, mark = part.commands.do
    unmark, delete = part.commands.undo

    assert create.startswith("kubectl --context prod-admin -n payments create -f - <<'EOF'\n")
    assert create.endswith("\nEOF")
    assert json.loads(create.split("\n", 1)[1].removesuffix("EOF"))["kind"] == "NetworkPolicy"
    assert delete == (
        "kubectl --context prod-admin -n payments delete "
        "networkpolicies.networking.k8s.io firebreak-fb-7k3q-0"
    )
    assert json.loads(shlex.split(mark)[-1])["metadata"]["labels"] == {
        "firebreak.dev/quarantine": "fb-7k3q-0"
    }
    assert json.loads(shlex.split(unmark)[-1])["metadata"] == {
        "uid": "uid-api-1",
        "labels": {"firebreak.dev/quarantine": None},
        "annotations": {
            "karpenter.sh/do-not-disrupt": "it's $(mine)",
            "cluster-autoscaler.kubernetes.io/safe-to-evict": None,
        },
    }


def test_a_shell_runs_the_commands_as_printed_and_nothing_else() -> None:
    world = cluster()
    hostile = """it's $(echo no) `echo no` "$HOME" \\ ; echo no\nEOF\necho no"""
    assert world.discovered is not None
    world.discovered = msgspec.structs.replace(world.discovered, kubectl_context=hostile)
    world.objects[API]["metadata"]["annotations"] = {"karpenter.sh/do-not-disrupt": hostile}
    (part,) = planned(quarantine(), world).parts
    policy = part.changes[0]
    assert isinstance(policy, Create)

    (made,) = ran(part.commands.do[0], "kubectl")
    assert made.words == ("--context", hostile, "-n", "payments", "create", "-f", "-")
    assert json.loads(made.stdin) == policy.body.value
    (unmarked,) = ran(part.commands.undo[0], "kubectl")
    assert unmarked.words[:8] == (*made.words[:4], "patch", "pods", "api-1", "--type=merge")
    assert json.loads(unmarked.words[9])["metadata"]["annotations"]["karpenter.sh/do-not-disrupt"] == hostile
    assert len(unmarked.words) == 10


def test_without_a_known_context_the_clusters_own_name_is_the_context() -> None:
    world = cluster()
    assert world.discovered is not None
    world.discovered = msgspec.structs.replace(world.discovered, kubectl_context="")
    (part,) = planned(quarantine(), world).parts

    assert all(command.startswith("kubectl --context prod -n payments ") for command in part.commands.do)


@given(TEXT, TEXT)
def test_hostile_text_of_the_cluster_is_one_quoted_word_of_a_command(value: str, context: str) -> None:
    world = cluster()
    assert world.discovered is not None
    world.discovered = msgspec.structs.replace(world.discovered, kubectl_context=f"x{context}")
    world.objects[API]["metadata"]["annotations"] = {"karpenter.sh/do-not-disrupt": value}
    world.objects[API]["metadata"]["labels"] = {value or "k": value}
    world.objects[API]["spec"]["nodeName"] = value
    (part,) = planned(quarantine(), world).parts
    words = shlex.split(part.commands.undo[0])

    assert words[:7] == ["kubectl", "--context", f"x{context}", "-n", "payments", "patch", "pods"]
    assert words[7:10] == ["api-1", "--type=merge", "-p"]
    assert json.loads(words[10])["metadata"]["annotations"]["karpenter.sh/do-not-disrupt"] == value
    assert len(words) == 11


@given(st.text(max_size=60))
def test_no_other_name_than_a_valid_one_becomes_a_target(name: str) -> None:
    valid = re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*", name)
    try:
        quarantine(name)
    except ValueError:
        assert not valid
    else:
        assert valid


# -- parameters --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("prod", "payments", ()), "1 to 20 pods"),
        (("prod", "payments", tuple(f"api-{i}" for i in range(21))), "1 to 20 pods"),
        (("prod", "payments", ("api-1", "api-1")), "named twice"),
        (("prod", "payments", ("api_1",)), "not a pod's name"),
        (("prod", "payments", ("api-1\n",)), "not a pod's name"),
        (("prod", "payments", ("a" * 254,)), "not a pod's name"),
        (("prod", "Payments", ("api-1",)), "not a namespace"),
        (("prod", "a.b", ("api-1",)), "not a namespace"),
        (("prod; rm", "payments", ("api-1",)), "not the name of a cluster"),
    ],
)
def test_what_cannot_be_a_target_is_refused_in_plain_words(
    arguments: tuple[str, str, tuple[str, ...]], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        QuarantinePod(*arguments)


def test_a_stored_action_comes_back_as_it_was() -> None:
    action = quarantine("api-1", "api-2")

    assert revive("quarantine-pod", parameters(action)) == action


@pytest.mark.parametrize("request_id", ["", "FB 1", "FB-1\n", "-FB", "FB/../1", "x" * 41])
def test_a_request_id_that_cannot_name_objects_is_refused(request_id: str) -> None:
    with pytest.raises(ValueError, match="cannot be part of an object's name"):
        drive(quarantine(), cluster(), request_id)


def test_a_plan_promises_no_more_than_is_known() -> None:
    plan = planned(quarantine(), cluster())

    assert isinstance(plan, Plan)
    assert plan.forecast == Forecast.UNKNOWN
    assert plan.parts[0].best_verdict == "INCONCLUSIVE"
    assert REQUEST.lower() in plan.parts[0].words[0]
