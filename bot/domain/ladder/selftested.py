"""L5: a self-test showed lately that the engine of this cluster enforces at all. It says nothing of the pod."""

from typing import ClassVar

from bot.domain.ladder.rungs import Asking, Outcome, Proof
from bot.domain.ladder.verdicts import SELF_TEST
from bot.domain.plans import Part
from bot.domain.queries import SelfTested, SelfTests
from bot.domain.tested import Outcome as Showed


class Tested:
    """Pods of ours, under a policy as a quarantine writes it, were cut off in this cluster under this engine."""

    name: ClassVar[str] = SELF_TEST
    needs: ClassVar[str] = (
        "a self-test under the pod's engine within 24 h: `firebreak check --self-test`, or `self_test_every`"
    )
    proves: ClassVar[str] = "the engine enforces such a policy on a node of this cluster"
    cannot: ClassVar[str] = (
        "anything of this pod, of its node, or of policies of others: it alone contains nothing"
    )

    def suits(self, part: Part) -> bool:
        """Whether the settings have the cluster tested."""
        return part.proving is not None and part.proving.tested

    def examine(self, part: Part) -> Asking:
        """Ask our own records."""
        (answer,) = yield (SelfTests(part.target.cluster),)
        if not isinstance(answer, SelfTested):
            return _silent("our own records could not be read")
        engine = part.proving.engine if part.proving else ""
        under = tuple(one for one in answer.tests if one.engine == engine)
        wrong = next((one for one in under if one.outcome is Showed.FAILED), None)
        if wrong is not None:
            return _silent(f"a self-test {wrong}")
        if not under:
            return _silent("no self-test has shown anything under this engine: firebreak check --self-test")
        if not any(one.fresh for one in under):
            return _silent(f"the last self-test is older than a day: it {under[0]}")
        # the same words at every test, or each would be new evidence of everything that stands
        return Proof(
            SELF_TEST, Outcome.HOLDS, f"a self-test of the cluster passed under {engine} within 24 h"
        )


def _silent(text: str) -> Proof:
    return Proof(SELF_TEST, Outcome.SILENT, text)
