"""What the canaries of a self-test amount to. What was never open, or was tried without a control, shows nothing."""

import msgspec

from bot.domain.canary import Answered, Failed, Heard, Report, Result, Waiting
from bot.domain.selftests.bodies import CONTROL, SERVER, TARGET
from bot.domain.tested import Outcome


class Seen(msgspec.Struct, frozen=True):
    """
    What the two canaries that call have said.

    ``kept``: those that they called still ran when both had answered, or their end would look like a cut.
    """

    outside: Heard
    inside: Heard
    kept: bool = True


def judged(seen: Seen) -> tuple[Outcome, str]:
    """Return the outcome and why; the text may hold names from outside."""
    for name, heard in (("beside the policy", seen.outside), ("under the policy", seen.inside)):
        if not isinstance(heard, Report):
            return Outcome.INCONCLUSIVE, f"the pod {name} {_silence(heard)}"
    assert isinstance(seen.outside, Report)
    assert isinstance(seen.inside, Report)
    control, inward = seen.outside.of(CONTROL), seen.outside.of(TARGET)
    outward = seen.inside.of(SERVER)
    if control is None or inward is None or outward is None:
        return Outcome.INCONCLUSIVE, "a canary did not tell of all that it was to try"
    holes = tuple(
        text
        for result, text in (
            (outward, "a pod that the policy isolates still reaches others"),
            (inward, "a pod that the policy isolates can still be reached"),
        )
        if result.passes
    )
    if holes:
        return Outcome.FAILED, "; ".join(holes)
    why = _worthless(seen, control, (inward, outward))
    if why:
        return Outcome.INCONCLUSIVE, why
    return (
        Outcome.PASSED,
        "what was open before the policy is cut after it, both ways, and open for a pod beside it",
    )


def _silence(heard: Failed | Waiting) -> str:
    if isinstance(heard, Failed):
        return f"did not answer: {heard.why}"
    return f"has not answered in time{f': {heard.why}' if heard.why else ''}"


def _worthless(seen: Seen, control: Result, cut: tuple[Result, ...]) -> str:
    """Say why what was not reached shows nothing; empty where it shows that the policy bites."""
    if control.last is not Answered.OPEN:
        return "the control could not connect either: it shows nothing"
    if not seen.kept:
        return "a pod that was called ended too early: it shows nothing"
    if any(one.last is Answered.ERROR for one in cut):
        return "a canary could not try to connect"
    if not all(one.opened for one in cut):
        return "it was not open before the policy either: it shows nothing"
    return ""
