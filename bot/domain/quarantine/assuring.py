"""What self-tests of the cluster have to say of a plan: one that failed means that no quarantine there holds."""

import msgspec

from bot.domain.findings import Finding
from bot.domain.plans import Part
from bot.domain.quarantine.scene import Scene
from bot.domain.queries import Rounds, SelfTested, SelfTests
from bot.domain.reading import cut
from bot.domain.tested import Outcome, Told

Assured = tuple[tuple[Part, ...], tuple[Finding, ...]]


def assured(scene: Scene, parts: tuple[Part, ...]) -> Rounds[Assured]:
    """Return the parts, which will tell of self-tests, and a warning for each node's that failed under its engine."""
    if not scene.cluster.self_tests:
        return parts, ()
    (answer,) = yield (SelfTests(scene.cluster.cluster),)
    tests = answer.tests if isinstance(answer, SelfTested) else ()
    engines = {part.proving.engine for part in parts if part.proving is not None}
    wrong = (one for one in tests if one.outcome is Outcome.FAILED and one.engine in engines)
    return tuple(_with(part) for part in parts), tuple(_warning(scene, one) for one in wrong)


def _with(part: Part) -> Part:
    if part.proving is None:
        return part
    return msgspec.structs.replace(part, proving=msgspec.structs.replace(part.proving, tested=True))


def _warning(scene: Scene, test: Told) -> Finding:
    cluster = scene.cluster.cluster
    text = (
        f"the last self-test of {cluster} under {test.engine} {cut(str(test))}; "
        "policies may not hold there (firebreak check --self-test tries again)"
    )
    return Finding("self-test-failed", f"{cluster}/{test.node}", text)
