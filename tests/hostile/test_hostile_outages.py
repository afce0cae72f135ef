"""Slack is away, slow, or loses its answers, and people type faster than it: nothing is lost, nothing twice."""

import asyncio
from statistics import median

import pytest

from bot.domain.states import PartState
from bot.sandbox.scene import ALICE, BOB, CHANNEL
from bot.sandbox.slack import courier
from bot.sandbox.slack.faults import AnswerLost, Closed, Fault, Hang, RateLimited, ServerError
from bot.sandbox.slack.messages import Message
from tests.hostile.gate import Gate

pytestmark = pytest.mark.asyncio(loop_scope="module")

FLOOD = 60
IDLE = 15
SLOWER = 15
"""How many times an idle acknowledgement one may take while 200 commands come in at once: a bound on starvation."""


@pytest.mark.slow
async def test_a_flood_of_commands_loses_none_and_acknowledgements_stay_quick(
    either: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        courier, "ACK_SECONDS", 30.0
    )  # what is asserted is relative: the machine may be crowded
    alone = [await _timed(either) for _ in range(IDLE)]

    loop = asyncio.get_running_loop()
    began = loop.time()
    answers = await asyncio.gather(*(either.slash(ALICE, "whoami") for _ in range(FLOOD)))
    each = (loop.time() - began) / FLOOD
    during = [await _timed(either) for _ in range(IDLE)]

    assert [a.status for a in answers] == [200] * FLOOD
    assert each <= 3 * median(alone)
    assert median(during) <= SLOWER * median(alone)
    await either.bot.until(lambda: _answered(either))
    mine = [r for r in await either.records("command") if r.get("target") == "whoami"]
    assert len(mine) == FLOOD + 2 * IDLE


