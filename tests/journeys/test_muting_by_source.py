"""Mutes over truly signed requests: one rule of one source, whatever rules of others are called."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.domain.suggestions import Board
from bot.sandbox.scene import ALICE
from bot.settings import Settings
from bot.settings.alerts import AlertSourceSettings
from tests.alerts.senders import TOKEN
from tests.journeys.alerting import SOURCE, card, counted, every, item, listening, send, thing
from tests.journeys.seeing import recorded
from tests.journeys.stage import Stage, stage

pytestmark = pytest.mark.timeout(120)

FALCO = "falco-prod"
SHELL = "Terminal shell in container"


def two_sources(settings: Settings) -> Settings:
    """Return settings with two senders, as two teams have them."""
    made = listening()(settings)
    token = SecretStr(TOKEN)
    more = {FALCO: AlertSourceSettings(format="generic", cluster="prod", token=token)}
    return made.model_copy(update={"alerts": {**made.alerts, **more}})


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path, outfit=two_sources) as made:
        yield made


async def muted(bot: Stage) -> set[tuple[str, str]]:
    return {one.group.told_by for one in await every(bot) if one.muted}


def by_rule(found: Sequence[Board]) -> dict[tuple[str, str], Board]:
    return {one.group.told_by: one for one in found}


def shell(number: int = 0, rule: str = SHELL) -> dict[str, Any]:
    return item(rule, thing("pod", f"gone-{number}", "payments"), number=number)


async def test_a_name_of_two_sources_is_refused_and_each_is_muted_by_itself(bot: Stage) -> None:
    assert await send(bot, shell(), source=FALCO) == 200
    assert await send(bot, shell(1)) == 200
    found = by_rule(await counted(bot, 2))

    both = await bot.ask(ALICE, f"mute {SHELL} for 2h because it floods")
    assert "More than one rule can be meant" in both
    assert f"{SHELL} of {FALCO}; {SHELL} of {SOURCE}" in both
    assert await muted(bot) == set()
    one = await bot.ask(ALICE, f"mute {SHELL} of {SOURCE} for 2h because it floods")
    assert f"Cards of {SHELL} of {SOURCE} are muted until" in one
    assert await muted(bot) == {(SOURCE, SHELL)}
    assert f"{SHELL} of {SOURCE} · until" in await bot.ask(ALICE, "alerts")
    by_group = await bot.ask(ALICE, f"mute {found[FALCO, SHELL].group.id} for 2h because it floods too")
    assert f"{SHELL} of {FALCO} are muted" in by_group
    assert "More than one rule" in await bot.ask(ALICE, f"unmute {SHELL}")
    quoted = await bot.ask(ALICE, f'unmute "{SHELL}" of {FALCO} because it is over')
    assert f"Cards of {SHELL} of {FALCO} are shown again" in quoted
    assert await muted(bot) == {(SOURCE, SHELL)}
    kept = await recorded(bot, "muted")
    assert [(r["outcome"], r["details"]["source"]) for r in kept] == [
        ("muted", SOURCE),
        ("muted", FALCO),
        ("unmuted", FALCO),
    ]
    await card(bot, found[SOURCE, SHELL], "Muted", SOURCE)


async def test_a_rule_that_is_called_like_a_group_or_ends_like_a_source_mutes_no_other(bot: Stage) -> None:
    assert await send(bot, shell(), source=FALCO) == 200
    (board,) = await counted(bot, 1)
    named_like_it, ends_like_it = board.group.id, f"{SHELL} of {FALCO}"
    assert await send(bot, shell(1, named_like_it), shell(2, ends_like_it)) == 200
    found = by_rule(await counted(bot, 3))

    for typed in (named_like_it, ends_like_it):
        assert "More than one rule can be meant" in await bot.ask(ALICE, f"mute {typed} for 2h because x")
    assert await muted(bot) == set()
    await bot.ask(ALICE, f'mute "{named_like_it}" of {SOURCE} for 2h because it is no group')
    assert await muted(bot) == {(SOURCE, named_like_it)}
    await bot.ask(ALICE, f'mute "{SHELL}" of {FALCO} for 2h because it is this one')
    assert await muted(bot) == {(SOURCE, named_like_it), (FALCO, SHELL)}
    assert f"/ir mute {found[SOURCE, ends_like_it].group.id} for" in str(
        (await card(bot, found[SOURCE, ends_like_it], "too loud")).blocks
    )


async def test_what_came_while_a_rule_was_muted_has_its_card_ten_hours_later(bot: Stage) -> None:
    assert await send(bot, shell()) == 200
    (first,) = await counted(bot, 1)
    await card(bot, first)
    assert "are muted until" in await bot.ask(ALICE, f"mute {SHELL} for 10h because the red team")
    assert await send(bot, item(SHELL, thing("pod", "gone", "kube-system"), number=7)) == 200
    two = await counted(bot, 2)
    (late,) = [one for one in two if one.group.id != first.group.id]
    assert await bot.built.desk.cards.get(late.group.id) is None
    bot.clock.turn(hours=1)
    await bot.ask(ALICE, f"mute {SHELL} for 10h because it goes on")
    async with bot.built.context.store.begin() as tx:
        (renewed,) = await tx.suggestions.muters(SHELL)
    assert renewed.at - renewed.since >= timedelta(hours=1), "what the first one held back is not forgotten"
    bot.clock.turn(hours=10, seconds=5)
    await card(bot, late)


async def test_what_is_unmuted_by_a_person_is_shown_too(bot: Stage) -> None:
    assert await send(bot, shell()) == 200
    (first,) = await counted(bot, 1)
    await card(bot, first)
    await bot.ask(ALICE, f"mute {SHELL} for 20h because the red team")
    assert await send(bot, item(SHELL, thing("pod", "gone", "kube-system"), number=7)) == 200
    two = await counted(bot, 2)
    (late,) = [one for one in two if one.group.id != first.group.id]
    bot.clock.turn(hours=8)
    assert "are shown again" in await bot.ask(ALICE, f"unmute {SHELL}")
    await card(bot, late)
    assert [r["outcome"] for r in await recorded(bot, "muted")] == ["muted", "unmuted"]
    assert "No rule of that name is muted" in await bot.ask(ALICE, f"unmute {SHELL}")
