"""On which nodes a self-test would show something."""

import pytest

from bot.domain.engines.engine import Confidence, Engine, EngineName
from bot.domain.selftests import unpoliced


@pytest.mark.parametrize("name", [name for name in EngineName if name is not EngineName.AWS])
def test_a_self_test_is_tried_under_any_engine_that_polices_pods_without_an_owner(name: EngineName) -> None:
    assert unpoliced(Engine("node-1", name, Confidence.PROVED, ())) is None


def test_where_the_engine_lets_pods_without_an_owner_go_a_self_test_would_fail_without_a_fault() -> None:
    found = unpoliced(Engine("node-1", EngineName.AWS, Confidence.PROVED, ()))

    assert found is not None
    assert found.code == "self-test-unpoliced"
    assert "a pod without an owner is not policed" in found.text
