"""Requests belong to an incident; it is closed when nothing of it is left, and undone as a whole by one command."""

import asyncio
import re
from pathlib import Path

from bot.domain.states import PartState
from bot.sandbox.scene import ALICE, ALONE, BOB, CARA, CHANNEL, DAN, GUEST, POLICY
from bot.sandbox.slack import App
from tests.journeys.firewall import ADDRESS, entries
from tests.journeys.mailbox import in_channel, until_written
from tests.journeys.stage import Stage, in_order, stage
from tests.journeys.test_block_journey import AT_ONCE, BLOCK

INCIDENT = re.compile(r"\bIN-[0-9A-Z]{5}\b")
HOSTILE = "<!channel> *api* <https://evil.example|x> =HYPERLINK(1) `tick` \u202elive"
OTHER = "203.0.113.8"


async def opened(bot: Stage, user: str, text: str) -> str:
    said = await bot.ask(user, f"open {text}")
    found = INCIDENT.search(said)
    assert found is not None, said
    return found[0]


async def test_a_request_opens_an_incident_and_the_next_one_joins_it(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        first = await bot.propose(ALICE, BLOCK)
        second = await bot.propose(ALICE, BLOCK.replace(ADDRESS, OTHER))
        incident = (await bot.request(first)).incident
        assert INCIDENT.fullmatch(incident)
        assert (await bot.request(second)).incident == incident
        assert f"incident {incident}" in await bot.shown(second)
        listed = await bot.ask(BOB, "incidents")
        assert incident in listed
        assert "2 requests, 2 not over" in listed
        story = await bot.story()
        assert story.count("incident_opened:by-request") == 1
        assert in_order(story, "incident_opened:by-request", "command", "plan_shown", "command", "plan_shown")


async def test_an_incident_is_opened_by_hand_and_not_closed_while_anything_of_it_is_left(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, behaviour=AT_ONCE, policy=POLICY + ALONE) as bot:
        incident = await opened(bot, ALICE, HOSTILE)

        async def announced() -> list[object]:
            return list(in_channel(bot, CHANNEL, incident, "is open"))

        (said,) = await bot.until(announced)
        assert "<!channel>" not in str(said)
        active = await bot.contain(ALICE, BOB, BLOCK)
        waiting = await bot.propose(ALICE, BLOCK.replace(ADDRESS, OTHER))
        refused = await bot.ask(BOB, "close because done")
        assert "cannot be closed yet" in refused
        assert f"{active} is applied: /ir rollback {active}" in refused
        assert f"{waiting} waits for a decision" in refused

        await bot.ask(ALICE, f"deny {waiting} because not needed")
        await bot.ask(ALICE, f"rollback {active} because over")
        await bot.until_state(active, PartState.ROLLED_BACK)
        assert "is closed" in await bot.ask(BOB, f"close {incident.lower()} because nothing is left")
        assert "closed already" in await bot.ask(BOB, f"close {incident} because again")
        fresh = await bot.propose(ALICE, BLOCK)
        assert (await bot.request(fresh)).incident != incident
        assert in_order(
            await bot.story(), "incident_opened:by-hand", "refusal:not-over", "incident_closed:closed"
        )


async def test_what_ran_solo_keeps_the_incident_open_until_it_is_reviewed(tmp_path: Path) -> None:
    async with stage(tmp_path, policy=POLICY + ALONE) as bot:
        pod = bot.scene.incident.pod
        text = f"quarantine {bot.scene.incident.namespace}/{pod} solo for 30m because beaconing"
        request_id = await bot.propose(ALICE, text)
        await bot.until_state(request_id, PartState.APPLIED)
        await bot.ask(BOB, f"rollback {request_id} because it is clean")
        await bot.until_state(request_id, PartState.ROLLED_BACK)
        assert f"/ir review {request_id}" in await bot.ask(BOB, "close because over")
        await bot.ask(BOB, f"review {request_id} because the flows were looked at")
        assert "is closed" in await bot.ask(BOB, "close because over")


async def test_who_may_not_read_here_neither_opens_nor_closes_nor_takes_anything(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        request_id = await bot.propose(ALICE, BLOCK)
        commands = (
            "open mine", "close because mine", "incidents", "rollback incident", f"report {request_id}", "report",
            "verify", f"verify {request_id}",
        )  # fmt: skip
        for user in (DAN, GUEST):
            for text in commands:
                assert "Refused" in await bot.ask(user, text), (user, text)
        assert not bot.scene.workspace.files
        story = await bot.story()
        assert sum(each.startswith("refusal:") for each in story) == 2 * len(commands)
        assert not [each for each in story if each.startswith(("export", "incident_closed"))]


async def test_of_two_who_close_at_once_one_does_and_the_other_is_told(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        incident = await opened(bot, ALICE, "two at once")
        said = await asyncio.gather(
            *(bot.ask(user, f"close {incident} because over") for user in (ALICE, BOB))
        )
        assert sorted("closed already" in each for each in said) == [False, True]
        assert (await bot.story()).count("incident_closed:closed") == 1


async def confirming(bot: Stage, user: str, incident: str) -> str:
    """Look, and return what is to be typed to do it."""
    shown = await bot.ask(user, f"rollback incident {incident}")
    found = re.search(r"rollback incident IN-\w+ confirm [0-9a-f]{12}", shown)
    assert found is not None, shown
    return found[0]


async def test_all_of_an_incident_is_undone_by_one_confirmed_command_as_far_as_one_may(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, behaviour=AT_ONCE) as bot:
        block = await bot.contain(ALICE, BOB, BLOCK)
        pod = f"{bot.scene.incident.namespace}/{bot.scene.incident.pod}"
        cut = await bot.contain(ALICE, BOB, f"quarantine {pod} for 4h because beaconing")
        bot.clock.turn(minutes=16)  # from here on a quarantine takes an approver who did not ask for it
        incident = (await bot.request(block)).incident

        shown = await bot.ask(ALICE, "rollback incident")
        assert f"would be released: {block}" in shown
        assert f"stays: {cut}" in shown
        assert "needs one of security" in shown
        assert entries(bot) == {ADDRESS}, "looking changes nothing"
        confirm = await confirming(bot, ALICE, "")
        assert "not what you were shown" in await bot.ask(ALICE, confirm[:-12] + "0" * 12)

        said = await bot.ask(ALICE, f"{confirm} because it is over")
        assert "Rolling back 1 of 2 containments" in said
        assert f"stays: {cut}" in said
        await bot.until_state(block, PartState.ROLLED_BACK)
        (row,) = await bot.rows(cut)
        assert row.state is PartState.APPLIED

        assert f"released: {cut}" in await bot.ask(CARA, await confirming(bot, CARA, incident))
        await bot.until_state(cut, PartState.ROLLED_BACK)
        assert "Nothing of" in await bot.ask(CARA, f"rollback incident {incident}")
        assert in_order(
            await bot.story(cut), "refusal:own-release", "rollback:rollback-asked", "rollback:rolled-back"
        )


async def test_a_private_incident_gets_a_channel_and_what_is_asked_there_belongs_to_it(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as bot:
        incident = await opened(bot, ALICE, "insider copies secrets private")
        await until_written(bot, ALICE, incident, "has its own channel")
        (room,) = (c for c in bot.scene.workspace.world.channels.values() if c.name == incident.lower())
        assert room.kind == "group"
        assert room.members == {ALICE, "U0FIREBREAK"}
        assert not in_channel(bot, CHANNEL, incident)
        other = await opened(bot, ALICE, "another one")

        answer = await bot.scene.workspace.slash(ALICE, room.id, f"/ir {BLOCK}")
        await bot.scene.workspace.until(lambda: answer.posts)
        elsewhere = await bot.propose(ALICE, BLOCK.replace(ADDRESS, OTHER))
        async with bot.built.context.store.begin() as tx:
            asked = await tx.requests.recent(open_only=True, limit=5)
        assert {request.id == elsewhere: request.incident for request in asked} == {
            False: incident,
            True: other,
        }


async def test_without_the_scope_for_a_channel_the_incident_is_open_and_its_opener_is_told(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as bot:
        app = bot.scene.workspace.world.app
        bot.scene.workspace.world.app = App(scopes=app.scopes - {"groups:write"})
        incident = await opened(bot, ALICE, "insider private")
        await until_written(bot, ALICE, incident, "could not be made", "missing_scope")
        assert incident in await bot.ask(BOB, "incidents")
        assert "incident_opened:room-not-made" in await bot.story()


async def test_a_title_is_needed_and_an_id_that_is_none_is_pointed_at(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        assert "needs a title" in await bot.ask(ALICE, "open")
        assert "at most 150" in await bot.ask(ALICE, f"open {'x' * 151}")
        assert "is not the id of an incident" in await bot.ask(ALICE, "close FB-7K3Q because x")
        assert "There is no incident IN-7K3Q" in await bot.ask(ALICE, "close in-7k3q because x")
        assert "Which incident?" in await bot.ask(ALICE, "report")
