"""Who may not say yes: the one who asked, a guest, an outsider with a forged click."""

from bot.bootstrap.rehearsal.narrator import Narrator
from bot.bootstrap.rehearsal.stage import Stage
from bot.sandbox.scene import ALICE, GUEST, STRANGER


async def wrong_approvers(stage: Stage, narrator: Narrator, request: str) -> None:
    """Alice asked for it herself; a guest is a guest."""
    narrator.says("alice", "presses [ Approve ] on her own request")
    said = await stage.clicks(ALICE, request, "ir_approve")
    narrator.told("alice", said)
    narrator.hold("refused: nobody approves what they asked for", "Refused: you asked for this" in said)
    narrator.says("guest", "presses [ Approve ]")
    said = await stage.clicks(GUEST, request, "ir_approve")
    narrator.told("guest", said)
    narrator.hold("refused: a guest decides nothing", "Refused: this is a guest account" in said)
    _nothing_happened(stage, narrator, request)


async def outsider(stage: Stage, narrator: Narrator, request: str) -> None:
    """Mallory, of another organisation, never saw the card and forges a click that names its plan exactly."""
    narrator.says("mallory", f"forges a click on Approve of {request}, with the right digest")
    said = await stage.clicks(STRANGER, request, "ir_approve", forged=True)
    narrator.told("mallory", said)
    narrator.hold(
        "refused: not a member of this workspace",
        "Refused: this person is not a member of this workspace" in said,
    )
    _nothing_happened(stage, narrator, request)


def _nothing_happened(stage: Stage, narrator: Narrator, request: str) -> None:
    card = stage.card(request)
    still = "WAITING FOR APPROVAL" in card.state and not card.line("✅")
    narrator.hold(
        "the card waits as before, the cluster is untouched",
        still and stage.now().cluster == stage.before.cluster,
    )
