"""The report and the proofs that people take from Slack: made from the log, recorded, and true elsewhere."""

import argparse
import re
from pathlib import Path

from bot.bootstrap.rehearsal.proving import told_by
from bot.bootstrap.signing import signer
from bot.bootstrap.verifying import verify
from bot.domain.states import PartState
from bot.sandbox.scene import ALICE, BOB, CHANNEL, GUEST
from bot.sandbox.slack.files import File
from tests.journeys.firewall import ADDRESS
from tests.journeys.mailbox import address, in_channel
from tests.journeys.stage import Stage, in_order, stage
from tests.journeys.test_block_journey import AT_ONCE

HOSTILE = "=cmd|' /C calc'!A0 <script>alert(1)</script> [x](https://evil.example) www.evil.example `\u202e`"

COMMAND = 'SELECT min(seq) FROM audit WHERE instr(body, \'"event":"command"\') > 0'

REFUSED = ("rollback {id} because no", "extend {id} 1h", "recheck {id}", "review {id} because fine")


async def files(bot: Stage, name: str) -> list[File]:
    """Wait for uploaded files of this beginning."""

    async def come() -> list[File]:
        every = bot.scene.workspace.files.values()
        return [one for one in every if one.name.startswith(name) and one.channel]

    return await bot.until(come)


async def content(bot: Stage, name: str) -> bytes:
    found = (await files(bot, name))[-1].content
    assert found is not None
    return found


async def test_the_report_of_a_request_comes_below_its_card_and_says_who_took_it(tmp_path: Path) -> None:
    async with stage(tmp_path, behaviour=AT_ONCE) as bot:
        request_id = await bot.propose(ALICE, f"block {ADDRESS} for 1h because {HOSTILE}")
        assert "Refused" in await bot.approve(GUEST, request_id)
        await bot.approve(BOB, request_id)
        await bot.until_state(request_id, PartState.APPLIED)
        for command in REFUSED:
            assert "Refused" in await bot.ask(GUEST, command.format(id=request_id))
        await bot.ask(BOB, f"rollback {request_id} because over")
        await bot.until_state(request_id, PartState.ROLLED_BACK)

        assert "That is recorded" in await bot.ask(BOB, f"report {request_id}")
        written = (await content(bot, f"{request_id}-report.md")).decode()
        page = (await content(bot, f"{request_id}-report.html")).decode()
        card = await bot.card(request_id)
        (shared,) = (m for m in bot.scene.workspace.messages(CHANNEL) if m.via == "file")
        assert shared.thread_ts == card.ts
        for question in ("Who decided this?", "What did they see?", "Did it work?", "Is it undone?"):
            assert question in written
            assert question in page
        assert "person-restricted" in written, "refused attempts are in it"
        for tried in ("approve it", "undo it", "extend its lease", "have it looked at again", "review it"):
            assert f"- Tried to {tried}: `" in written
        assert "does not name" not in written
        assert "- The policy asks for: `1 of security: rule 2 (addresses)`" in written
        assert "as a member of security" in written
        assert ">bob<" in page, "what Slack calls him now"
        assert "<script" not in page
        assert "evil.example" in page
        assert in_order(await bot.story(request_id), "rollback:rolled-back", "export:report") or in_order(
            await bot.story(request_id), "rollback:withdrawn", "export:report"
        )


async def test_the_report_of_an_incident_holds_every_request_and_goes_where_it_is_talked_about(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, behaviour=AT_ONCE) as bot:
        first = await bot.contain(ALICE, BOB, f"block {ADDRESS} for 1h because of the beacon")
        second = await bot.propose(ALICE, "block 203.0.113.8 for 1h because of the other one")
        incident = (await bot.request(first)).incident
        await bot.ask(ALICE, "report")
        written = (await content(bot, f"{incident}-report.md")).decode()
        assert first in written
        assert second in written
        assert "NO: it still stands" in written


async def test_the_proof_of_one_card_verifies_elsewhere_and_a_changed_one_does_not(tmp_path: Path) -> None:
    async with stage(tmp_path, behaviour=AT_ONCE) as bot:
        request_id = await bot.contain(ALICE, BOB, f"block {ADDRESS} for 1h because of the beacon")
        assert "direct message" in await bot.ask(ALICE, f"verify {request_id}")
        (sent,) = await files(bot, f"{request_id}-proof")
        assert sent.channel == address(ALICE)
        file = tmp_path / "proof.jsonl"
        file.write_bytes(sent.content or b"")
        key = str(signer(bot.settings.audit).verifier.key)
        given = argparse.Namespace(settings=None, database=None, key=[key], checkpoint=[], export=file)
        code, said = await told_by(verify, given)
        assert (code, said.splitlines()[0]) == (0, "SOUND"), said
        assert '"card"' in file.read_text()
        file.write_bytes((sent.content or b"").replace(b"U0BOB", b"U0BOC"))
        code, said = await told_by(verify, given)
        assert code == 1
        assert "export:proof" in await bot.story(request_id)


async def test_anybody_who_may_read_checks_the_whole_log_from_slack(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        await bot.propose(ALICE, f"block {ADDRESS} for 1h because of the beacon")
        await bot.built.checkpointer.sign()
        said = await bot.ask(BOB, "verify")
        assert said.startswith("SOUND")
        assert re.search(r"\d+ records are intact; \d+ signed checkpoints agree", said)
        assert "Root of its" in said
        assert "verify-sound" in " ".join(await bot.story())


async def test_a_record_that_was_changed_is_named_loudly_and_no_report_is_made_of_it(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        request_id = await bot.propose(ALICE, f"block {ADDRESS} for 1h because of the beacon")
        await bot.built.checkpointer.sign()
        async with bot.built.store.working() as work:
            connection = work.connection
            await connection.exec_driver_sql("DROP TRIGGER audit_no_update")
            row = (await connection.exec_driver_sql(COMMAND)).one()
            await connection.exec_driver_sql(
                "UPDATE audit SET body = replace(body, 'U0ALICE', 'U0ALICF') WHERE seq = ?", (row[0],)
            )
        said = await bot.ask(BOB, "verify")
        assert said.startswith("NOT SOUND")
        assert f"First bad record: {row[0]}" in said

        async def alarmed() -> bool:
            return bool(in_channel(bot, CHANNEL, "THE AUDIT LOG IS NOT SOUND"))

        await bot.until(alarmed)
        await bot.ask(BOB, f"report {request_id}")

        async def told() -> bool:
            return any("nothing was handed out" in m.text for m in bot.scene.workspace.messages(address(BOB)))

        await bot.until(told)
        assert not bot.scene.workspace.files


async def test_nothing_is_known_of_what_was_never_recorded(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        assert "nothing about FB-0000" in await bot.ask(ALICE, "report FB-0000")
        assert "nothing about IN-0000" in await bot.ask(ALICE, "report IN-0000")
        assert "nothing about FB-0000" in await bot.ask(ALICE, "verify FB-0000")
