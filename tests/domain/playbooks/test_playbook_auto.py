"""When a playbook might act without a person: off, and each single thing that is amiss means no."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from bot.actions import CATALOGUE
from bot.domain.alerts import Alert, Severity, Status
from bot.domain.findings import Forecast, Refusal, Unseen
from bot.domain.playbooks import Auto, Match, Occasion, Playbook, Step, Take, Taken, may_act, problems
from bot.domain.policy.guards import Permit
from bot.domain.policy.protection import Protected
from tests.domain.values import OWN_PART, PLAN, TARGET

CUT = Step(
    "cut",
    "quarantine-pod",
    {"cluster": Taken(Take.CLUSTER), "namespace": Taken(Take.NAMESPACE), "pods": Taken(Take.PODS)},
)
ONE = Playbook(3, "miner", "what", Match("true"), (CUT,), auto=Auto(("falco",), per_hour=2))
FIRING = Alert(
    source="falco",
    kind="falco",
    rule="miner",
    severity=Severity.HIGH,
    status=Status.FIRING,
    started=datetime(2026, 11, 21, 2, 11, tzinfo=UTC),
    fingerprint="1",
    title="miner",
)
SINGLE = replace(PLAN, parts=(OWN_PART,), unseen=())
FINE = Occasion(ONE, FIRING, "falco", SINGLE, Protected(), acted=1)


def at(**target: str) -> Occasion:
    part = replace(OWN_PART, target=replace(TARGET, **target))
    return replace(FINE, plan=replace(SINGLE, parts=(part,)))


def test_when_nothing_is_amiss_it_may_act_and_says_by_which_playbook() -> None:
    assert may_act(FINE) == Permit("playbook miner, version 3, acts by itself")


@pytest.mark.parametrize(
    ("code", "amiss"),
    [
        ("auto-off", lambda: replace(FINE, playbook=replace(ONE, auto=None))),
        ("auto-resolved", lambda: replace(FINE, alert=replace(FIRING, status=Status.RESOLVED))),
        ("auto-source", lambda: replace(FINE, source="")),
        ("auto-source", lambda: replace(FINE, source="grafana")),
        ("auto-source", lambda: replace(FINE, source="grafana", alert=replace(FIRING, source="grafana"))),
        ("auto-one", lambda: replace(FINE, plan=replace(SINGLE, parts=()))),
        ("auto-one", lambda: replace(FINE, plan=replace(SINGLE, parts=(OWN_PART, OWN_PART)))),
        ("auto-one", lambda: replace(FINE, plan=replace(SINGLE, also=(TARGET,)))),
        ("auto-one", lambda: replace(FINE, plan=replace(SINGLE, action="quarantine-workload"))),
        ("auto-one", lambda: at(kind="Deployment")),
        ("auto-estate", lambda: replace(FINE, plan=replace(SINGLE, scope="estate"))),
        ("auto-irreversible", lambda: replace(FINE, plan=replace(SINGLE, reversible=False))),
        ("auto-forecast", lambda: replace(FINE, plan=replace(SINGLE, forecast=Forecast.NOT_ENFORCED))),
        ("auto-unseen", lambda: replace(FINE, plan=replace(SINGLE, unseen=(Unseen("q", "why"),)))),
        ("target-protected", lambda: at(namespace="kube-system")),
        ("target-protected", lambda: at(kind="Address", namespace="", name="168.63.129.16")),
        ("target-protected", lambda: replace(FINE, protected=Protected(labels=({"app": "*"},)))),
        ("auto-rate", lambda: replace(FINE, acted=2)),
        ("auto-rate", lambda: replace(FINE, acted=-1)),
    ],
)
def test_each_thing_that_is_amiss_means_no(code: str, amiss: Callable[[], Occasion]) -> None:
    decision = may_act(amiss())

    assert isinstance(decision, Refusal)
    assert decision.code == code


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ((Step("x", "quarantine-workload", {}),), "only block-address or quarantine-pod"),
        ((Step("x", "block-address", {"scope": "estate"}),), "never beyond one cluster"),
        ((Step("x"),), "no action that it could take"),
    ],
)
def test_what_could_never_act_by_itself_is_told_when_the_file_is_read(
    steps: tuple[Step, ...], why: str
) -> None:
    found = problems(replace(ONE, steps=steps), CATALOGUE, ())

    assert any(why in each.text for each in found)
    assert not any(why in each.text for each in problems(replace(ONE, steps=steps, auto=None), CATALOGUE, ()))