async def _timed(gate: Gate) -> float:
    """Return the seconds that an acknowledgement took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    answer = await gate.slash(BOB, "whoami")
    assert answer.acked
    return loop.time() - began


async def _answered(gate: Gate) -> bool:
    """Whether every one of the flood was answered, and none twice."""
    told = [m for m in gate.workspace.messages(CHANNEL, ephemeral=True) if m.only_for == ALICE]
    assert len(told) <= FLOOD
    return len(told) == FLOOD


async def test_a_slack_that_hangs_holds_up_neither_the_engine_nor_the_door(gate: Gate) -> None:
    request_id = await gate.asked()
    for method in ("chat.update", "chat.postMessage", "response_url", "chat.postEphemeral"):
        gate.workspace.faults.stage(method, Hang(1.5), times=4)

    pressed = await gate.press(BOB, request_id)
    await gate.bot.until_state(request_id, PartState.APPLIED)
    assert not pressed.said  # nothing could be said yet, and everything is done
    assert (await gate.slash(ALICE, "list")).acked

    gate.workspace.faults.clear()
    await gate.bot.until(lambda: _shows(gate, request_id, "APPLIED"))
    await _one_card(gate, request_id)


@pytest.mark.slow
async def test_while_slack_is_down_the_engine_executes_and_the_lease_ends(releasing: Gate) -> None:
    gate = releasing
    request_id = await gate.asked()
    await gate.press(BOB, request_id)
    await gate.bot.until(lambda: _decided(gate))
    await gate.workspace.go_down()

    await gate.bot.until_state(request_id, PartState.APPLIED)
    before = gate.scene.cluster.snapshot(gate.scene.incident.namespace)
    assert request_id.lower() in before
    gate.bot.clock.turn(
        hours=4, minutes=1
    )  # the lease is over; its warning can't be delivered, so the end waits
    gate.bot.clock.turn(minutes=40)  # but not for ever
    await gate.bot.until_state(request_id, PartState.ROLLED_BACK)
    assert request_id.lower() not in gate.scene.cluster.snapshot(gate.scene.incident.namespace)

    gate.workspace.come_up()
    gate.bot.clock.turn(minutes=3)  # what waited is due
    await gate.bot.until(lambda: _shows(gate, request_id, "ROLLED BACK"))
    await _one_card(gate, request_id)
    await gate.workspace.until(lambda: gate.workspace.sockets.connections, 20)
    assert (await gate.told(await gate.slash(BOB, f"status {request_id}"))).startswith(request_id)


@pytest.mark.slow
async def test_what_was_asked_before_slack_went_down_is_shown_once_it_is_back(gate: Gate) -> None:
    gate.workspace.faults.stage("chat.postMessage", ServerError(503), times=3)
    answer = await gate.slash(ALICE, gate.quarantine)
    request_id = next(w.strip(",") for w in (await gate.told(answer)).split() if w.startswith("FB-"))
    await gate.workspace.go_down()
    await gate.bot.until(lambda: _gave_it_a_try(gate))

    gate.workspace.come_up()
    gate.bot.clock.turn(minutes=3)
    await gate.bot.card(request_id)

    await _one_card(gate, request_id)


async def _gave_it_a_try(gate: Gate) -> bool:
    return any(call.fault is not None for call in gate.workspace.calls())


LOST: dict[str, Fault] = {
    "is lost": AnswerLost(),
    "never comes": Closed(),
    "is an error of a proxy": ServerError(502),
    "asks to wait": RateLimited(1),
}


@pytest.mark.parametrize(
    "what", [w if w == "is lost" else pytest.param(w, marks=pytest.mark.slow) for w in LOST]
)
async def test_there_is_one_card_and_one_of_each_notice_when_the_answer(gate: Gate, what: str) -> None:
    gate.workspace.faults.stage("chat.postMessage", LOST[what])
    answer = await gate.slash(ALICE, gate.quarantine)
    request_id = next(w.strip(",") for w in (await gate.told(answer)).split() if w.startswith("FB-"))
    await gate.workspace.until(lambda: gate.workspace.calls("chat.postMessage"), 20)
    gate.bot.clock.turn(seconds=30)
    await gate.bot.card(request_id)

    gate.workspace.faults.stage("chat.postMessage", LOST[what])
    gate.bot.clock.turn(minutes=3)  # the first reminder
    await gate.bot.until(lambda: _reminded(gate, request_id))
    gate.bot.clock.turn(seconds=30)
    await gate.told(await gate.press(BOB, request_id))
    await gate.bot.until(lambda: _shows(gate, request_id, "APPLIED"))

    await _one_card(gate, request_id)


async def _reminded(gate: Gate, request_id: str) -> bool:
    gate.bot.clock.turn(seconds=1)  # an attempt that failed is due again a little later
    return "still waits for approval" in await gate.bot.thread(request_id)


@pytest.mark.slow
async def test_a_card_whose_update_was_lost_still_ends_right(gate: Gate) -> None:
    request_id = await gate.asked()
    gate.workspace.faults.stage("chat.update", AnswerLost(), times=2).stage("chat.update", Closed(), times=2)

    await gate.told(await gate.press(BOB, request_id))
    await gate.bot.until_state(request_id, PartState.APPLIED)
    gate.bot.clock.turn(minutes=1)

    await gate.bot.until(lambda: _shows(gate, request_id, "APPLIED"))
    await _one_card(gate, request_id)


async def _decided(gate: Gate) -> bool:
    return bool(await gate.records("decided"))


async def _shows(gate: Gate, request_id: str, words: str) -> bool:
    return words in await gate.bot.shown(request_id)


async def _one_card(gate: Gate, request_id: str) -> None:
    """One card for the request, and no notice twice, as everybody sees the channel."""
    standing = gate.workspace.messages(CHANNEL)
    cards = [m for m in standing if _marks(m).get("request_id") == request_id]
    notes = [_marks(m)["note"] for m in standing if "note" in _marks(m)]
    assert len(cards) == 1
    assert len(notes) == len(set(notes))
    assert len({m.text for m in standing if "note" in _marks(m)}) == len(notes)


def _marks(message: Message) -> dict[str, object]:
    return dict((message.metadata or {}).get("event_payload", {}))
