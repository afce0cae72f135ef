"""The order of what is worst, its sentences, and what would close it."""

from typing import Any

import pytest

from bot.domain.directions import Direction
from bot.domain.findings import Forecast
from bot.domain.residual import (
    Closing,
    How,
    Line,
    Place,
    Residual,
    World,
    forecast,
    residual,
    worst,
)
from tests.domain.residual.build import Body, named, node, pod, policy, world

WEB = pod("web", {"app": "web"}, ips=["10.0.0.1"])
DB, FAR = pod("db", {"app": "db"}, ips=["10.0.0.2"]), pod("far", {}, "far", ips=["10.0.1.1"])
NODES = [node("node-0", "10.9.0.1"), node("master", "10.9.0.9")]


def lines(there: World) -> tuple[Line, ...]:
    return worst(residual(named(there, "web"), there), there)


def out(*peers: Body, **more: Any) -> Body:
    return policy("out", policyTypes=["Ingress", "Egress"], egress=[{"to": list(peers)}], **more)


def test_an_open_pod_reads_worst_first_and_in_plain_words() -> None:
    found = lines(world([WEB, DB, FAR], nodes=NODES, api_servers=["10.9.0.9"]))

    assert [(line.place, line.direction) for line in found][:3] == [
        (Place.INTERNET, Direction.EGRESS),
        (Place.INTERNET, Direction.INGRESS),
        (Place.API_SERVER, Direction.EGRESS),
    ]
    assert list(dict.fromkeys(line.place for line in found)) == list(Place)
    assert found[0].text == "shop/web can reach the internet on all ports: no policy selects it"
    assert found[1].text == "the internet can reach shop/web on all ports: no policy selects it"
    assert found[2].text == "shop/web can reach the API server (master) on all ports: no policy selects it"
    metadata = next(line for line in found if line.place is Place.METADATA)
    assert "168.63.129.16, 169.254.169.254" in metadata.text


def test_a_single_address_beyond_can_be_blocked_and_the_policy_is_named_with_its_rule() -> None:
    (line,) = lines(world([WEB], [out({"ipBlock": {"cidr": "203.0.113.7/32"}})]))

    assert line.text == (
        "shop/web can reach the internet (203.0.113.7) on all ports: "
        "allowed by NetworkPolicy shop/out (rule 1)"
    )
    assert line.closing == (Closing(How.ENGINE_DENY), Closing(How.BLOCK_ADDRESS, "203.0.113.7"))


def test_other_labels_close_what_a_policy_with_a_selector_allows_and_not_what_selects_all() -> None:
    chosen = out({"podSelector": {}}, podSelector={"matchLabels": {"app": "web"}})
    every = out({"podSelector": {}})

    assert Closing(How.DETACH) in lines(world([WEB, DB], [chosen]))[0].closing
    assert Closing(How.DETACH) not in lines(world([WEB, DB], [every, policy("in", ingress=[{}])]))[0].closing


def test_what_no_policy_selects_is_closed_by_one_that_does() -> None:
    assert all(Closing(How.ISOLATE) in line.closing for line in lines(world([WEB, DB])))


def test_many_pods_are_counted_and_few_are_named() -> None:
    crowd = [pod(f"p{n}", {}, f"ns-{n % 5}", ips=[f"10.0.3.{n}"]) for n in range(20)]
    found = lines(world([WEB, *crowd], [out({"namespaceSelector": {}})]))

    assert [line.who for line in found] == ["20 pods of ns-0, ns-1, ns-2 and 2 more other namespaces"]


def test_private_networks_are_told_from_the_internet() -> None:
    found = lines(world([WEB], [out({"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"]}})]))

    assert [line.place for line in found] == [Place.INTERNET, Place.METADATA, Place.NETWORK]
    assert "168.63.129.16" in found[1].who


EMPTY = Residual("shop", "web", ())
ODD = Residual("shop", "web", (), ("something",))


@pytest.mark.parametrize(
    ("found", "enforced", "expected"),
    [
        (EMPTY, True, Forecast.FULL),
        (EMPTY, False, Forecast.NOT_ENFORCED),
        (EMPTY, None, Forecast.UNKNOWN),
        (ODD, True, Forecast.UNKNOWN),
    ],
)
def test_a_forecast_is_full_only_where_nothing_is_open_and_nothing_is_unknown(
    found: Residual, enforced: bool | None, expected: Forecast
) -> None:
    assert forecast(found, enforced=enforced) is expected


def test_anything_open_makes_a_forecast_partial() -> None:
    there = world([WEB])

    assert forecast(residual(named(there, "web"), there), enforced=True) is Forecast.PARTIAL
