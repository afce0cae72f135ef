"""Addresses and selectors: what is asked is exactly what is meant."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from bot.adapters.kubernetes.paths import collection_path, label_selector, object_path, with_query
from bot.domain.errors import DeniedError
from bot.domain.refs import NETWORK_POLICY, NODE, POD, KubeRef
from bot.domain.selectors import Requirement, Selector


def test_paths_are_those_of_the_api() -> None:
    assert collection_path(POD, "") == "/api/v1/pods"
    assert collection_path(NODE, "ignored") == "/api/v1/nodes"
    policy = KubeRef("prod", NETWORK_POLICY, "payments", "deny")
    assert object_path(policy) == "/apis/networking.k8s.io/v1/namespaces/payments/networkpolicies/deny"


@given(name=st.text(max_size=20))
def test_no_name_leads_out_of_its_place(name: str) -> None:
    ref = KubeRef("prod", POD, "payments", name)
    try:
        path = object_path(ref)
    except DeniedError:
        return
    url = URL("https://127.0.0.1" + path)
    assert url.parts[:-1] == ("/", "api", "v1", "namespaces", "payments", "pods")
    assert (url.parts[-1], url.query_string, url.fragment) == (name, "", "")


@given(labels=st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3))
def test_a_selector_says_each_label_or_is_refused(labels: dict[str, str]) -> None:
    try:
        said = label_selector(Selector(labels))
    except DeniedError:
        return
    assert dict(part.split("=", 1) for part in said.split(",") if part) == labels


def test_requirements_are_said_in_the_apis_words() -> None:
    needs = (
        Requirement("tier", "In", ("a", "b")),
        Requirement("env", "NotIn", ("test",)),
        Requirement("app", "Exists"),
        Requirement("example.com/x", "DoesNotExist"),
    )
    assert label_selector(Selector({"k": "v"}, needs)) == (
        "k=v,tier in (a,b),env notin (test),app,!example.com/x"
    )


@pytest.mark.parametrize(
    "need",
    [
        Requirement("a", "In"),
        Requirement("a", "Exists", ("b",)),
        Requirement("a", "Gt", ("1",)),
        Requirement("a)", "Exists"),
        Requirement("a", "In", ("b)",)),
    ],
)
def test_a_requirement_that_cannot_be_said_is_refused(need: Requirement) -> None:
    with pytest.raises(DeniedError, match="selector"):
        label_selector(Selector({}, (need,)))


@given(
    key=st.sampled_from(["limit", "continue"]),
    value=st.text(st.characters(codec="utf-8"), min_size=1, max_size=20),
)
def test_parameters_arrive_as_they_are(key: str, value: str) -> None:
    url = URL("https://127.0.0.1" + with_query("/api/v1/pods", [(key, value), ("empty", "")]))
    assert parse_qs(urlsplit(str(url)).query, keep_blank_values=True) == {key: [value]}
