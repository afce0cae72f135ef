"""Requests for comparing two servers answer by answer: each is sent to both, in this order.

`$version`, `$uid` stand for those of the pod `a` as it was created.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.sandbox.kubernetes.api_under_test import (
    JSON,
    JSON_PATCH,
    MERGE,
    POLICIES,
    STRATEGIC,
    pod,
    policy,
)
from tests.sandbox.kubernetes.contract_reads import NOBODY, PARTIAL, PARTIAL_LIST, PODS

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
POD = f"{PODS}/a"
NAMED = f"{POLICIES}/n"


@dataclass(frozen=True)
class Exchange:
    method: str
    path: str
    body: Any = None
    media_type: str = JSON
    accept: str = JSON


def exchanges() -> Iterator[Exchange]:
    """Walk through the life of a pod, a policy and their namespace, with every mistake on the way."""
    yield from _creates()
    yield from _merge_patches()
    yield from _other_patches()
    yield from _reads()
    yield from _deletes()
    yield from _the_end()


def _creates() -> Iterator[Exchange]:
    yield Exchange("POST", PODS, pod("a", labels={"app": "x"}))
    nameless = {**pod("x"), "metadata": {}}
    other_kinds = [{**pod("b"), "kind": "Deployment"}, {**pod("b"), "apiVersion": "apps/v1"}]
    labels = [{"k": "no!"}, {"k!": "v"}, {"k": "v" * 64}, {"k": 1}, {"example.com/": "v"}, {"a/b/c": "v"}]
    for body in (pod("a"), pod("Bad_Name"), pod("b" * 254), nameless, *other_kinds, b"no json", b"", [1]):
        yield Exchange("POST", PODS, body)
    for chosen in labels:
        yield Exchange("POST", PODS, pod("b", labels=chosen))
        yield Exchange("PATCH", POD, {"metadata": {"labels": chosen}}, MERGE)
    yield Exchange("POST", PODS, pod("b", annotations={"k!": "v"}))
    yield Exchange("POST", PODS, pod("b", namespace="other"))
    yield Exchange("POST", PODS, pod("b", resourceVersion="12"))
    for dry_run in ("All", "No"):
        yield Exchange("POST", f"{PODS}?dryRun={dry_run}", pod("dry"))
    yield Exchange("POST", "/api/v1/namespaces/absent-namespace/pods", pod("a"))
    yield Exchange("POST", "/api/v1/pods", pod("x"))
    for name in ("n", "n"):
        yield Exchange("POST", POLICIES, policy(name))


def _merge_patches() -> Iterator[Exchange]:
    metadata: tuple[dict[str, Any], ...] = (
        {"labels": {"q": "1"}},
        {"labels": {"q": "1"}},
        {"uid": NOBODY, "labels": {"q": "2"}},
        {"uid": "$uid", "labels": {"q": "2"}},
        {"resourceVersion": "$version", "labels": {"q": "3"}},
        {"resourceVersion": "$version", "uid": NOBODY},
        {"resourceVersion": "abc"},
        {"labels": {"q": None}},
        {"labels": None},
        {"name": "b"},
        {"namespace": "b"},
        {"creationTimestamp": "2020-01-01T00:00:00Z", "generation": 7, "uid": None},
    )
    for changed in metadata:
        yield Exchange("PATCH", POD, {"metadata": changed}, MERGE)
    for body in (
        {"kind": "Deployment"},
        {"spec": {"nodeName": "x"}},
        {"status": {"phase": "Running"}},
        [1],
        b"no",
    ):
        yield Exchange("PATCH", POD, body, MERGE)
    yield Exchange("PATCH", f"{POD}/status", {"status": {"phase": "Running", "podIP": "10.0.0.9"}}, MERGE)
    yield Exchange("PATCH", f"{POD}?dryRun=All", {"metadata": {"labels": {"dry": "1"}}}, MERGE)
    yield Exchange("PATCH", f"{PODS}/none", {"metadata": {"labels": {"q": "1"}}}, MERGE)
    yield Exchange("PATCH", NAMED, {"spec": {"egress": [{"ports": [{"port": 53}]}]}}, MERGE)
    yield Exchange("PATCH", NAMED, {"metadata": {"labels": {"a": "b"}}}, MERGE)
    yield Exchange("PATCH", f"{NAMED}/status", {"metadata": {"labels": {"a": "b"}}}, MERGE)


def _other_patches() -> Iterator[Exchange]:
    labels = "/metadata/labels"
    operations: tuple[Any, ...] = (
        [{"op": "test", "path": "/metadata/uid", "value": NOBODY}],
        [{"op": "add", "path": f"{labels}/q", "value": "1"}],
        [{"op": "test", "path": labels, "value": None}, {"op": "add", "path": labels, "value": {"z": "1"}}],
        [{"op": "test", "path": f"{labels}/nope", "value": None}],
        [{"op": "remove", "path": f"{labels}/nope"}],
        [{"op": "replace", "path": f"{labels}/nope", "value": "1"}],
        [{"op": "copy", "from": f"{labels}/z", "path": f"{labels}/w~1v"}],
        [{"op": "move", "from": f"{labels}/z", "path": f"{labels}/y"}],
        [{"op": "move", "from": f"{labels}/gone", "path": f"{labels}/y"}],
        [{"op": "copy", "from": "/metadata/nope", "path": "/metadata/annotations"}],
        [{"op": "bogus", "path": labels, "value": {}}],
        {"op": "add"},
    )
    for body in operations:
        yield Exchange("PATCH", POD, body, JSON_PATCH)
    for media_type in (STRATEGIC, JSON, "text/plain"):
        yield Exchange("PATCH", POD, {"metadata": {"labels": {"s": "1"}}}, media_type)
    yield Exchange("PATCH", POD, {"metadata": {"annotations": {"n": "1"}}}, MERGE, PARTIAL)


def _reads() -> Iterator[Exchange]:
    for name, colour in (("p1", "red"), ("p2", "blue"), ("p3", "red")):
        yield Exchange("POST", PODS, pod(name, labels={"colour": colour}))
    selectors = (
        "colour=red",
        "colour!=red",
        "colour in (red, blue)",
        "colour notin (red)",
        "!colour",
        "a b",
        "in ()",
    )
    for selector in selectors:
        yield Exchange("GET", f"{PODS}?labelSelector={selector}")
    for selector in ("metadata.name=p1", "metadata.name!=p1", "spec.nodeName=", "spec.nope=1", "garbage"):
        yield Exchange("GET", f"{PODS}?fieldSelector={selector}")
    for query in ("limit=2", "limit=-1", "limit=x", "continue=x", "resourceVersion=x", "resourceVersion=0"):
        yield Exchange("GET", f"{PODS}?{query}")
    for accept in (
        PARTIAL,
        PARTIAL_LIST,
        f"{PARTIAL_LIST},application/json",
        "image/png",
        f"{JSON};as=Odd;g=a;v=b",
    ):
        yield Exchange("GET", PODS, accept=accept)
        yield Exchange("GET", POD, accept=accept)
    for path in (
        "/api/v1/namespaces/{ns}/widgets",
        "/apis/no.example.com/v1/widgets",
        "/nothing",
        f"{PODS}/none",
    ):
        yield Exchange("GET", path)
    yield Exchange("GET", "/api/v1/namespaces/absent-namespace/pods")
    yield Exchange("POST", REVIEWS, {"spec": {}})


def _deletes() -> Iterator[Exchange]:
    yield Exchange("PUT", POD, {**pod("a"), "metadata": {"name": "a", "uid": NOBODY}})
    yield Exchange("PUT", POD, {**pod("a"), "metadata": {"name": "a", "resourceVersion": "$version"}})
    yield Exchange("PUT", POD, pod("other"))
    yield Exchange("PUT", f"{PODS}/none", pod("none"))
    yield Exchange("PUT", PODS, pod("a"))
    for options in ({"preconditions": {"uid": NOBODY}}, {"preconditions": {"resourceVersion": "1"}}):
        yield Exchange("DELETE", NAMED, options)
        yield Exchange("DELETE", POD, options)
    for dry_run in ("All", "Some"):
        yield Exchange("DELETE", NAMED, {"dryRun": [dry_run]})
    for _ in range(2):
        yield Exchange("DELETE", NAMED)
    yield Exchange("PATCH", POD, {"metadata": {"finalizers": ["example.com/hold"]}}, MERGE)
    yield Exchange("DELETE", POD)
    yield Exchange("PATCH", POD, {"metadata": {"finalizers": ["example.com/hold", "example.com/two"]}}, MERGE)
    yield Exchange("PATCH", POD, {"metadata": {"finalizers": None}}, MERGE)
    yield Exchange("GET", POD)


def _the_end() -> Iterator[Exchange]:
    yield Exchange("POST", PODS, pod("r", node="node-1"))
    yield Exchange("DELETE", f"{PODS}/r")
    yield Exchange("PATCH", f"{PODS}/r", {"metadata": {"labels": {"late": "1"}}}, MERGE)
    yield Exchange("DELETE", f"{PODS}/r", {"gracePeriodSeconds": 0})
    yield Exchange("DELETE", "/api/v1/namespaces/{ns}")
    yield Exchange("POST", POLICIES, policy("late"))
    yield Exchange("PATCH", f"{PODS}/p1", {"metadata": {"labels": {"late": "1"}}}, MERGE)
    yield Exchange("GET", "/api/v1/namespaces/{ns}")
    yield Exchange("DELETE", "/api/v1/namespaces/{ns}")
