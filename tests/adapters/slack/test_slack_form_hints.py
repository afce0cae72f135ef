"""What a message may be about: few things, read strictly, whatever else stands in it."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.slack.form.hints import MOST, Hints, hints
from bot.domain.pods import is_label, is_subdomain

ONE = ("prod",)


@pytest.mark.parametrize(
    ("text", "pods", "addresses"),
    [
        ("prod/payments/api-7d9f beacons to 203.0.113.7", ("prod/payments/api-7d9f",), ("203.0.113.7",)),
        ("see payments/api-5c9d8f7b6-x2x4z.", ("payments/api-5c9d8f7b6-x2x4z",), ()),
        ("k8s.ns=payments k8s.pod=api-7d9f proc=sh", ("payments/api-7d9f",), ()),
        ('namespace: "payments", pod_name: "db-0"', ("payments/db-0",), ()),
        ("203[.]0[.]113[.]7 and 198(.)51(.)100(.)9", (), ("203.0.113.7", "198.51.100.9")),
        ("from 10.0.0.7, 127.0.0.1 and 169.254.169.254", (), ()),
        ("and/or, either/or, https://example.com/payments/api-x2x4z", (), ()),
        ("dev/payments/api-7d9f", (), ()),
        ("prod/payments/a prod/other/b prod/payments/c", ("prod/payments/a", "prod/payments/c"), ()),
        ("1.2.3.4.5 v203.0.113.7 203.0.113.7/x 203.0.113.256", (), ()),
        ("prod/payments/api because x for 9d <!channel>", ("prod/payments/api",), ()),
        ("prod/PAYMENTS/api prod/payments/-api prod/../etc/passwd", (), ()),
    ],
)
def test_a_message_names_what_fits_a_field_exactly(
    text: str, pods: tuple[str, ...], addresses: tuple[str, ...]
) -> None:
    assert hints(text, ONE) == Hints(pods, addresses)


@given(st.text(max_size=400) | st.lists(st.from_regex(r"[a-z0-9./-]{1,30}"), max_size=20).map(" ".join))
def test_whatever_a_message_says_a_hint_is_a_value_and_there_are_few(text: str) -> None:
    found = hints(text, ONE)

    assert len(found.pods) <= MOST
    assert len(found.addresses) <= MOST
    for path in found.pods:
        *place, pod = path.split("/")
        assert is_label(place[-1])
        assert is_subdomain(pod)
        assert place[:-1] in ([], ["prod"])
    for address in found.addresses:
        assert str(ipaddress.IPv4Address(address)) == address
