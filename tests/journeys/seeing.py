"""What tests ask of a bot that knows flows, and the files that it sends."""

import csv
import io
from typing import Any

from bot.sandbox.flows.events import End
from bot.sandbox.flows.traffic import Traffic
from bot.sandbox.scene import ALICE, POLICY
from tests.journeys.stage import Stage, whole_log

EVERYBODY = 'flows:\n  - {clusters: ["*"], groups: [on-call, security]}\n'


def allowing(flows: str) -> str:
    """Return the scene's policy with other rules for flows."""
    assert EVERYBODY in POLICY
    return POLICY.replace(EVERYBODY, flows)


def suspect(bot: Stage) -> str:
    return f"{bot.scene.incident.namespace}/{bot.scene.incident.pod}"


def suspect_end(bot: Stage) -> End:
    """Return the suspect as its node's agent tells it."""
    cast = bot.scene.incident
    return End(cast.pod_address, cast.namespace, cast.pod, "api", ("app=api",), 1000)


def traffic(bot: Stage) -> Traffic:
    """Return what its relay tells of."""
    assert bot.scene.traffic is not None
    return bot.scene.traffic


async def table(bot: Stage, number: int = 1) -> list[list[str]]:
    """Return the rows of the newest of so many CSV files that were sent, and to nobody but Alice."""

    async def shared() -> Any:
        sent = [
            one for one in bot.scene.workspace.files.values() if one.channel and one.name.endswith(".csv")
        ]
        return sent if len(sent) >= number else None

    file = (await bot.until(shared))[-1]
    assert bot.scene.workspace.world.channels[file.channel].im_user == ALICE
    assert file.content is not None
    return list(csv.reader(io.StringIO(file.content.decode())))


async def recorded(bot: Stage, event: str) -> list[dict[str, Any]]:
    """Return the records of an event, as they stand in the log."""
    return [one async for one in whole_log(bot.settings.database) if one["event"] == event]
