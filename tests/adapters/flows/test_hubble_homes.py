"""Since when an answer reaches back: of one pod by its node, of several pods by all nodes."""

import msgspec
import pytest

from bot.adapters.flows.hubble.coverage import Around, Buffer, covered, overrun
from bot.domain.flows.asked import About, Asked, Subject
from bot.domain.flows.flow import Observer
from bot.domain.flows.taken import Overrun, Window
from tests.domain.flows.observed import API, C2, at, flow

ONE = Subject(About.POD, "api-1", "payments", pods=("api-1",))
AT_HOME = flow(60, API, C2, observer=Observer("hubble", "node-a", "from-endpoint"))
LONG_AGO, JUST_NOW = at(-3600), at(300)
AROUND = Around(
    {"node-a": LONG_AGO, "node-b": JUST_NOW},
    {"node-a": at(600), "node-b": at(600)},
    (Buffer("node-a", 5, 4095, LONG_AGO), Buffer("node-b", 4095, 4095, LONG_AGO)),
)


@pytest.mark.parametrize(
    ("pods", "since"),
    [((), at(0)), (("api-1",), at(0)), (("api-1", "api-7"), JUST_NOW), (("api-7",), JUST_NOW)],
)
def test_a_full_buffer_of_a_node_matters_where_the_pods_are_several(
    pods: tuple[str, ...], since: object
) -> None:
    asked = Asked("prod", msgspec.structs.replace(ONE, pods=pods), at(0), at(600))

    window = covered(asked, [AT_HOME], AROUND, asked.until)

    assert window == Window(since, at(600))  # type: ignore[arg-type]  # a moment
    told = overrun(asked, window, AROUND)
    assert bool(told) == (since == JUST_NOW)
    assert all(isinstance(loss, Overrun) and "node-b" in loss.where for loss in told)
