"""Evidence is captured while people think, waits for nobody, and is handed over by the book."""

import argparse
import asyncio
import json
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import update

from bot.adapters.store.tables import evidence_contents
from bot.bootstrap.evidence import get
from bot.domain.evidence import Capture, CaptureState, ItemKind
from bot.domain.states import PartState
from bot.engine.handing import Parcel
from bot.ports import Note
from bot.sandbox.kubernetes.faults import Match, Slow
from bot.sandbox.scene import ALICE, BOB, DAN
from bot.sandbox.slack.files import File
from tests.journeys.stage import Stage, in_order, stage

LOG = Match(verb="get", resource="pods", subresource="log")


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path) as made:
        yield made


async def ask(bot: Stage) -> str:
    cast = bot.scene.incident
    words = f"quarantine prod/{cast.namespace}/{cast.pod} for 4h because beaconing"
    return await bot.propose(ALICE, words)


async def captures(bot: Stage, request_id: str) -> tuple[Capture, ...]:
    async with bot.built.context.store.begin() as tx:
        return await tx.captures.of(request_id)


async def until_captured(bot: Stage, request_id: str) -> Capture:
    async def ended() -> Capture | None:
        (found,) = await captures(bot, request_id)
        return None if found.running else found

    return await bot.until(ended)


async def until_sent(bot: Stage, count: int = 1) -> list[File]:
    async def shared() -> list[File] | None:
        files = [file for file in bot.scene.workspace.files.values() if file.channel]
        return files if len(files) >= count else None

    return await bot.until(shared)


async def test_it_is_complete_before_anybody_has_decided(bot: Stage) -> None:
    request_id = await ask(bot)
    done = await until_captured(bot, request_id)
    assert done.state is CaptureState.COMPLETE
    kinds = [item.kind for item in done.items]
    assert kinds.count(ItemKind.OWNER) == 2
    assert {ItemKind.MANIFEST, ItemKind.LOG, ItemKind.EVENTS, ItemKind.POLICIES, ItemKind.NODE} <= set(kinds)
    await bot.until_shown(request_id, f"Evidence: {len(kinds)} of {len(kinds)} captured")
    assert (await bot.rows(request_id))[0].state is PartState.PROPOSED
    story = await bot.story(request_id)
    assert in_order(story, "command", "plan_shown", "evidence:captured")


async def test_the_list_is_told_to_readers_and_an_item_comes_masked_by_direct_message(bot: Stage) -> None:
    request_id = await ask(bot)
    done = await until_captured(bot, request_id)
    told = await bot.ask(ALICE, f"evidence {request_id}")
    assert "logs of app" in told
    assert done.items[0].sha256[:12] in told
    number = next(n for n, item in enumerate(done.items, 1) if item.kind is ItemKind.LOG)
    said = await bot.ask(ALICE, f"evidence {request_id} {number}")
    assert "direct message" in said
    (file,) = await until_sent(bot)
    assert file.content is not None
    assert b"established" in file.content
    assert b"not-a-real-one" not in file.content
    channel = bot.scene.workspace.world.channels[file.channel]
    assert channel.im_user == ALICE
    assert file.name == f"{request_id}.0-shown-log-app.txt.bin"
    assert in_order(await bot.story(request_id), "evidence_access:displayed")


async def test_the_original_is_for_those_whom_the_policy_names_and_for_nobody_else(bot: Stage) -> None:
    request_id = await ask(bot)
    done = await until_captured(bot, request_id)
    number = next(n for n, item in enumerate(done.items, 1) if item.kind is ItemKind.LOG)
    said = await bot.ask(ALICE, f"evidence {request_id} {number} original")
    assert "Refused" in said
    assert "original evidence" in said
    stranger = await bot.ask(DAN, f"evidence {request_id}")
    assert "Refused" in stranger
    assert not bot.scene.workspace.files
    await bot.ask(BOB, f"evidence {request_id} {number} original")
    (file,) = await until_sent(bot)
    assert file.content is not None
    assert b"password=not-a-real-one" in file.content
    assert sha256(file.content).hexdigest() == done.items[number - 1].sha256
    story = await bot.story(request_id)
    assert story.count("evidence_access:original") == 1


async def test_what_is_asked_wrongly_is_answered_with_what_to_do(bot: Stage) -> None:
    request_id = await ask(bot)
    await until_captured(bot, request_id)
    assert "/ir evidence" in await bot.ask(ALICE, f"evidence {request_id} 99")
    assert "not the number" in await bot.ask(ALICE, f"evidence {request_id} all")
    assert "no request" in await bot.ask(ALICE, "evidence FB-ZZZZZ")


async def test_a_log_that_hangs_holds_up_the_containment_for_its_limit_and_no_longer(bot: Stage) -> None:
    cluster = bot.scene.cluster
    cluster.faults.arm(Slow(3600), LOG, times=None)
    request_id = await ask(bot)
    await bot.approve(BOB, request_id)
    await bot.until(lambda: _asked_for_logs(bot))
    (row,) = await bot.rows(request_id)
    assert row.state is PartState.APPROVED
    assert (await captures(bot, request_id))[0].running
    bot.clock.turn(seconds=9)
    bot.built.context.store.woke()
    (row,) = await bot.rows(request_id)
    assert row.state is PartState.APPROVED
    bot.clock.turn(seconds=1.5)
    await bot.until_state(request_id, PartState.APPLIED)
    await bot.until_said(request_id, "Evidence incomplete")
    assert in_order(
        await bot.story(request_id), "decided:approve", "evidence:incomplete", "intent", "result:accepted"
    )


async def _asked_for_logs(bot: Stage) -> bool:
    (found,) = await captures(bot, (await _only(bot)))
    return found.attempts > 0


