"""Rows survive: a crash, a fault, a hostile payload, a shared channel, silence from Slack."""

import asyncio
from typing import Any

import pytest

from bot.adapters.slack import answers, inquiry, pump
from bot.adapters.slack.answers import Inbound
from bot.sandbox.slack import Hang, Refused
from tests.adapters.slack.office import FIRST, Office


async def put(office: Office, key: str = "command:1", **fields: Any) -> None:
    """Write a row as the front door does."""
    whole = {"kind": answers.COMMAND, "user": "U0ALICE", "channel": "C0IR", "text": "whoami", **fields}
    made = Inbound(**whole)
    assert await office.store.doorway.accept(key, made.kind, answers.encoded(made))


async def done(office: Office, key: str = "command:1") -> bool:
    row = await office.store.doorway.get(key)
    assert row is not None
    return row.done


async def until_done(office: Office, key: str = "command:1") -> None:
    while not await done(office, key):
        await office.store.wait(0.01)


async def test_a_command_is_carried_out_as_the_person_whom_slack_names(either: Office) -> None:
    answer = await either.workspace.slash("U0ALICE", "C0IR", "/ir whoami")
    await either.work()

    assert "T0HOST" in answer.said
    assert [m.via for m in answer.ephemerals] == ["response_url"]
    assert (await either.records())[-1]["actor"]["id"] == "T0HOST:U0ALICE"


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        ("list", "read"),
        ("status", "read"),
        (f"status {FIRST}", "read"),
        (f"approve {FIRST} {'a' * 12}", "outdated-plan"),
        (f"deny {FIRST} because wrong", "cancel"),
        (f"extend {FIRST} 1h", "nothing-to-extend"),
        (f"rollback {FIRST} because done", "nothing-to-do"),
        (f"adopt {FIRST}", "nothing-to-do"),
        (f"reapply {FIRST}", "nothing-to-do"),
        (f"recheck {FIRST}", "nothing-to-recheck"),
        ("deny FB-9Z9Z9 because wrong", "no-such-request"),
    ],
)
async def test_every_command_reaches_its_use_case(office: Office, line: str, outcome: str) -> None:
    await office.ask()
    await put(office, text=line)
    await office.pump.turn()
    await office.pump.settle()

    assert (await office.outcomes())[-1] == outcome
    assert await done(office)


async def test_asking_for_a_containment_is_planned_and_refused_where_nothing_answers(office: Office) -> None:
    for key, line in (
        ("command:1", "quarantine payments/api-1"),
        ("command:2", "plan quarantine payments/api-1"),
    ):
        await put(office, key, text=line)
    await office.work()

    assert [r["event"] for r in await office.records()] == ["refusal", "refusal"]


async def test_a_row_left_by_a_killed_process_is_carried_out_by_the_next(office: Office) -> None:
    office.workspace.faults.stage("users.info", Hang(10), times=1)
    await put(office)
    await office.pump.turn()
    await office.workspace.until(lambda: office.workspace.calls("users.info"))
    await office.pump._drop()  # as kill -9: nothing is told to anybody
    left = await done(office)
    office.pump = office.new_pump()
    before = await office.pump.turn()
    office.turned.now += pump.LEASE.total_seconds()
    await office.work()

    assert (left, before) == (False, 0)
    assert await done(office)
    assert await office.outcomes() == ["read"]


async def test_a_running_pump_stops_when_told_and_ends_what_it_began(office: Office) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(office.pump.run(stop))
    await put(office)
    await until_done(office)
    stop.set()
    office.store.woke()
    await running

    assert await office.outcomes() == ["read"]


async def test_a_cancelled_pump_leaves_no_task(office: Office) -> None:
    office.workspace.faults.stage("users.info", Hang(1000))
    running = asyncio.create_task(office.pump.run(asyncio.Event()))
    await put(office)
    await office.workspace.until(lambda: office.workspace.calls("users.info"))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert not office.pump._running


