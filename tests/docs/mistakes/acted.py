"""What people do at the running bot and are refused: typed, pressed and answered in one small world."""

import html
import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Final

from bot.adapters.slack.letters import ACCEPT, NOT_ME
from bot.domain.findings import Refusal
from bot.domain.requests import Mode
from bot.domain.states import PartState
from bot.sandbox.scene import ALICE, ALONE, BOB, CARA, CHANNEL, DAN, POLICY
from bot.sandbox.slack.answers import Answer
from bot.sandbox.slack.messages import Message
from tests.docs.mistakes.row import Row
from tests.hostile.gate import Gate
from tests.journeys.mailbox import address, until_written
from tests.journeys.stage import stage
from tests.journeys.test_block_journey import AT_ONCE

WORLD: Final = POLICY + ALONE + "caps: {requests_per_person: 1000}\n"
INCIDENT: Final = re.compile(r"\bIN-[0-9A-Z]{5,}\b")
WRONG: Final = "0" * 12
BLOCK: Final = "block 203.0.113.{} cluster prod {}for 1h because it answers the beacon"


class Play:
    """The acts in their order; ``rows`` is what was refused so far."""

    def __init__(self, gate: Gate) -> None:
        self.gate, self.bot, self.rows = gate, gate.bot, list[Row]()

    async def types(self, user: str, line: str, did: str = "") -> None:
        """Have a person type a command that is refused."""
        before = len(await self.gate.records("refusal"))
        answer = await self.gate.slash(user, line)
        await self._refused(f"/ir {line}{f' ({did})' if did else ''}", answer, before)

    async def presses(self, did: str, user: str, letter: Message, button: str) -> None:
        """Have a person press a button of a message to them, and be refused."""
        before = len(await self.gate.records("refusal"))
        answer = await self.gate.workspace.click(user, letter.channel, letter.ts, button)
        await self._refused(did, answer, before)

    async def forges(
        self, did: str, user: str, request_id: str, value: str, button: str = "ir_approve"
    ) -> None:
        """Have a click of a card forged, and refused."""
        before = len(await self.gate.records("refusal"))
        answer = await self.gate.press(user, request_id, button, forged=True, value=value)
        await self._refused(did, answer, before)

    async def _refused(self, did: str, answer: Answer, before: int) -> None:
        said = html.unescape(
            (await self.gate.told(answer)).partition("\nRefused: ")[0]
        )  # once, of text and blocks
        found = (await self.gate.records("refusal"))[before:]
        assert said.startswith("Refused: "), (did, said)
        assert found, (did, said)
        text = " ".join(found[-1]["details"]["note"].rstrip(".").split())
        _, first, remedy = said.partition(text)
        assert first, (said, text)
        self.rows.append(Row.refused(did, Refusal(found[-1]["outcome"], text, remedy.lstrip(". "))))


async def rows(folder: Path) -> tuple[Row, ...]:
    """Play it all, and return what was refused."""
    async with stage(folder, policy=WORLD, behaviour=AT_ONCE) as bot:
        play = Play(Gate(bot, io.StringIO()))
        await _nothing_there(play)
        await _nothing_alerted(play)
        await _waiting(play)
        await _going_alone(play)
        await _incidents(play)
        await _handing_over(play)
        await _disowned(play)
        return tuple(play.rows)


async def _nothing_there(play: Play) -> None:
    await play.types(DAN, "list", "in no group")
    await play.types(ALICE, "status FB-0000")
    await play.types(BOB, "approve FB-0000 0a1b2c3d4e5f")
    await play.types(BOB, "close IN-0000 because done")
    await play.types(BOB, "report IN-0000")
    await play.types(BOB, "verify FB-0000")
    await play.types(BOB, "close because done", "no incident is open")
    await play.types(ALICE, f"open {'payments beacons ' * 12}".strip())
    await play.types(BOB, f"handover <@{CARA}>", "holding nothing")


async def _nothing_alerted(play: Play) -> None:
    await play.types(ALICE, "alerts g-0123456789abcdef")
    await play.types(ALICE, "mute BeaconingPod for 2h because the red team tests it", "it never alerted")
    await play.types(ALICE, "mute BeaconingPod for 2d because the red team tests it")
    await play.types(ALICE, "unmute BeaconingPod")


