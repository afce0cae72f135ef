"""What would make a playbook act too much, too late, for the wrong sender or on the wrong pod: nothing comes of it."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from bot.adapters.policy.playbooks import judged
from bot.adapters.slack.commands import Propose
from bot.adapters.slack.form.judging import WAYS
from bot.adapters.slack.grammar import Known, parse
from bot.bootstrap.playbooks import known
from bot.domain.findings import Refusal
from bot.domain.people import Principal
from bot.domain.requests import Mode
from bot.domain.states import PartState
from bot.domain.suggestions import Suggestion
from bot.engine import automatic as storing
from bot.engine import clear as clearing
from bot.engine.acting import act
from bot.engine.automatic import request_of
from bot.engine.propose import Proposal, propose
from bot.sandbox.kubernetes.objects import name_of
from bot.sandbox.scene import ALICE, ALONE, POLICY
from tests.journeys.acting import (
    ANY_RULE,
    WIDE,
    acted,
    applied,
    automatic,
    letting,
    mining,
    outfit,
    refusals,
    silent,
    under_policy,
    until_acted,
    until_refused,
)
from tests.journeys.alerting import every, seen, send
from tests.journeys.gate import held, reached
from tests.journeys.stage import PATIENCE, Stage, in_order, stage

pytestmark = pytest.mark.timeout(120)

MANY = 12


async def suggested(bot: Stage, many: int) -> list[Suggestion]:
    """Wait until so many groups have a plan that could be carried out, and return what is suggested."""

    async def there() -> list[Suggestion] | None:
        found = [one for board in await every(bot) for one in board.suggestions if one.steps[0].plan]
        return found if len(found) == many else None

    return await bot.until(there, lambda: every(bot))


@pytest.mark.parametrize(
    "postgres", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["sqlite", "postgres"]
)
async def test_many_alerts_about_many_pods_keep_two_engines_to_the_rate_together(
    tmp_path: Path, request: pytest.FixtureRequest, postgres: bool
) -> None:
    database = request.getfixturevalue("postgres_url")() if postgres else ""
    file = automatic(tmp_path, per_hour=10, text=ANY_RULE)
    async with stage(tmp_path, policy=WIDE, outfit=outfit(file), database=database) as bot:
        pods = [name_of(body) for body in bot.scene.cluster.add_deployment("payments", "web", MANY)]
        await send(bot, *(mining(bot, pod, rule=f"CryptoMiner{n}") for n, pod in enumerate(pods)))
        made = await suggested(bot, MANY)
        assert not await acted(bot)

        first = under_policy(bot, letting(file, per_hour=3, rules=WIDE))
        second = replace(first)
        done = await asyncio.gather(*(act(engine, one) for one in made for engine in (first, second)))

        assert sum(map(len, done)) == 3
        assert len(await acted(bot)) == 3
        assert set(await refusals(bot)) == {"auto-rate"}
        assert {one.cause.group for one in await acted(bot) if one.cause} <= {one.group_id for one in made}


async def test_the_same_alert_never_has_the_same_done_twice_and_an_undone_act_stops_its_playbook(
    tmp_path: Path,
) -> None:
    file = automatic(tmp_path, per_hour=10, text=ANY_RULE)
    async with stage(tmp_path, policy=letting(file, rules=WIDE), outfit=outfit(file)) as bot:
        first = await applied(bot, mining(bot))
        (one,) = (await seen(bot, lambda board: board.suggestions[0].requests)).suggestions
        assert await act(bot.built.context, one) == (), "its step is marked as taken"
        before = structs.replace(one, steps=tuple(structs.replace(s, request_id="") for s in one.steps))
        assert await act(bot.built.context, before) == (), "also where it was read before that"

        await bot.click(ALICE, first.id, "ir_rollback")
        await bot.until_state(first.id, PartState.ROLLED_BACK)
        await send(bot, mining(bot, bot.scene.incident.siblings[0], rule="CryptoMiner2"))
        await until_refused(bot, "auto-undone", acts=1)


async def test_a_sender_that_the_playbook_does_not_trust_and_one_that_calls_itself_another_have_nothing_done(
    tmp_path: Path,
) -> None:
    file = automatic(tmp_path, source="falco")
    async with stage(tmp_path, policy=letting(file), outfit=outfit(file)) as bot:
        forged = {**mining(bot), "source": "falco"}
        assert await send(bot, forged) == 400, "there is no such member: nobody names the own source"
        labels = {"source": "falco", "alertname": "falco"}
        assert await send(bot, {**mining(bot, number=1), "labels": labels}) == 200
        await until_refused(bot, "auto-source")


async def test_a_source_that_is_no_longer_in_the_settings_has_nothing_done(tmp_path: Path) -> None:
    file = automatic(tmp_path)
    async with stage(tmp_path, policy=POLICY, outfit=outfit(file)) as bot:
        await send(bot, mining(bot))
        (one,) = await suggested(bot, 1)
        engine = replace(under_policy(bot, letting(file)), alert_sources=frozenset({"another"}))
        assert await act(engine, one) == ()
        await until_refused(bot, "auto-source")


async def test_a_playbook_that_was_changed_between_the_suggestion_and_the_act_does_nothing(
    tmp_path: Path,
) -> None:
    file = automatic(tmp_path)
    async with stage(tmp_path, policy=POLICY, outfit=outfit(file)) as bot:
        await send(bot, mining(bot))
        (one,) = await suggested(bot, 1)
        other = automatic(tmp_path, per_hour=9)
        with judged(known([str(other)])) as read_again:
            engine = replace(under_policy(bot, letting(other)), playbooks=read_again)
            assert await act(engine, one) == ()
        await until_refused(bot, "auto-changed")


PROTECTED = WIDE + "protected: {pods: [payments/*]}\n"


async def test_a_protected_pod_is_never_touched_also_where_it_became_protected_in_between(
    tmp_path: Path,
) -> None:
    file = automatic(tmp_path)
    async with stage(tmp_path, policy=POLICY, outfit=outfit(file)) as bot:
        await send(bot, mining(bot))
        (one,) = await suggested(bot, 1)
        assert await act(under_policy(bot, letting(file, rules=PROTECTED)), one) == ()
        await until_refused(bot, "target-protected")


async def test_a_pod_that_another_took_the_place_of_before_the_write_is_left_alone_and_people_are_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = automatic(tmp_path)
    async with stage(tmp_path, policy=letting(file, rules=WIDE), outfit=outfit(file)) as bot:
        bot.scene.cluster.add_stateful_set("payments", "ledger", 3)

        def meanwhile(*given: Any) -> Any:
            bot.scene.cluster.recreate_pod("payments", "ledger-0")
            return request_of(*given)

        monkeypatch.setattr("bot.engine.acting.request_of", meanwhile)
        await send(bot, mining(bot, "ledger-0"))
        request = await until_acted(bot)
        (row,) = await bot.until_state(request.id, PartState.FAILED)
        assert "Things changed since it was asked for" in row.trouble
        assert not bot.scene.cluster.journal.writes()
        said = await bot.until_said(request.id, f"{request.id} was not done")
        assert "<!subteam^S0SECURITY>" in said
        assert (await bot.request(request.id)).review is None


async def test_a_death_before_it_is_stored_leaves_nothing_and_one_after_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = automatic(tmp_path)
    async with stage(tmp_path, policy=letting(file), outfit=outfit(file)) as bot:
        with monkeypatch.context() as dying:
            tried = asyncio.Event()

            async def died(*_: Any) -> None:
                tried.set()
                raise RuntimeError("died in the middle")

            dying.setattr(storing, "alarm", died)
            await send(bot, mining(bot))
            async with asyncio.timeout(PATIENCE):
                await tried.wait()
            assert not await acted(bot)
            assert "decided:auto" not in await bot.story()
        async with held(bot, "create", "networkpolicies") as gate:
            (one,) = await suggested(bot, 1)
            (done,) = await act(bot.built.context, one)
            await reached(gate)
            gate.open()
            await bot.restart()
        await bot.until_state(done, PartState.APPLIED)
        assert len(await acted(bot)) == 1
        assert in_order(await bot.story(done), "decided:auto", "intent", "result:accepted")


async def test_a_policy_that_no_longer_lets_it_stops_what_was_decided_and_not_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = automatic(tmp_path)
    async with stage(tmp_path, policy=letting(file), outfit=outfit(file)) as bot:
        with monkeypatch.context() as away:
            away.setattr(clearing, "make_plan", silent)
            await send(bot, mining(bot))
            request = await until_acted(bot)
            await bot.stop()
        bot.scene.policy_file.write_text(POLICY, encoding="utf-8")
        await bot.start()
        (row,) = await bot.until_state(request.id, PartState.FAILED)
        assert "no longer lets miner act by itself" in row.trouble
        assert not bot.scene.cluster.journal.writes()


async def test_nobody_can_ask_for_something_in_the_name_of_a_playbook(tmp_path: Path) -> None:
    async with stage(tmp_path, policy=letting(automatic(tmp_path), rules=POLICY + ALONE)) as bot:
        pod = f"payments/{bot.scene.incident.pod}"
        said = await bot.ask(ALICE, f"quarantine {pod} auto because I say so")
        assert "Asked as" not in said
        found = parse(f"quarantine {pod} because I say so", Known(("prod",)))
        assert isinstance(found, Propose)
        alice = Principal("T0HOST", ALICE)
        reply = await propose(bot.built.context, Proposal(alice, found.action, mode=Mode.AUTO), "command:1")
        assert isinstance(reply, Refusal)
        assert reply.code == "auto-off"
        assert Mode.AUTO.value not in WAYS
        async with bot.built.context.store.begin() as tx:
            assert not await tx.requests.recent(open_only=False, limit=5)
