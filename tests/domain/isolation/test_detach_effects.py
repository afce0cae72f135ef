"""What detaching does to everything that selects the pod, said before it is done; and when it is worth it."""

from typing import Any

import msgspec
import pytest

from bot.domain.isolation import Relabel
from bot.domain.isolation.detach import Escape
from bot.domain.isolation.detach_effects import Bonds, effects, left, recommended
from bot.domain.selectors import Selector
from bot.domain.views import BudgetView, PodView, ServiceView

LOOSE = Escape((Relabel("app", "api", None),))


def pod(kind: str = "ReplicaSet") -> PodView:
    owners = [{"kind": kind, "name": "api", "uid": "u", "controller": True}] if kind else []
    meta = {"name": "api-1", "uid": "x", "labels": {"app": "api", "tier": "web"}, "ownerReferences": owners}
    return msgspec.convert({"kind": "Pod", "metadata": meta}, PodView)


def service(name: str, selector: Any) -> ServiceView:
    body = {"kind": "Service", "metadata": {"name": name}, "spec": {"selector": selector}}
    return msgspec.convert(body, ServiceView)


def budget(name: str, selector: Any) -> BudgetView:
    body = {"kind": "PodDisruptionBudget", "metadata": {"name": name}, "spec": {"selector": selector}}
    return msgspec.convert(body, BudgetView)


def codes(kind: str, bonds: Bonds) -> dict[str, str]:
    return {found.code: found.text for found in effects(pod(kind), LOOSE, bonds)}


@pytest.mark.parametrize(
    ("kind", "forth", "back"),
    [
        ("ReplicaSet", "starts another in its place", "deletes payments/api-1 itself"),
        ("StatefulSet", "cannot replace it", "by its name"),
        ("DaemonSet", "on the same node", "deletes one of the two"),
        ("Job", "done twice", "beside the one"),
        ("Rollout", "may let go", "may take payments/api-1 back"),
    ],
)
def test_each_kind_of_controller_reacts_in_its_own_way_and_on_the_way_back_too(
    kind: str, forth: str, back: str
) -> None:
    found = codes(kind, Bonds("payments", Selector({"app": "api"})))

    assert forth in found[f"detach-{kind.lower()}"]
    assert back in found["detach-rollback"]
    assert ("detach-autoscaler" in found) == (kind in {"ReplicaSet", "StatefulSet"})


def test_a_controller_that_selects_by_other_labels_keeps_the_pod() -> None:
    found = codes("ReplicaSet", Bonds("payments", Selector({"tier": "web"})))

    assert list(found) == ["detach-controller-kept"]


def test_a_controller_whose_selector_is_not_known_is_taken_to_let_go() -> None:
    assert "detach-replicaset" in codes("ReplicaSet", Bonds("payments"))


def test_only_services_and_budgets_that_lose_the_pod_are_named() -> None:
    bonds = Bonds(
        "payments",
        None,
        (service("api", {"app": "api"}), service("web", {"tier": "web"}), service("none", None)),
        (budget("api", {"matchLabels": {"app": "api"}}), budget("all", {}), budget("nil", None)),
    )

    found = effects(pod(""), LOOSE, bonds)

    assert [(f.code, f.subject) for f in found] == [
        ("detach-service", "payments/api"),
        ("detach-budget", "payments/api"),
    ]


def test_what_selects_the_pod_all_the_same_is_named() -> None:
    found = left(pod(), Escape((), ("all",), ("api",)), "payments")

    assert [f.code for f in found] == ["detach-unescapable", "detach-service-kept"]


def test_it_is_recommended_where_it_closes_something_and_names_the_labels() -> None:
    (found,) = recommended(pod(), LOOSE, "payments", ["front", "all"])

    assert "front" in found.text
    assert "the labels app," in found.text
    assert recommended(pod(), Escape(LOOSE.moved, ("all",)), "payments", ["all"]) == ()
    assert recommended(pod(), Escape(()), "payments", ["front"]) == ()
    assert recommended(pod(), LOOSE, "payments", []) == ()
