"""Which canaries a quarantine promises: none unless the settings name an image, and the plan never fails for them."""

from collections.abc import Callable

import msgspec
import pytest

from bot.actions.quarantine_pod import QuarantinePod
from bot.domain.canary import Role, pod
from bot.domain.changes import Create
from bot.domain.digests import Terms, digest
from bot.domain.findings import Forecast
from bot.domain.plans import Plan
from bot.domain.queries import Access, Discovered, DryRun
from bot.domain.refs import POD, KubeRef, Ref
from tests.actions.cluster import quarantine
from tests.actions.staged import Staged, planned
from tests.actions.test_quarantine_honest import Enforcing, calico
from tests.actions.test_quarantine_promises import aws

IMAGE = "registry.test/firebreak:1"
Tried = DryRun | Access


def proving(world: Enforcing) -> Enforcing:
    """Return a cluster whose settings allow canaries."""
    assert isinstance(world.discovered, Discovered)
    world.discovered = msgspec.structs.replace(world.discovered, canary_image=IMAGE)
    return world


def warned(plan: Plan) -> str:
    """Return what is said of canaries that will not be."""
    return "; ".join(finding.text for finding in plan.warnings if finding.code == "no-canary")


def tried(world: Staged) -> list[str]:
    """Return the names of the pods that were tried to be created."""
    tries = (_ref(query) for query in world.asked if isinstance(query, DryRun) and _canary(query))
    return [ref.name for ref in tries if isinstance(ref, KubeRef)]


def test_without_an_image_in_the_settings_there_are_none_and_the_digest_is_as_it_was() -> None:
    bare, with_image = planned(quarantine(), calico()), planned(quarantine(), proving(calico()))
    stripped = tuple(msgspec.structs.replace(part, probes=()) for part in with_image.parts)
    terms = Terms(lease=3600, on_expiry="hold", quorum=1)

    assert bare.parts[0].probes == ()
    assert digest(msgspec.structs.replace(with_image, parts=stripped), terms) == digest(bare, terms)
    assert digest(with_image, terms) != digest(bare, terms)


def test_with_one_each_pod_has_two_on_its_own_node_that_were_tried_and_are_told_of() -> None:
    world = proving(calico())
    plan = planned(quarantine("api-1", "api-2"), world)

    for index, part in enumerate(plan.parts):
        names = [f"firebreak-canary-fb-7k3q-{index}-{role}" for role in ("outside", "inside")]
        assert [(one.name, one.role, one.node) for one in part.probes] == [
            (names[0], Role.OUTSIDE, "node-1"),
            (names[1], Role.INSIDE, "node-1"),
        ]
        assert f"Places two canary pods of image {IMAGE} on node node-1" in part.words[-1]
        assert all(name in part.words[-1] and name in part.commands.undo[0] for name in names)
        assert [
            pod(one).body.at("metadata", "labels", "firebreak.dev/quarantine") for one in part.probes
        ] == [
            None,
            f"fb-7k3q-{index}",
        ]
    assert len(tried(world)) == 4
    assert warned(plan) == ""


def test_what_stays_open_on_purpose_goes_with_them() -> None:
    asked = QuarantinePod("prod", "payments", ("api-1",), allow=("dns", "203.0.113.0/24"))
    plan = planned(asked, proving(calico()))

    assert {one.allow for one in plan.parts[0].probes} == {("dns", "203.0.113.0/24")}


def _no_creation(query: Tried) -> str:
    return "no rights" if isinstance(query, Access) and query.verb == "create" and _canary(query) else ""


def _no_deletion(query: Tried) -> str:
    return "no deletes" if isinstance(query, Access) and query.verb == "delete" and _canary(query) else ""


def _no_room(query: Tried) -> str:
    return "exceeded quota" if isinstance(query, DryRun) and _canary(query) else ""


def _canary(query: Tried) -> bool:
    ref = _ref(query)
    return isinstance(ref, KubeRef) and ref.kind == POD and not ref.name.startswith("api-")


def _ref(query: Tried) -> Ref | None:
    if isinstance(query, Access):
        return query.ref
    return query.change.ref if isinstance(query.change, Create) else None


@pytest.mark.parametrize(
    ("refuses", "why"),
    [(_no_creation, "no rights"), (_no_deletion, "no deletes"), (_no_room, "exceeded quota")],
)
def test_where_the_cluster_would_not_have_them_the_plan_stands_without_and_says_why(
    refuses: Callable[[Tried], str], why: str
) -> None:
    world = proving(calico())
    world.refuses = refuses
    plan = planned(quarantine(), world)

    assert plan.forecast is Forecast.FULL
    assert plan.parts[0].probes == ()
    assert why in warned(plan)
    assert "firebreak rbac --canary IMAGE" in warned(plan)


def test_an_engine_that_lets_pods_without_an_owner_alone_would_make_every_canary_a_false_hole() -> None:
    world = proving(aws())
    plan = planned(quarantine(), world)

    assert plan.parts[0].probes == ()
    assert "a pod without an owner is not policed" in warned(plan)
    assert "rbac" not in warned(plan)
    assert tried(world) == []


def test_where_nothing_is_enforced_there_is_nothing_to_prove() -> None:
    world = proving(calico())
    world.objects[KubeRef("prod", POD, "payments", "api-1")]["spec"]["hostNetwork"] = True
    plan = planned(quarantine(), world)

    assert plan.forecast is Forecast.NOT_ENFORCED
    assert plan.parts[0].probes == ()
    assert warned(plan) == ""
