"""Each engine's policies are read by who knows them, and those of nobody are named."""

import json

from bot.domain import refs
from bot.domain.residual import foreign
from bot.domain.views import Foreign
from tests.domain.residual.build import Body


def item(kind: refs.Kind, body: Body) -> Foreign:
    return Foreign(kind, json.dumps(body))


def test_policies_go_to_who_knows_their_group() -> None:
    meta = {"name": "p", "namespace": "shop"}
    found = foreign(
        [
            item(
                refs.CILIUM_POLICY,
                {"kind": "CiliumNetworkPolicy", "metadata": meta, "spec": {"endpointSelector": {}}},
            ),
            item(refs.CALICO_STORED_POLICY, {"kind": "NetworkPolicy", "metadata": meta, "spec": {}}),
            item(
                refs.CLUSTER_POLICY,
                {
                    "kind": "ClusterNetworkPolicy",
                    "metadata": {"name": "p"},
                    "spec": {"tier": "Admin", "priority": 1, "subject": {"namespaces": {}}},
                },
            ),
            item(refs.CILIUM_ENDPOINT, {"kind": "CiliumEndpoint", "metadata": meta}),
        ]
    )

    assert {ruling.cause.kind for ruling in found.rulings} == {
        "CiliumNetworkPolicy",
        "Calico NetworkPolicy",
        "ClusterNetworkPolicy",
    }
    assert found.gaps == ()


def test_policies_that_nobody_knows_are_named() -> None:
    strange = refs.Kind("crd.antrea.io", "v1beta1", "networkpolicies", "NetworkPolicy")
    found = foreign([item(strange, {"kind": "NetworkPolicy", "metadata": {"name": "p"}})])

    assert [gap.text for gap in found.gaps] == ["policies of networkpolicies.crd.antrea.io are not modelled"]


def test_what_is_no_policy_at_all_is_named_and_breaks_nothing() -> None:
    for kind in (refs.CILIUM_POLICY, refs.CALICO_POLICY, refs.CLUSTER_POLICY):
        assert len(foreign([Foreign(kind, "[]")]).gaps) == 1
