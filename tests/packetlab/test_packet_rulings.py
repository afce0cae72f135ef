"""What packets once did otherwise than the evaluator said, each kept with its ruling: they agree now."""

from typing import Any

import pytest

from tests.packetlab.agreement import Comparison
from tests.packetlab.barrier import GLOBAL, KUBERNETES, NAMESPACED
from tests.packetlab.generated import Body
from tests.packetlab.generated_calico import SETS
from tests.packetlab.lab import Packets

CALICO = "crd.projectcalico.org/v1"


def _everyone(rule: Body) -> list[Body]:
    """Return a policy of the cluster with this rule of egress; what it does not match is denied."""
    spec = {"selector": "app == 'api'", "types": ["Egress"], "order": 1, "egress": [rule]}
    return [
        {
            "apiVersion": CALICO,
            "kind": "GlobalNetworkPolicy",
            "metadata": {"name": "default.kept"},
            "spec": spec,
        }
    ]


def _named(name: str, calico: str, space: str) -> list[Body]:
    """Return a policy of Kubernetes and one of Calico that denies, at the same place."""
    plain: Body = {"podSelector": {}, "ingress": [{}], "policyTypes": ["Ingress"]}
    deny: dict[str, Any] = {
        "selector": "all()",
        "types": ["Ingress"],
        "order": 1000,
        "ingress": [{"action": "Deny"}],
    }
    return [
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": name, "namespace": space},
            "spec": plain,
        },
        {
            "apiVersion": CALICO,
            "kind": "NetworkPolicy",
            "metadata": {"name": f"default.{calico}", "namespace": space},
            "spec": deny,
        },
    ]


@pytest.mark.slow
async def test_a_negated_selector_of_namespaces_chooses_global_network_sets_too(packets: Packets) -> None:
    """Calico turns it into a selector of endpoints, and what is in no namespace lacks the label.

    libcalico-go/lib/backend/syncersv1/updateprocessors/rules.go.
    """
    async with Comparison.standing(packets, (GLOBAL,)) as comparison:
        for action in ("Allow", "Deny"):
            rule = {"action": action, "destination": {"namespaceSelector": "!has(env)"}}
            assert not await comparison.round([*SETS, *_everyone(rule)])


@pytest.mark.slow
@pytest.mark.parametrize(("name", "calico"), [("a", "z"), ("z", "a")])
async def test_a_network_policy_is_asked_after_one_of_calico_of_the_same_order_whatever_its_name(
    packets: Packets, name: str, calico: str
) -> None:
    """Where orders are equal names decide, and Calico calls it `knp.default.` and its name.

    libcalico-go/lib/backend/k8s/conversion.
    """
    async with Comparison.standing(packets, (KUBERNETES, NAMESPACED)) as comparison:
        assert not await comparison.round(_named(name, calico, comparison.spaces[0]))


@pytest.mark.slow
@pytest.mark.parametrize("side", ["ingress", "egress"])
async def test_a_stored_policy_that_names_no_types_closes_both_directions(
    packets: Packets, side: str
) -> None:
    """Calico's own server fills them in, and stores them; where they are absent Felix takes that for both.

    felix/calc/policy_sorter.go.
    """
    spec = {"selector": "app == 'api'", "order": 1, side: [{"action": "Allow", "protocol": "TCP"}]}
    head = {"apiVersion": CALICO, "kind": "GlobalNetworkPolicy", "metadata": {"name": "default.kept"}}
    async with Comparison.standing(packets, (GLOBAL,)) as comparison:
        assert not await comparison.round([{**head, "spec": spec}])
