"""Which of what others change on a cut pod lets traffic through again."""

import pytest

from bot.domain import isolation
from bot.domain.isolation import LABEL, Options, Relabel, StrategyName
from bot.domain.queries import kube
from bot.domain.refs import POD
from bot.domain.requests import Difference
from bot.domain.tampering import reopens
from bot.domain.views import Meta, PodView


@pytest.mark.parametrize(
    ("field", "opens"), [(f"labels[{LABEL}]", True), ("labels[app]", True), ("annotations[note]", False)]
)
def test_a_detached_pod_that_gets_back_the_label_it_was_selected_by_is_open_again(
    field: str, *, opens: bool
) -> None:
    ref = kube("prod", POD, "payments", "api-1")
    pod = PodView(Meta(name="api-1", namespace="payments", uid="u", labels={"app": "api"}))
    options = Options(StrategyName.DETACH, moved=(Relabel("app", "api", None),))
    part = isolation.part(pod, ref, "FB-7K3Q", 0, "prod", options)
    assert reopens(part, Difference(ref, field, None, "api")) is opens
