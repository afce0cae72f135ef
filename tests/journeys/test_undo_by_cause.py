"""All that came of an alert or of a playbook is undone at once: looked at first, confirmed, and then all or nothing."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from bot.adapters.slack.letters import SWEEP
from bot.domain.alerts.grouping import joined, opened
from bot.domain.requests import Request
from bot.domain.states import PartState
from bot.domain.suggestions import Cause
from bot.engine.release import start
from bot.sandbox.scene import ALICE, BOB, CARA, CHANNEL, DAN, GUEST
from tests.adapters.alerts.made import alert
from tests.journeys.firewall import ADDRESS, entries
from tests.journeys.gate import held, reached
from tests.journeys.stage import Stage, in_order, stage, whole_log
from tests.journeys.test_block_journey import AT_ONCE, BLOCK
from tests.journeys.test_ways_journey import pressed, pressing

OTHER, THIRD = "203.0.113.8", "203.0.113.9"
HASH = "3f" * 32
CONFIRM = re.compile(r"rollback (?:playbook|alert|incident) \S+ confirm [0-9a-f]{12}")


async def alerted(bot: Stage, rule: str = "Beaconing") -> str:
    """Have a group of alerts, and return its id."""
    one = replace(alert(1), rule=rule)
    group = opened(one, datetime.now(UTC))  # noqa: TID251 - an alert of the world outside
    async with bot.built.context.store.begin() as tx:
        await tx.alerts.add_group(joined(group, [(one, None)], group.opened_at))
    return group.id


async def caused(bot: Stage, request_id: str, group: str, playbook: str, version: int = 1) -> None:
    """Say of a request what it came of."""
    async with bot.built.context.store.begin() as tx:
        request = await tx.requests.get(request_id, lock=True)
        assert request is not None
        cause = Cause(group, "s-1", 0, playbook, version, HASH)
        await tx.requests.put(replace(request, cause=cause))


async def blocked(bot: Stage, address: str, group: str, playbook: str, version: int = 1) -> str:
    """Have an address blocked because of a playbook."""
    request_id = await bot.contain(ALICE, BOB, BLOCK.replace(ADDRESS, address))
    await caused(bot, request_id, group, playbook, version)
    return request_id


async def confirming(bot: Stage, user: str, what: str) -> str:
    """Look, and return what is to be typed to do it."""
    shown = await bot.ask(user, f"rollback {what}")
    found = CONFIRM.search(shown)
    assert found is not None, shown
    return found[0]


async def test_all_that_a_playbook_led_to_in_any_version_is_undone_by_one_confirmed_command(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, behaviour=AT_ONCE) as bot:
        group = await alerted(bot)
        first = await blocked(bot, ADDRESS, group, "beaconing", 3)
        second = await blocked(bot, OTHER, await alerted(bot, "Other"), "beaconing", 4)
        third = await blocked(bot, THIRD, group, "miner")

        shown = await bot.ask(CARA, "rollback playbook Beaconing")
        assert f"would be released: {first} version 3 ({HASH[:8]})" in shown
        assert f"would be released: {second} version 4" in shown
        assert third not in shown
        assert entries(bot) == {ADDRESS, OTHER, THIRD}, "looking changes nothing"
        confirm = await confirming(bot, CARA, "playbook beaconing")
        assert "not what you were shown" in await bot.ask(CARA, confirm[:-12] + "0" * 12)
        said = await bot.ask(CARA, f"{confirm} because it was the red team")
        assert "Rolling back 2 of 2 containments of playbook beaconing" in said
        for request_id in (first, second):
            await bot.until_state(request_id, PartState.ROLLED_BACK)
        assert entries(bot) == {THIRD}
        assert "Nothing of playbook beaconing is active" in await bot.ask(CARA, "rollback playbook beaconing")

        records = [r async for r in whole_log(bot.settings.database) if r["event"] == "rollback"]
        asked = [r for r in records if r["outcome"] == "rollback-asked"]
        assert [r["request"] for r in asked] == sorted((first, second))
        assert len({r["details"]["together"] for r in asked}) == 1
        await bot.story()


async def test_all_of_an_alert_is_undone_by_the_button_on_the_answer_and_only_by_who_was_shown_it(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, behaviour=AT_ONCE) as bot:
        group = await alerted(bot)
        first = await blocked(bot, ADDRESS, group, "beaconing")
        second = await blocked(bot, OTHER, group, "waf-attack")
        await blocked(bot, THIRD, await alerted(bot, "Other"), "beaconing")

        said = await bot.ask(ALICE, f"rollback alert {group}")
        assert f"/ir rollback alert {group} confirm" in said
        answer = await bot.scene.workspace.until(lambda: pressing(bot, ALICE, SWEEP))
        value = _value(answer.blocks)
        key, digest, origin = value.split(":", 2)
        assert key == group
        for who, carried in (
            (BOB, value),
            (ALICE, f"g-{'0' * 16}:{digest}:{origin}"),
            (ALICE, f"playbook/beaconing:{digest}:{origin}"),
            (ALICE, f"IN-00000:{digest}:{origin}"),
            (ALICE, f"playbook/../x:{digest}:{origin}"),
        ):
            forged = await bot.scene.workspace.click(
                who, CHANNEL, answer.ts, SWEEP, value=carried, forged=True
            )
            assert "belongs to no answer" in await bot._told(forged), carried
        assert entries(bot) == {ADDRESS, OTHER, THIRD}

        sent = await pressed(bot, ALICE, SWEEP)
        assert f"Rolling back 2 of 2 containments of alert {group}" in await bot._told(sent)
        for request_id in (first, second):
            await bot.until_state(request_id, PartState.ROLLED_BACK)
        assert entries(bot) == {THIRD}
        await bot.scene.workspace.replay(sent)
        assert "Nothing of alert" in await bot._told(await pressed(bot, ALICE, SWEEP))
        assert in_order(await bot.story(), "refusal:forged-click", "rollback:rollback-asked")


async def test_what_came_since_it_was_shown_is_not_undone_with_it_and_who_may_not_read_sees_nothing(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, behaviour=AT_ONCE) as bot:
        group = await alerted(bot)
        await blocked(bot, ADDRESS, group, "beaconing")
        confirm = await confirming(bot, CARA, f"alert {group}")
        await blocked(bot, OTHER, group, "beaconing")
        assert "not what you were shown" in await bot.ask(CARA, confirm)
        for user in (DAN, GUEST):
            for text in (f"rollback alert {group}", "rollback playbook beaconing", confirm):
                assert "Refused" in await bot.ask(user, text), (user, text)
        assert entries(bot) == {ADDRESS, OTHER}
        assert not [each for each in await bot.story() if each.startswith("rollback")]

        assert "There are no alerts g-" in await bot.ask(CARA, f"rollback alert g-{'0' * 16}")
        assert "is not the id of alerts" in await bot.ask(CARA, "rollback alert FB-7K3Q")
        assert "Of which?" in await bot.ask(CARA, "rollback playbook")
        assert "Nothing of playbook nobody-knows is active" in await bot.ask(
            CARA, "rollback playbook nobody-knows"
        )


async def test_a_quarantine_stays_where_the_rights_of_one_request_do_not_reach_and_that_is_recorded(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, behaviour=AT_ONCE) as bot:
        group = await alerted(bot)
        block = await blocked(bot, ADDRESS, group, "beaconing")
        pod = f"{bot.scene.incident.namespace}/{bot.scene.incident.pod}"
        cut = await bot.contain(ALICE, BOB, f"quarantine {pod} for 4h because beaconing")
        await caused(bot, cut, group, "beaconing")
        bot.clock.turn(minutes=16)

        said = await bot.ask(ALICE, await confirming(bot, ALICE, f"alert {group}"))
        assert "Rolling back 1 of 2" in said
        assert f"stays: {cut}" in said
        await bot.until_state(block, PartState.ROLLED_BACK)
        assert (await bot.rows(cut))[0].state is PartState.APPLIED
        assert in_order(await bot.story(cut), "refusal:own-release")


async def test_what_is_just_being_written_is_undone_with_the_rest(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        group = await alerted(bot)
        pod = f"{bot.scene.incident.namespace}/{bot.scene.incident.pod}"
        request_id = await bot.propose(ALICE, f"quarantine {pod} for 4h because beaconing")
        await caused(bot, request_id, group, "beaconing")
        async with held(bot, "create", "networkpolicies") as gate:
            await bot.approve(BOB, request_id)
            await reached(gate)
            await bot.until_state(request_id, PartState.EXECUTING)
            said = await bot.ask(ALICE, await confirming(bot, ALICE, "playbook beaconing"))
            assert f"released: {request_id}" in said
        await bot.until_state(request_id, PartState.ROLLED_BACK)


async def test_a_death_between_the_first_and_the_second_leaves_neither_or_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []

    async def dying(context: Any, tx: Any, ask: Any, held: tuple[Request, Any], changed: Any) -> None:
        started.append(held[0].id)
        await start(context, tx, ask, held, changed)
        if len(started) == 1:
            raise RuntimeError("died in the middle")

    async with stage(tmp_path, behaviour=AT_ONCE) as bot:
        group = await alerted(bot)
        both = [await blocked(bot, address, group, "beaconing") for address in (ADDRESS, OTHER)]
        confirm = await confirming(bot, CARA, "playbook beaconing")
        monkeypatch.setattr("bot.engine.undoing.start", dying)
        await bot.scene.workspace.slash(CARA, CHANNEL, f"/ir {confirm}")

        async def tried() -> bool:
            return bool(started)

        await bot.until(tried)
        assert not [each for each in await bot.story() if each.startswith("rollback")]
        await bot.restart()
        bot.clock.turn(minutes=2)
        for request_id in both:
            await bot.until_state(request_id, PartState.ROLLED_BACK)
        assert started[0] == started[1]
        story = await bot.story()
        assert story.count("rollback:rollback-asked") == 2


def _value(blocks: Sequence[Mapping[str, Any]]) -> str:
    rows = [block["elements"] for block in blocks if block["type"] == "actions"]
    return next(str(each["value"]) for row in rows for each in row if each["action_id"] == SWEEP)