async def _waiting(play: Play) -> None:
    bot = play.bot
    asked = await bot.propose(ALICE, BLOCK.format(7, ""))
    digest = (await bot.request(asked)).digest[:12]
    for line, user, did in (
        (f"approve {asked} {digest}", ALICE, "your own request"),
        (f"approve {asked} {digest}", DAN, "not an approver"),
        (f"approve {asked} {WRONG}", BOB, "another plan"),
        (f"extend {asked} 1h", ALICE, "not active yet"),
        (f"rollback {asked}", ALICE, "not active yet"),
        (f"recheck {asked}", ALICE, "not active yet"),
        (f"confirm {asked} {digest} name x", ALICE, "not a break-glass"),
        (f"review {asked} because fine", BOB, "approved by others"),
        (f"evidence {asked} 1 original", ALICE, "not named under evidence"),
        (f"evidence {asked} 9", BOB, "no such item"),
        (f"handover <@{ALICE}>", ALICE, "yourself"),
        ("handover <@U0NOBODY1>", ALICE, "nobody whom Slack knows"),
    ):
        await play.types(user, line, did)
    value = await play.gate.value(asked)
    await play.forges("You press a button that Firebreak did not post", BOB, asked, "approve everything")
    await play.forges(
        "You press a button of another card", BOB, asked, value.replace(":1:", ":7:"), "ir_destroy"
    )
    other = await bot.propose(ALICE, BLOCK.format(8, ""))
    await play.forges("You press a button of an older card", BOB, other, value)
    await bot.approve(BOB, asked)
    await bot.until_state(asked, PartState.APPLIED)
    await play.types(CARA, f"approve {asked} {digest}", "decided already")
    await play.types(ALICE, f"extend {asked} 30d")
    await play.types(BOB, "close because done", "something is active")


async def _going_alone(play: Play) -> None:
    bot = play.bot
    asked = await bot.propose(ALICE, BLOCK.format(9, "break-glass "))
    found = await bot.request(asked)
    assert found.mode is Mode.BREAK_GLASS
    digest = found.digest[:12]
    await play.types(BOB, f"approve {asked} {digest}", "a break-glass")
    await play.types(BOB, f"confirm {asked} {digest} name 203.0.113.9", "somebody else's")
    await play.types(ALICE, f"confirm {asked} {digest} name 203.0.113.8")
    await play.types(ALICE, f"confirm {asked} {WRONG} name 203.0.113.9")
    await bot.ask(ALICE, f"confirm {asked} {digest} name 203.0.113.9")
    await bot.until_state(asked, PartState.APPLIED)
    await play.types(ALICE, f"review {asked} because it was right", "your own")
    await bot.ask(BOB, f"review {asked} because it was right")
    await play.types(CARA, f"review {asked} because it was right", "signed off already")
    await play.types(ALICE, BLOCK.format(10, "solo "))
    estate = "block 203.0.113.11 scope estate for 1h because it beacons"
    everywhere = await bot.propose(ALICE, estate)
    await play.types(
        CARA, f"approve {everywhere} {(await bot.request(everywhere)).digest[:12]}", "no name typed"
    )
    cast = bot.scene.incident
    await play.types(ALICE, f"quarantine {cast.namespace}/nobody")


async def _incidents(play: Play) -> None:
    bot = play.bot
    said = await bot.ask(BOB, "open a drill")
    found = INCIDENT.search(said)
    assert found, said
    await play.types(BOB, "close because done", "two are open")
    await play.types(BOB, f"rollback incident {found[0]}", "nothing of it is active")
    await play.types(BOB, "rollback alert g-0123456789abcdef", "there are none of that id")
    await bot.ask(BOB, f"close {found[0]} because it was a drill")
    await play.types(BOB, f"close {found[0]} because it was a drill", "closed already")
    await play.types(BOB, f"rollback incident confirm {WRONG}", "not what you were shown")


async def _handing_over(play: Play) -> None:
    bot = play.bot
    await bot.ask(ALICE, f"handover <@{CARA}>")
    offer = await until_written(bot, CARA, "hand over")
    await play.presses("You accept what the policy does not let you ask for", CARA, offer, ACCEPT)
    await bot.ask(ALICE, f"handover <@{BOB}>")
    await until_written(bot, BOB, "hand over")
    await play.presses("You accept an offer that is over", CARA, offer, ACCEPT)


async def _disowned(play: Play) -> None:
    bot, workspace = play.bot, play.gate.workspace
    his = await bot.propose(BOB, BLOCK.format(13, ""))
    receipt = await until_written(bot, BOB, "approved")
    await play.gate.told(await workspace.click(BOB, address(BOB), receipt.ts, NOT_ME))
    await play.presses("You say twice that a vote was not yours", BOB, receipt, NOT_ME)
    await play.types(BOB, BLOCK.format(12, ""), "your account is frozen")
    digest = (await bot.request(his)).digest[:12]
    await play.types(CARA, f"approve {his} {digest}", "asked by an account that is frozen")
    world = workspace.world
    world.channels[CHANNEL] = replace(world.channels[CHANNEL], ext_shared=True)
    await play.types(ALICE, "list", "in a channel shared with another organisation")
