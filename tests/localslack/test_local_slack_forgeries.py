"""
Clicks that nobody could have made, delivered truly signed (or by Socket Mode) by the emulator's control interface.

It presses for people who don't exist, on messages that aren't there, buttons and values that no card has: each is
refused, told to whoever is named as its sender, and recorded; nothing is decided by any of them.
"""

import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio

from bot.domain.requests import state_of
from bot.domain.states import PartState
from bot.sandbox.scene import ALICE, AUDIT_CHANNEL, BOB, CARA, CHANNEL, DAN, GUEST
from bot.sandbox.slack.messages import Message
from tests.journeys.firewall import puts
from tests.journeys.log import records
from tests.localslack.stage import BLOCKING, TEAM, LocalStage, conversation, element, quarantining, stage

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

NOBODY: Final = "U0NOBODY"
BOT: Final = "U0FIREBREAK"
NEVER: Final = "1700000000.000001"  # no message has this ts


@dataclass(frozen=True)
class Scenery:
    """A running bot with two requests that wait, and other messages around their cards."""

    bot: LocalStage
    card: Message
    other: Message
    chat: Message
    whispered: Message
    before: str

    @property
    def requests(self) -> tuple[str, str]:
        """The ids of both requests."""
        return value(self.card).split(":")[0], value(self.other).split(":")[0]


@dataclass(frozen=True)
class Click:
    """A click that is going to be forged; what is left out is as on the true card."""

    by: str = BOB
    button: str = "ir_approve"
    value: str | None = None
    channel: str = CHANNEL
    ts: str | None = None


def value(card: Message) -> str:
    """Return what the buttons of a card carry."""
    return str(element(card, "ir_approve")["value"])


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["socket", "http"])
async def scenery(
    request: pytest.FixtureRequest, program: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Scenery]:
    """Set it up once for all forgeries: none of them changes it."""
    async with stage(tmp_path_factory.mktemp("forged"), program, transport=request.param) as bot:
        bot.built.context.refusals._most = 1_000_000  # BOB alone is refused more than thirty times here
        cards = [await bot.card(await bot.propose(ALICE, text)) for text in (quarantining(bot), BLOCKING)]
        await bot.emulator.say(BOB, CHANNEL, "an ordinary message")
        standing = await bot.emulator.messages(CHANNEL)
        chat = next(m for m in standing if m.author == BOB)
        whispered = next(m for m in standing if m.only_for)
        yield Scenery(bot, cards[0], cards[1], chat, whispered, bot.scene.cluster.snapshot("payments"))


def _valued(change: Callable[[list[str]], str]) -> Callable[[Scenery], Click]:
    return lambda scenery: Click(value=change(value(scenery.card).split(":")))


def _by(user: str) -> Callable[[Scenery], Click]:
    return lambda _: Click(by=user)


def _named(button: str) -> Callable[[Scenery], Click]:
    return lambda _: Click(button=button)


def _letter(button: str, by: str = BOB, to: str = BOB) -> Callable[[Scenery], Click]:
    """Press a button of a direct message that was never written, with a token that nobody was given."""
    return lambda _: Click(by, button, str(uuid.uuid4()), conversation(to), NEVER)


