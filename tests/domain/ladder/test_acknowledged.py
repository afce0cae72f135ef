"""L2: what Cilium's endpoint says, and what its silence means."""

from typing import Any

import msgspec
import pytest

from bot.domain.documents import Document
from bot.domain.isolation import LABEL
from bot.domain.ladder.acknowledged import Acknowledged
from bot.domain.ladder.rungs import Outcome, Proof
from bot.domain.plans import Part, Proving
from bot.domain.queries import Absent, Answer, Found, Get, Unavailable
from tests.domain.values import OWN_PART

PART = msgspec.structs.replace(OWN_PART, proving=Proving("Cilium", "fb-7k3q-0"))


def examined(part: Part, answer: Answer) -> Proof:
    asking = Acknowledged().examine(part)
    (query,) = next(asking)
    assert isinstance(query, Get)
    try:
        asking.send((answer,))
    except StopIteration as stop:
        told: Proof = stop.value
        return told
    raise AssertionError("it asked again")


def endpoint(*labels: str, state: str = "ready") -> Found:
    status: dict[str, Any] = {"state": state, "identity": {"id": 4711, "labels": list(labels)}}
    return Found(PART.changes[0].ref, Document.of({"status": status}), "1")  # type: ignore[union-attr]  # an own change


def test_an_identity_with_our_label_that_is_ready_holds() -> None:
    told = examined(PART, endpoint("k8s:app=api", f"k8s:{LABEL}=fb-7k3q-0"))

    assert (told.outcome, "4711" in told.text) == (Outcome.HOLDS, True)


@pytest.mark.parametrize(
    "answer",
    [
        endpoint("k8s:app=api"),
        endpoint(f"k8s:{LABEL}=fb-9999-0"),
        endpoint(f"{LABEL}=fb-7k3q-0"),
        endpoint(f"k8s:{LABEL}=fb-7k3q-0", state="waiting-for-identity"),
        Found(PART.changes[0].ref, Document.of({"status": None}), "1"),  # type: ignore[union-attr]  # an own change
        Found(PART.changes[0].ref, Document.of({"status": {"identity": "x"}}), "1"),  # type: ignore[union-attr]  # an own change
        Absent(PART.changes[0].ref),  # type: ignore[union-attr]  # an own change
        Unavailable("late"),
    ],
)
def test_everything_else_is_silence(answer: Answer) -> None:
    assert examined(PART, answer).outcome is Outcome.SILENT


def test_it_suits_only_where_cilium_enforces() -> None:
    other = msgspec.structs.replace(PART, proving=Proving("Calico", "fb-7k3q-0"))

    assert [Acknowledged().suits(part) for part in (PART, other, OWN_PART)] == [True, False, False]
