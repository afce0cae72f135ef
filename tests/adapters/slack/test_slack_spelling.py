"""What we tell people to type is read as what we meant."""

import pytest

from bot.actions.block_address import BlockAddress
from bot.actions.quarantine_pod import QuarantinePod
from bot.adapters.slack.commands import Propose
from bot.adapters.slack.grammar import Known, read
from bot.domain.actions import Action
from bot.domain.spelling import spelled

ACTIONS = [
    QuarantinePod("prod", "payments", ("api-7d9f",)),
    QuarantinePod("stage-2", "data", ("a.b-c", "d")),
    BlockAddress(addresses=("203.0.113.7",), cluster="prod"),
    BlockAddress(addresses=("203.0.113.0/24", "198.51.100.1-198.51.100.9"), cluster="prod", scope="estate"),
]


@pytest.mark.parametrize("action", ACTIONS, ids=spelled)
def test_a_spelled_action_is_read_as_itself(action: Action) -> None:
    asked = read(f"{spelled(action)} for 4h because it goes on", Known(("prod", "stage-2")))

    assert asked == Propose(action, 14_400, "it goes on")
