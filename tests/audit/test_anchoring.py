"""Checkpoints kept outside: an older database is refused until somebody has said why."""

import itertools
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from bot.adapters.anchors.files import FileAnchor
from bot.adapters.azure.anchor import BlobAnchor
from bot.adapters.azure.blobs import open_container
from bot.adapters.azure.client import SandboxEndpoint
from bot.adapters.slack.anchor import SlackAnchor
from bot.adapters.slack.client import Slack
from bot.adapters.slack.installation import Installation
from bot.adapters.store import open_store
from bot.adapters.store.history import SqlHistory
from bot.bootstrap.entropy import SystemEntropy
from bot.domain.audit.checkpoint import Checkpoint, sign
from bot.domain.errors import AuditError, OutsideError
from bot.engine.accepting import Word, accept
from bot.engine.anchoring import Anchorer, RegressionError
from bot.engine.checkpointing import Seal
from bot.ports import Anchor
from bot.sandbox import tls
from bot.sandbox.azure.blobs import BlobDouble
from bot.sandbox.slack import Refused, Workspace
from bot.sandbox.slack.messages import Content, Message
from tests.audit.conftest import START
from tests.audit.logs import ORIGIN, Kept
from tests.audit.shelves import Shelf, anchorer, grown

URL = "https://example.blob.core.windows.net/anchors"
WORD = Word("root", "restored after the disk failed")


@pytest.fixture(params=["file", "slack", "blob"])
async def place(
    request: pytest.FixtureRequest, tmp_path: Path, workspace: Workspace
) -> AsyncIterator[Anchor]:
    """Give each real place in turn: they keep the same contract."""
    if request.param == "file":
        yield FileAnchor(tmp_path / "anchors.log")
        return
    if request.param == "blob":
        readings = itertools.count()
        async with (
            BlobDouble(tls.mint(tmp_path).context, container="anchors", locked=True) as double,
            open_container(URL, None, sandbox=SandboxEndpoint(double.url, tmp_path / "ca.pem")) as shelf,
        ):
            yield BlobAnchor(shelf, lambda: START + timedelta(milliseconds=next(readings)))
        return
    async with Slack(lambda: workspace.world.app.bot_token, workspace.base_url) as slack:
        yield SlackAnchor(slack, Installation(slack), "C0AUDIT")


async def events(history: SqlHistory) -> list[str]:
    bodies = await history.bodies(0, (await history.tree()).size)
    return [msgspec.json.decode(body)["event"] for body in bodies]


async def test_a_place_gives_back_the_newest_of_what_it_was_given(place: Anchor) -> None:
    assert await place.newest() == ""
    await place.keep(1, "one\n\nsigned\n")
    await place.keep(2, "two\n\n— signed\n")

    assert await place.newest() == "two\n\n— signed\n"


async def test_a_checkpoint_is_kept_and_recorded_and_that_record_alone_is_not_worth_another(
    kept: Kept, history: SqlHistory, seal: Seal, place: Anchor
) -> None:
    one = anchorer(kept, history, seal, place)
    await grown(kept)
    assert await one.keep()
    await kept.checkpointer.sign()

    assert not await one.keep()
    assert (await events(history)).count("checkpoint") == 1
    assert seal.opened(await place.newest()).size == 3
    assert one.unwell() == {}


async def test_an_older_database_is_refused_until_an_operator_records_why(
    kept: Kept, history: SqlHistory, seal: Seal, place: Anchor
) -> None:
    ahead = str(sign(Checkpoint(ORIGIN, 9, b"x" * 32), seal.signer))
    await grown(kept)
    await place.keep(9, ahead)

    with pytest.raises(RegressionError, match="audit accept --reason"):
        await anchorer(kept, history, seal, place).check()
    (accepted,) = await accept((kept.store, history, seal), (place,), SystemEntropy(), WORD)
    await anchorer(kept, history, seal, place).check()

    assert (accepted.size, await events(history)) == (9, ["lease"] * 3 + ["regression"])


async def test_after_an_acceptance_the_new_log_is_anchored_and_holds_again(
    kept: Kept, history: SqlHistory, seal: Seal, place: Anchor
) -> None:
    await grown(kept)
    await place.keep(9, str(sign(Checkpoint(ORIGIN, 9, b"x" * 32), seal.signer)))
    await accept((kept.store, history, seal), (place,), SystemEntropy(), WORD)
    await grown(kept)
    one = anchorer(kept, history, seal, place)
    await one.check()
    await one.keep()

    assert seal.opened(await place.newest()).size == 7
    await place.keep(99, str(sign(Checkpoint(ORIGIN, 99, b"y" * 32), seal.signer)))
    with pytest.raises(RegressionError):
        await anchorer(kept, history, seal, place).check()


async def test_an_acceptance_without_its_record_accepts_nothing(
    kept: Kept, history: SqlHistory, seal: Seal
) -> None:
    shelf = Shelf()
    await grown(kept)
    shelf.notes = [str(sign(Checkpoint(ORIGIN, 9, b"x" * 32), seal.signer))]
    (row,) = await accept((kept.store, history, seal), (shelf,), SystemEntropy(), WORD)
    async with kept.store.begin() as tx:
        await tx.anchors.put(msgspec.structs.replace(row, accepted=0))

    with pytest.raises(RegressionError):
        await anchorer(kept, history, seal, shelf).check()