async def _only(bot: Stage) -> str:
    async with bot.built.context.store.begin() as tx:
        (request,) = await tx.requests.recent(open_only=False, limit=1)
    return request.id


async def test_an_approval_that_comes_first_starts_as_soon_as_the_capture_ends(bot: Stage) -> None:
    release = bot.scene.cluster.faults.arm(Slow(1), LOG, times=1)
    request_id = await ask(bot)
    await bot.approve(BOB, request_id)
    await bot.until_state(request_id, PartState.APPLIED)
    release()
    story = await bot.story(request_id)
    assert in_order(story, "evidence:captured", "intent")
    assert "evidence:incomplete" not in story


async def test_a_vault_that_fails_never_stops_a_containment_and_says_so(
    bot: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    evidence = bot.built.context.evidence
    assert evidence is not None

    async def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bot.built.store.shelf, "put", full)
    request_id = await ask(bot)
    await bot.approve(BOB, request_id)
    bot.clock.turn(seconds=11)
    await bot.until_state(request_id, PartState.APPLIED)
    await bot.until_said(request_id, "Evidence incomplete")

    async def failed() -> bool:
        bot.clock.turn(minutes=5)
        return (await captures(bot, request_id))[0].state is CaptureState.FAILED

    await bot.until(failed)
    assert "evidence:capture-failed" in await bot.story(request_id)


async def test_a_row_that_somebody_wrote_hands_nothing_to_who_may_not_have_it(bot: Stage) -> None:
    request_id = await ask(bot)
    done = await until_captured(bot, request_id)
    parcel = Parcel(done.id, done.items[0], original=True)
    team = bot.scene.workspace.world.team
    async with bot.built.store.begin() as tx:  # as whoever can write to the database would
        document = msgspec.json.encode(parcel).decode()
        await tx.outbox.put(
            Note(topic="x", kind="evidence", text="x", document=document, to=f"{team}:{ALICE}")
        )

    async def refused() -> bool:
        return "refusal:not-a-member" in await bot.story()

    await bot.until(refused)
    assert not bot.scene.workspace.files


async def test_tampered_evidence_is_told_and_does_not_leave(bot: Stage) -> None:
    request_id = await ask(bot)
    done = await until_captured(bot, request_id)
    async with bot.built.store.working() as work:
        await work.run(update(evidence_contents).values(bytes=b"FBEV1\n" + b"0" * 200), {})
    await bot.ask(BOB, f"evidence {request_id} 1 original")

    async def told() -> bool:
        story = await bot.story(request_id)
        everything = await bot.story()
        return "evidence_access:original" in story and "refusal:evidence-not-sound" in everything

    await bot.until(told)
    assert not bot.scene.workspace.files
    assert done.items


async def test_a_restart_takes_up_what_was_under_way_and_leaves_no_orphan(bot: Stage) -> None:
    bot.scene.cluster.faults.arm(Slow(3600), LOG, times=None)
    request_id = await ask(bot)
    await bot.until(lambda: _asked_for_logs(bot))
    await bot.stop()
    bot.scene.cluster.faults.clear()
    await bot.start()
    done = await until_captured(bot, request_id)
    assert done.state is CaptureState.COMPLETE
    assert done.attempts == 2
    async with bot.built.store.working() as work:
        rows = await work.rows(evidence_contents.select())
    assert {row.place for row in rows} == {item.place for item in done.kept}


async def test_after_its_time_the_evidence_of_a_request_that_is_over_is_erased_and_recorded(
    bot: Stage,
) -> None:
    request_id = await ask(bot)
    await until_captured(bot, request_id)
    await bot.ask(BOB, f"deny {request_id} because not an attack")
    await bot.until_state(request_id, PartState.DENIED)
    assert (await captures(bot, request_id))[0].state is CaptureState.COMPLETE
    bot.clock.turn(days=91)
    await bot.restart()

    async def erased() -> bool:
        return (await captures(bot, request_id))[0].state is CaptureState.ERASED

    await bot.until(erased)
    async with bot.built.store.working() as work:
        assert not await work.rows(evidence_contents.select())
    assert "erased:evidence" in await bot.story(request_id)
    assert "erased" in await bot.ask(ALICE, f"evidence {request_id}")


async def test_an_operator_takes_the_originals_out_and_that_is_recorded(
    bot: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = await ask(bot)
    done = await until_captured(bot, request_id)
    await bot.stop()
    monkeypatch.setattr("bot.bootstrap.evidence.load_settings", lambda _: bot.settings)
    out = tmp_path / "case"
    given = argparse.Namespace(settings=None, request=request_id, out=out)
    assert await get(given) == 0
    written = {sha256(path.read_bytes()).hexdigest() for path in await asyncio.to_thread(_files, out)}
    assert written == {item.sha256 for item in done.kept}
    await bot.start()
    assert "evidence_access:original" in await bot.story(request_id)


def _files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_the_record_carries_the_hash_of_every_original(bot: Stage) -> None:
    request_id = await ask(bot)
    done = await until_captured(bot, request_id)
    body = await _record(bot, "evidence")
    kept = {item["sha256"] for item in body["details"]["items"] if "sha256" in item}
    assert kept == {item.sha256 for item in done.kept}
    assert await bot.story(request_id)


async def _record(bot: Stage, event: str) -> dict[str, dict[str, list[dict[str, str]]]]:
    from bot.adapters.store.reading import read_log

    async with read_log(bot.settings.database) as log:
        async for rows, _ in log.batches():
            for _, body, _ in rows:
                record = json.loads(body or b"{}")
                if record["event"] == event:
                    return dict(record)
    raise AssertionError(f"no record of {event}")
