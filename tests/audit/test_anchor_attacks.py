"""Who would hide a newer anchor, or accept in an operator's place."""

from pathlib import Path

import msgspec
import pytest

from bot.adapters.anchors.files import FileAnchor
from bot.adapters.slack.anchor import SlackAnchor
from bot.adapters.slack.client import Slack
from bot.adapters.slack.installation import Installation
from bot.adapters.store.history import SqlHistory
from bot.domain.audit.checkpoint import Checkpoint, sign
from bot.domain.audit.events import Event
from bot.domain.audit.record import Draft
from bot.domain.errors import OutsideError
from bot.engine.anchoring import RegressionError, hash_of
from bot.engine.checkpointing import Seal
from bot.ports import Anchored
from bot.sandbox.slack import Workspace
from bot.sandbox.slack.messages import Content, Message
from tests.audit.logs import ORIGIN, PERSON, Kept
from tests.audit.shelves import Shelf, anchorer, grown


async def forged(kept: Kept, shelf: Shelf, sealed: str = "") -> None:
    """Write, as whoever holds the database can, that an operator accepted; without the key."""
    digest = hash_of(shelf.notes[-1])
    details = {"place": shelf.place, "size": 9, "checkpoint": digest, "records": 3}
    said = Draft(event=Event.REGRESSION, actor=PERSON, outcome="accepted", details=details)
    async with kept.store.begin() as tx:
        seq = await tx.log.append(said)
        await tx.anchors.put(Anchored(shelf.place, 9, digest, "", tx.now, seq, sealed))


async def test_an_acceptance_that_somebody_wrote_into_the_database_accepts_nothing(
    kept: Kept, history: SqlHistory, seal: Seal
) -> None:
    shelf = Shelf()
    shelf.notes = [str(sign(Checkpoint(ORIGIN, 9, b"x" * 32), seal.signer))]
    await grown(kept)
    await forged(kept, shelf)
    with pytest.raises(RegressionError):
        await anchorer(kept, history, seal, shelf).check()

    await forged(kept, shelf, shelf.notes[-1])  # our key's signature, over something else
    with pytest.raises(RegressionError):
        await anchorer(kept, history, seal, shelf).check()


async def test_a_flood_of_messages_over_the_anchors_is_an_error_and_not_an_empty_place(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.adapters.slack.anchor.PAGES", 2)
    monkeypatch.setattr("bot.adapters.slack.anchor.PER_PAGE", 3)
    async with Slack(lambda: workspace.world.app.bot_token, workspace.base_url) as slack:
        anchor = SlackAnchor(slack, Installation(slack), "C0AUDIT")
        await anchor.keep(1, "ours")
        for number in range(7):
            workspace._core.ledger.post(
                Message("C0AUDIT", "", "U0ALICE", Content(f"noise {number}", (), (), None))
            )

        with pytest.raises(OutsideError, match="a channel of their own"):
            await anchor.newest()


async def test_a_newer_checkpoint_that_was_deleted_is_told_and_recorded_with_the_next_one(
    kept: Kept, history: SqlHistory, seal: Seal
) -> None:
    shelf = Shelf()
    await grown(kept)
    one = anchorer(kept, history, seal, shelf)
    await one.keep()
    await grown(kept)
    await one.keep()
    shelf.notes.pop()
    again = anchorer(kept, history, seal, shelf)
    await again.check()
    assert "is gone" in again.unwell()["anchor shelf"]

    await grown(kept)
    assert await again.keep()
    last = msgspec.json.decode((await history.bodies(0, (await history.tree()).size))[-1])
    assert last["details"]["lost"] == 7


async def test_a_cleared_place_stays_told_after_the_next_checkpoint_came_there(
    kept: Kept, history: SqlHistory, seal: Seal
) -> None:
    shelf = Shelf()
    await grown(kept)
    await anchorer(kept, history, seal, shelf).keep()
    shelf.notes = []
    again = anchorer(kept, history, seal, shelf)
    await again.check()
    await grown(kept)

    assert await again.keep()
    assert "is gone" in again.unwell()["anchor shelf"]


async def test_a_line_that_a_full_disk_cut_short_does_not_count_as_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.write", lambda _descriptor, content: len(content) // 2)
    with pytest.raises(OutsideError, match=r"anchors\.log"):
        await FileAnchor(tmp_path / "anchors.log").keep(1, "one")