async def test_a_log_that_parted_is_refused_though_it_is_longer(
    kept: Kept, history: SqlHistory, seal: Seal
) -> None:
    shelf = Shelf()
    shelf.notes = [str(sign(Checkpoint(ORIGIN, 2, b"x" * 32), seal.signer))]
    await grown(kept)

    with pytest.raises(AuditError, match="not those that the newest checkpoint signed"):
        await anchorer(kept, history, seal, shelf).check()


async def test_a_checkpoint_that_another_key_signed_is_never_taken_for_ours(
    kept: Kept, history: SqlHistory, seal: Seal
) -> None:
    shelf = Shelf()
    shelf.notes = ["firebreak.test/log\n9\nAAAA\n\n— somebody AAAA\n"]
    await grown(kept)

    with pytest.raises(AuditError, match="cannot be believed"):
        await anchorer(kept, history, seal, shelf).check()


async def test_a_place_that_does_not_answer_is_told_and_asked_before_anything_is_kept_there(
    kept: Kept, history: SqlHistory, seal: Seal
) -> None:
    shelf = Shelf()
    shelf.silent = True
    one = anchorer(kept, history, seal, shelf)
    await one.check()
    await grown(kept)
    assert "could not be asked" in one.unwell()["anchor shelf"]
    assert not await one.keep()

    shelf.silent, shelf.notes = False, [str(sign(Checkpoint(ORIGIN, 9, b"x" * 32), seal.signer))]
    with pytest.raises(RegressionError):
        await one.keep()


async def test_a_place_that_was_cleared_is_told(kept: Kept, history: SqlHistory, seal: Seal) -> None:
    shelf = Shelf()
    await grown(kept)
    await anchorer(kept, history, seal, shelf).keep()
    shelf.notes = []
    again = anchorer(kept, history, seal, shelf)
    await again.check()

    assert "is gone" in again.unwell()["anchor shelf"]


async def test_one_silent_place_does_not_keep_the_checkpoint_from_the_others(
    kept: Kept, history: SqlHistory, seal: Seal
) -> None:
    silent, other = Shelf("silent"), Shelf("other")
    silent.silent = True
    await grown(kept)
    one = anchorer(kept, history, seal, silent, other)
    await one.keep()

    assert len(other.notes) == 1
    assert list(one.unwell()) == ["anchor silent"]


async def test_checkpoints_come_no_more_often_than_they_should(
    kept: Kept, history: SqlHistory, seal: Seal
) -> None:
    shelf = Shelf()
    one = anchorer(kept, history, seal, shelf)
    for now in (0.0, 5.0, 59.0, 61.0):
        await grown(kept)
        await one.turn(now)

    assert len(shelf.notes) == 2


async def test_a_torn_last_line_is_passed_over_and_does_not_spoil_the_next(tmp_path: Path) -> None:
    file = tmp_path / "anchors.log"
    anchor = FileAnchor(file)
    await anchor.keep(1, "one")
    with file.open("ab") as torn:
        torn.write(b'{"size":2,"no')

    assert await anchor.newest() == "one"
    await anchor.keep(3, "three")
    assert await anchor.newest() == "three"
    assert file.stat().st_mode & 0o777 == 0o600


async def test_a_file_that_cannot_be_written_says_which(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match=r"anchors\.log"):
        await FileAnchor(tmp_path / "no" / "anchors.log").keep(1, "one")


async def test_what_others_post_in_the_channel_is_not_looked_at(workspace: Workspace) -> None:
    async with Slack(lambda: workspace.world.app.bot_token, workspace.base_url) as slack:
        anchor = SlackAnchor(slack, Installation(slack), "C0AUDIT")
        await anchor.keep(1, "ours")
        marks = {"event_type": "firebreak_checkpoint", "event_payload": {"note": "theirs"}}
        workspace._core.ledger.post(Message("C0AUDIT", "", "U0ALICE", Content("mine", (), (), marks)))

        assert await anchor.newest() == "ours"


async def test_a_slack_that_refuses_is_an_error_and_not_an_empty_place(workspace: Workspace) -> None:
    workspace.faults.stage("conversations.history", Refused("missing_scope"))
    async with Slack(lambda: workspace.world.app.bot_token, workspace.base_url) as slack:
        with pytest.raises(OutsideError):
            await SlackAnchor(slack, Installation(slack), "C0AUDIT").newest()


async def test_a_restored_copy_of_the_database_is_refused_at_the_next_start(
    kept: Kept, history: SqlHistory, seal: Seal, tmp_path: Path, url: str
) -> None:
    if not url.startswith("sqlite"):
        pytest.skip("a file is copied back, as a backup would be")
    anchor = FileAnchor(tmp_path / "anchors.log")
    one = anchorer(kept, history, seal, anchor)
    await grown(kept)
    await one.keep()
    await kept.store.close()
    backup = shutil.copy(tmp_path / "firebreak.db", tmp_path / "backup.db")
    await grown(kept, 5)
    await one.keep()

    async with open_store(f"sqlite:///{backup}", clock=lambda: START) as old:
        restored = Anchorer(old, SqlHistory(old.working), seal, (anchor,), 60.0)
        with pytest.raises(RegressionError):
            await restored.check()
