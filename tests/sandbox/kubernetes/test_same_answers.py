"""The double and the real kube-apiserver give the same answers to one long row of requests.

Compared are the code, and of a success the object without what differs by nature (identities, versions, times, the
defaults and status of pods); of a refusal its reason and details. Messages are not: their text is nobody's contract.
"""

import json
import re
from typing import Any
from uuid import uuid4

import pytest

from bot.sandbox.kubernetes.access import User
from bot.sandbox.kubernetes.double import ClusterDouble
from tests.controlplane.server import ControlPlane
from tests.sandbox.kubernetes.api_under_test import ApiUnderTest, Reply, api_at
from tests.sandbox.kubernetes.contract_reads import NOBODY
from tests.sandbox.kubernetes.exchanges import Exchange, exchanges

UID = re.compile(rf"(?!{NOBODY})[0-9a-f]{{8}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{12}}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
OWN = {"resourceVersion": "<version>", "continue": "<token>"}


def _comparable(value: Any) -> Any:
    if isinstance(value, list):
        return [_comparable(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "containers" in (value.get("spec") or {}):
        value = {**value, "spec": "<pod>", "status": value["status"]["phase"]}
    return {key: OWN.get(key) or _comparable(item) for key, item in value.items() if key != "managedFields"}


def _causes(details: Any) -> Any:
    """Return the details with each cause once: the real server repeats some."""
    if not isinstance(details, dict) or "causes" not in details:
        return details
    return {
        **details,
        "causes": sorted({(c.get("field", ""), c.get("reason", "")) for c in details["causes"]}),
    }


def _essence(reply: Reply) -> tuple[int, Any]:
    body = reply.body
    if isinstance(body, dict) and body.get("status") == "Failure":
        return reply.code, (body.get("reason"), _causes(body.get("details")))
    text = json.dumps(_comparable(body), sort_keys=True)
    known: dict[str, str] = {}
    text = UID.sub(lambda found: known.setdefault(found[0], f"<uid {len(known)}>"), text)
    return reply.code, json.loads(TIME.sub("<time>", text))


async def _answers(api: ApiUnderTest) -> list[tuple[Exchange, tuple[int, Any]]]:
    answers, first = [], {"uid": "", "resourceVersion": ""}
    for exchange in exchanges():
        body = exchange.body
        if body is not None and not isinstance(body, bytes):
            text = json.dumps(body).replace("$uid", first["uid"])
            body = json.loads(text.replace("$version", first["resourceVersion"]))
        reply = await api.send(
            exchange.method, exchange.path, body, media_type=exchange.media_type, accept=exchange.accept
        )
        first = first if first["uid"] else reply.body["metadata"]
        answers.append((exchange, _essence(reply)))
    return answers


@pytest.mark.controlplane
async def test_both_give_the_same_answers(cluster: ClusterDouble, control_plane: ControlPlane) -> None:
    namespace = f"same-{uuid4().hex[:8]}"
    plane = control_plane
    cluster.add_user("sandbox", User("admin"))
    async with cluster.serving() as url, api_at(url, "sandbox", namespace) as api:
        ours = await _answers(api)
    async with api_at(plane.url, plane.token("admin"), namespace, plane.tls()) as api:
        theirs = await _answers(api)

    different = [(our, their) for our, their in zip(ours, theirs, strict=True) if our != their]
    assert different == []