FORGED: Final[dict[str, tuple[Callable[[Scenery], Click], str]]] = {
    "by nobody": (_by(NOBODY), "person-unknown"),
    "by the bot itself": (_by(BOT), "person-bot"),
    "by a guest": (_by(GUEST), "person-restricted"),
    "by a member of no group": (_by(DAN), "not-a-member"),
    "by who asked": (_by(ALICE), "own-request"),
    "on no message": (lambda _: Click(ts=NEVER), "stale-card"),
    "on what a person wrote": (lambda s: Click(ts=s.chat.ts), "stale-card"),
    "on what one person alone was told": (lambda s: Click(ts=s.whispered.ts), "stale-card"),
    "on another request's card": (lambda s: Click(ts=s.other.ts), "stale-card"),
    "in another channel": (lambda _: Click(channel=AUDIT_CHANNEL), "forged-click"),
    "in a channel that is not there": (lambda _: Click(channel="C0NOWHERE"), "forged-click"),
    "in one's own direct conversation": (lambda _: Click(channel=conversation(BOB)), "forged-click"),
    "with an action id that no card has": (_named("ir_destroy"), "forged-click"),
    "with the name of a form": (_named("ir_deny_modal"), "forged-click"),
    "with a button of the form of arguments": (_named("ir_form_action"), "forged-click"),
    "of rolling back what was never applied": (_named("ir_rollback"), "nothing-to-do"),
    "of re-applying what was never applied": (_named("ir_reapply"), "nothing-to-do"),
    "of adopting what was never applied": (_named("ir_adopt"), "nothing-to-do"),
    "of extending what was never applied": (_named("ir_extend"), "nothing-to-extend"),
    "of reviewing what needs no review": (_named("ir_review"), "nothing-to-review"),
    "with no value": (_valued(lambda _: ""), "forged-click"),
    "with words for a value": (_valued(lambda _: "approve everything"), "forged-click"),
    "with more behind the value": (_valued(lambda v: ":".join(v) + ":1"), "forged-click"),
    "with a line break behind the value": (_valued(lambda v: ":".join(v) + "\n"), "forged-click"),
    "with the id of no request": (_valued(lambda v: f"FB-00000:1:{v[2]}"), "forged-click"),
    "with the value of another card": (lambda s: Click(value=value(s.other)), "stale-card"),
    "with a revision that is not there yet": (_valued(lambda v: f"{v[0]}:2:{v[2]}"), "forged-click"),
    "with revision zero": (_valued(lambda v: f"{v[0]}:0:{v[2]}"), "forged-click"),
    "with another plan's digest": (_valued(lambda v: f"{v[0]}:1:{'0' * 12}"), "outdated-plan"),
    "with a digest too short": (_valued(lambda v: f"{v[0]}:1:{v[2][:11]}"), "forged-click"),
    "of a receipt, in the channel": (_named("ir_not_me"), "forged-click"),
    "of a receipt that was never sent": (_letter("ir_not_me"), "forged-click"),
    "of a receipt, in another's conversation": (_letter("ir_not_me", CARA, BOB), "forged-click"),
    "of an offer that was never made": (_letter("ir_handover_accept"), "forged-click"),
    "of an offer, to decline it": (_letter("ir_handover_decline"), "forged-click"),
}


@pytest.mark.parametrize("what", FORGED)
async def test_a_forged_click_is_refused_told_and_recorded(scenery: Scenery, what: str) -> None:
    forge, code = FORGED[what]
    click, bot = forge(scenery), scenery.bot
    before = await refusals(bot)
    carried = value(scenery.card) if click.value is None else click.value
    action = {"type": "button", "block_id": "b", "action_id": click.button, "value": carried}

    said = await bot.forge(click.by, click.channel, click.ts or scenery.card.ts, action)

    assert said.startswith("Refused: "), said
    (new,) = (await refusals(bot))[len(before) :]
    assert new["outcome"] == code, new
    assert new["actor"]["id"] == f"{TEAM}:{click.by}"
    await undecided(scenery)


async def test_a_form_that_anybody_may_open_counts_for_nothing_when_the_wrong_one_submits_it(
    scenery: Scenery,
) -> None:
    bot = scenery.bot
    await bot.press(DAN, scenery.card, "ir_deny")
    await bot.form()
    before = await refusals(bot)

    assert not await bot.fill(DAN, "because I say so")

    (new,) = await bot.until(lambda: _since(bot, len(before)))
    assert (new["outcome"], new["actor"]["id"]) == ("not-a-member", f"{TEAM}:{DAN}")
    await undecided(scenery)


async def test_a_click_that_names_no_button_is_not_even_taken(scenery: Scenery) -> None:
    bot = scenery.bot
    before = await of_people(bot)

    await bot.emulator.press(BOB, CHANNEL, scenery.card.ts, {"action_id": "", "value": value(scenery.card)})

    assert await of_people(bot) == before
    await undecided(scenery)


async def of_people(bot: LocalStage) -> list[int]:
    """Return which records are of what somebody did: the bot goes on by itself meanwhile."""
    return [record["seq"] for record in await records(bot) if record["actor"]["type"] == "person"]


async def refusals(bot: LocalStage) -> list[dict[str, Any]]:
    """Return the recorded refusals."""
    return [record for record in await records(bot) if record["event"] == "refusal"]


async def _since(bot: LocalStage, before: int) -> list[dict[str, Any]]:
    return (await refusals(bot))[before:]


async def undecided(scenery: Scenery) -> None:
    """Nobody's vote has counted, and nothing was written anywhere."""
    bot = scenery.bot
    for request_id in scenery.requests:
        assert state_of(await bot.rows(request_id)) is PartState.PROPOSED
    assert not [record for record in await records(bot) if record["event"] in {"vote", "intent"}]
    assert bot.scene.cluster.snapshot("payments") == scenery.before
    assert puts(bot) == 0
