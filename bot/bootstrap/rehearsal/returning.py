"""The second half: both are rolled back, and the world is as it was."""

from bot.bootstrap.rehearsal.narrator import Narrator
from bot.bootstrap.rehearsal.stage import Stage
from bot.bootstrap.rehearsal.waiting import applied
from bot.sandbox.scene import ALICE


async def roll_back(stage: Stage, narrator: Narrator, pod: str, address: str) -> None:
    """The pod by its button, the address by a typed command; within 15 minutes the requester may alone."""
    narrator.says("alice", f"presses [ Roll back ] on {pod}")
    narrator.told("alice", await stage.clicks(ALICE, pod, "ir_rollback"))
    card = await stage.stands(pod, "ROLLED BACK")
    narrator.tell(card.state)
    line = f"/ir rollback {address} because the image was replaced"
    narrator.says("alice", line)
    narrator.told("alice", await stage.types(ALICE, line))
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