async def test_a_row_that_keeps_failing_is_answered_and_recorded_and_stops_nobody(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[str] = []

    async def failing(desk: Any, row: Any) -> None:
        tries.append(row.key)
        if row.key == "command:1":
            raise RuntimeError("a fault of ours")
        await inquiry.act(desk, row)

    monkeypatch.setattr(pump, "act", failing)
    await put(office)
    await put(office, "command:2")
    await office.work()

    assert tries.count("command:1") == 5
    assert sorted(await office.outcomes()) == ["internal-error", "read"]
    assert await done(office)
    said = " ".join(m.text for m in office.workspace.messages("C0IR", ephemeral=True))
    assert "inside Firebreak" in said


async def test_a_row_that_kills_the_process_again_and_again_is_given_up(office: Office) -> None:
    await put(office)
    for _ in range(pump.MOST_TAKES):
        await office.store.doorway.take("dead", pump.LEASE, 1)
        office.turned.now += pump.LEASE.total_seconds()
    await office.work()

    assert await office.outcomes() == ["internal-error"]


@pytest.mark.parametrize("payload", [b"", b"{", b"\xff", b"[]", b'{"kind":5}', b"{}"])
async def test_a_malformed_row_ends_and_the_others_go_on(office: Office, payload: bytes) -> None:
    before = office.turned.now
    assert await office.store.doorway.accept("command:0", "command", payload)
    await put(office)
    await office.work()

    assert sorted(await office.outcomes()) == ["internal-error", "no_origin", "read"]
    assert await done(office, "command:0")
    assert office.turned.now == before  # it was not tried again


async def test_when_slack_does_not_say_who_it_is_nobody_acts(office: Office) -> None:
    office.workspace.faults.stage("users.info", Refused("user_not_found"), times=9)
    await put(office, text=f"rollback {FIRST}")
    await office.work()

    (record,) = await office.records()
    assert (record["outcome"], record["actor"]["type"], record["details"]["user"]) == (
        "person-unknown",
        "bot",
        "U0ALICE",
    )


async def test_a_stranger_typing_a_command_is_refused_as_one(office: Office) -> None:
    await put(office, user="U0STRANGER", text="list")
    await office.work()

    (record, *_) = await office.records()
    assert (record["outcome"], record["actor"]["id"]) == ("person-foreign-team", "T0OTHER:U0STRANGER")


@pytest.mark.parametrize("flag", ["ext_shared", "pending_ext_shared"])
async def test_a_command_in_a_channel_that_strangers_share_is_refused(either: Office, flag: str) -> None:
    either.workspace.world.change_channel("C0IR", **{flag: True})
    answer = await either.workspace.slash("U0ALICE", "C0IR", "/ir list")
    await either.work()

    assert await either.outcomes() == ["channel-shared"]
    assert "shared with another organisation" in answer.said


async def test_a_stranger_in_a_shared_channel_is_refused_as_a_stranger(office: Office) -> None:
    office.workspace.world.share("C0IR", "T0OTHER")
    await put(office, user="U0STRANGER", text="list")
    await office.work()

    assert (await office.outcomes())[0] == "person-foreign-team"


async def test_a_command_in_a_direct_conversation_is_fine(office: Office) -> None:
    await put(office, channel="D0U0ALICE")
    await office.work()

    assert "read" in await office.outcomes()


async def test_a_shortcut_that_nobody_offers_is_refused(office: Office) -> None:
    await put(office, "shortcut:1", kind=answers.SHORTCUT, team="T0HOST", name="x", text="")
    await office.work()

    assert await office.outcomes() == ["forged-click"]


async def test_a_slow_row_holds_nobody_up(office: Office) -> None:
    office.workspace.faults.stage("users.info", Hang(1000), when=lambda args: args["user"] == "U0BOB")
    await put(office, user="U0BOB")
    await put(office, "command:2")
    await office.pump.turn()
    await until_done(office, "command:2")
    slow = await done(office)
    await office.pump._drop()

    assert slow is False
