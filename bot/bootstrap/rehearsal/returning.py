"""The second half: all that came of the alert is rolled back, and the world is as it was."""

import re
from typing import Final

from bot.bootstrap.rehearsal.narrator import Narrator
from bot.bootstrap.rehearsal.stage import Stage
from bot.bootstrap.rehearsal.waiting import applied
from bot.sandbox.scene import ALICE

CONFIRM: Final = re.compile(r"rollback alert \S+ confirm [0-9a-f]{12}")
REQUEST: Final = re.compile(r"\bFB-[0-9A-Z]{5}\b")


async def roll_back(stage: Stage, narrator: Narrator, group: str, both: tuple[str, str]) -> None:
    """All that came of the alert: looked at, then confirmed; within 15 minutes the requester may alone."""
    pod, address = both
    standing = stage.now()
    line = f"/ir rollback alert {group}"
    narrator.says("alice", line)
    said = await stage.types(ALICE, line)
    narrator.told("alice", said)
    confirm = CONFIRM.search(said)
    narrator.hold(
        "both came of the alert, and nothing else is listed",
        set(REQUEST.findall(said)) == {pod, address},
    )
    narrator.hold("nothing is undone before just that is confirmed", confirm and stage.now() == standing)
    assert confirm is not None
    line = f"/ir {confirm[0]} because the image was replaced"
    narrator.says("alice", line)
    narrator.told("alice", await stage.types(ALICE, line))
    narrator.tell((await stage.stands(pod, "ROLLED BACK")).state)
    narrator.card(
        await applied(stage, narrator, address, f"unblocking {stage.scene.incident.beacon}", "ROLLED BACK")
    )
    said = await stage.types(ALICE, "/ir list")
    narrator.says("alice", "/ir list")
    narrator.told("alice", said)
    narrator.hold("nothing is active any more", pod not in said and address not in said)


async def restored(stage: Stage, narrator: Narrator) -> None:
    """Hold what stands there now against what stood there when the story began."""
    now, before = stage.now(), stage.before
    changed = [name for name in before.cluster if now.cluster[name] != before.cluster[name]]
    narrator.hold(f"the namespaces {', '.join(before.cluster)} are as before, byte for byte", not changed)
    narrator.tell("(managedFields and resourceVersion aside, which the API server counts on)", quiet=True)
    narrator.hold(
        f"the IP Groups hold what stood there: {', '.join(before.addresses)}",
        now.addresses == before.addresses,
    )
    narrator.hold("the standing rules were not touched", now.rules == before.rules)
    writes = {
        request.path.rsplit("/", 1)[-1] for request in stage.scene.arm.requests if request.method != "GET"
    }
    narrator.hold("in Azure nothing but the bot's IP Group was ever written", writes == {"ir-block-prod"})
