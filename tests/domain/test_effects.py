"""What is said of a part that was begun: never more than its own row shows, in every state with every verdict."""

import msgspec
import pytest

from bot.domain.effects import Effect, known
from bot.domain.findings import Verdict
from bot.domain.requests import Difference, PartRow
from bot.domain.states import PartState
from tests.domain.values import GROUP, OWN_PART, POD_REF, POLICY_REF, SHARED_PART, TARGET

VERDICTS = (None, *Verdict)
ADDRESS = msgspec.structs.replace(TARGET, kind="Address", namespace="", name="203.0.113.7", uid="203.0.113.7")
BLOCK = msgspec.structs.replace(SHARED_PART, target=ADDRESS)
LABEL_OFF = Difference(POD_REF, "labels[firebreak.dev/quarantine]", "fb-1-0", None)
POLICY_GONE = Difference(POLICY_REF, "spec", "{}", None)
ANNOTATION = Difference(POD_REF, "annotations[karpenter.sh/do-not-disrupt]", "true", "false")
ENTRY_OUT = Difference(GROUP, "ipAddresses", "203.0.113.7", None)
EVERY = [(state, verdict) for state in PartState for verdict in VERDICTS]


def row(
    state: PartState = PartState.APPLIED,
    verdict: Verdict | None = Verdict.CONTAINED,
    drift: tuple[Difference, ...] = (),
    *,
    address: bool = False,
) -> PartRow:
    """Return a part of FB-1."""
    part = BLOCK if address else OWN_PART
    return PartRow("FB-1.0", "FB-1", 0, part, state=state, verdict=verdict, drift=drift)


@pytest.mark.parametrize(("state", "verdict"), EVERY)
@pytest.mark.parametrize("address", [False, True], ids=["pod", "address"])
def test_only_what_is_applied_and_proved_is_called_cut_off_or_blocked(
    state: PartState, verdict: Verdict | None, *, address: bool
) -> None:
    said = known(row(state, verdict, address=address))
    proved = state is PartState.APPLIED and verdict is Verdict.CONTAINED

    assert (said.effect is Effect.PROVED) is proved
    assert ("cut off" in said.text or "blocked" in said.text) is proved
    assert "FB-1" in said.text
    if said.effect.holds:
        assert state in {PartState.APPLIED, PartState.EXECUTING, PartState.ACCEPTED}
        assert verdict is not Verdict.NOT_ENFORCED or state is not PartState.APPLIED
        assert not said.remedy
    elif said.effect is not Effect.ABSENT:
        assert "FB-1" in said.remedy, "whoever reads that it does not hold is told what to do"


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (row(PartState.TAMPERED), "OPENED AGAIN BY OTHERS and does not stand now"),
        (row(verdict=Verdict.NOT_ENFORCED), "nothing enforces it: the traffic still passes"),
        (row(verdict=Verdict.PARTIAL), "some traffic still passes"),
        (row(verdict=Verdict.INCONCLUSIVE), "not proven"),
        (row(PartState.NEEDS_HUMAN), "whether it stands is not known"),
        (row(PartState.ROLLING_BACK), "FB-1 is being rolled back"),
        (row(PartState.UNDOING), "FB-1 is being undone"),
        (row(PartState.EXECUTING), "FB-1 is being carried out"),
    ],
)
def test_each_state_and_verdict_has_words_of_its_own(one: PartRow, text: str) -> None:
    assert text in known(one).text


@pytest.mark.parametrize("drift", [LABEL_OFF, POLICY_GONE])
def test_what_others_opened_is_not_believed_to_hold_whatever_was_measured_before(drift: Difference) -> None:
    said = known(row(drift=(drift,)))
    assert (said.effect, said.remedy) == (Effect.CHANGED, "Look at it: /ir status FB-1")
    assert not said.effect.holds
    assert not known(row(drift=(ENTRY_OUT,), address=True)).effect.holds


def test_what_others_changed_and_lets_nothing_through_takes_nothing_from_it() -> None:
    assert known(row(drift=(ANNOTATION,))).effect is Effect.PROVED


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_pod_without_our_mark_on_it_is_not_held_by_what_was_applied(verdict: Verdict | None) -> None:
    assert not known(row(verdict=verdict), marked=False).effect.holds
    coming = known(row(PartState.EXECUTING, verdict), marked=False)
    assert coming.effect.holds, "the mark is the last that is written"
