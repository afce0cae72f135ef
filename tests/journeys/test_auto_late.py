"""What comes between a playbook's decision and its first write, and what was done before it: then it leaves it alone."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.slack.board.marks import DISMISS
from bot.adapters.slack.form import ids
from bot.domain.people import Principal
from bot.domain.requests import Request
from bot.domain.states import PartState
from bot.engine import acting, lookups
from bot.engine import clear as clearing
from bot.engine.planning import plan
from bot.sandbox.kubernetes.objects import name_of
from bot.sandbox.scene import ALICE, BOB, CARA, POLICY
from tests.journeys.acting import (
    ANY_RULE,
    BLOCKING,
    WIDE,
    applied,
    automatic,
    letting,
    mining,
    muted,
    outfit,
    refusals,
    silent,
    until_acted,
    until_refused,
)
from tests.journeys.alerting import card, every, pressed, seen, send, thing
from tests.journeys.firewall import ADDRESS, entries
from tests.journeys.stage import Stage, stage
from tests.journeys.test_block_journey import AT_ONCE
from tests.journeys.test_tightened_policy import under

pytestmark = pytest.mark.timeout(120)


async def hours_later(bot: Stage, _: Request) -> None:
    """Have the bot be down for longer than an alert is worth."""
    await bot.stop()
    bot.clock.turn(hours=9)
    await bot.start()


async def resolved(bot: Stage, _: Request) -> None:
    """Have its sender say that it is over; another of the group goes on."""
    last = (await every(bot))[0].group.newest
    over = mining(bot, number=0, started=last.started.isoformat())
    sibling = mining(bot, bot.scene.incident.siblings[0], number=1)
    await send(bot, sibling, {**over, "status": "resolved"})
    await seen(bot, lambda board: board.group.resolved and board.group.firing)


async def dismissed(bot: Stage, _: Request) -> None:
    """Have somebody say that it is not wanted."""
    form = await pressed(bot, BOB, await seen(bot), DISMISS, ids.DISMISS)
    await bot.scene.workspace.submit_view(BOB, form.id, {"reason": {"text": "our load test"}})
    await seen(bot, lambda board: not board.suggestions[0].open)


async def undone(bot: Stage, first: Request) -> None:
    """Have somebody undo another thing that the playbook did."""
    await bot.click(ALICE, first.id, "ir_rollback")
    await bot.until_state(first.id, PartState.ROLLED_BACK)


@pytest.mark.parametrize(
    ("meanwhile", "why"),
    [
        (hours_later, "decided more than ten minutes ago"),
        (resolved, "no alert that names it fires any more"),
        (muted, "the rule was muted"),
        (dismissed, "that it is not wanted"),
    ],
)
async def test_what_was_decided_is_not_begun_once_it_is_late_over_or_not_wanted(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    meanwhile: Callable[[Stage, Request], Awaitable[None]],
    why: str,
) -> None:
    file = automatic(tmp_path)
    async with stage(tmp_path, policy=letting(file, rules=WIDE), outfit=outfit(file)) as bot:
        with monkeypatch.context() as away:
            away.setattr(clearing, "make_plan", silent)
            await send(bot, mining(bot))
            request = await until_acted(bot)
            await meanwhile(bot, request)
        bot.clock.turn(minutes=2)
        (row,) = await bot.until_state(request.id, PartState.FAILED, PartState.APPLIED)
        assert why in row.trouble
        assert not bot.scene.cluster.journal.writes()
        assert "<!subteam^S0SECURITY>" in await bot.until_said(request.id, f"{request.id} was not done")
        assert (await bot.request(request.id)).review is None


async def test_an_act_that_a_person_undoes_stops_what_the_same_playbook_has_decided_and_not_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = automatic(tmp_path, per_hour=10, text=ANY_RULE)
    async with stage(tmp_path, policy=letting(file, rules=WIDE), outfit=outfit(file)) as bot:
        first = await applied(bot, mining(bot))
        with monkeypatch.context() as away:
            away.setattr(clearing, "make_plan", silent)
            await send(bot, mining(bot, bot.scene.incident.siblings[0], rule="CryptoMiner2"))
            second = await until_acted(bot, besides=first.id)
            await undone(bot, first)
        bot.clock.turn(minutes=2)
        (row,) = await bot.until_state(second.id, PartState.FAILED, PartState.APPLIED)
        assert "a person undid what miner had done" in row.trouble


async def test_an_act_that_is_undone_a_day_later_stops_its_playbook_from_then_on(tmp_path: Path) -> None:
    file = automatic(tmp_path, per_hour=10, text=ANY_RULE)
    async with stage(tmp_path, policy=letting(file, rules=WIDE), outfit=outfit(file)) as bot:
        first = await applied(bot, mining(bot))
        bot.clock.turn(hours=25)
        await bot.ask(BOB, f"rollback {first.id} because it is the load test")
        await bot.until_state(first.id, PartState.ROLLED_BACK)
        began = datetime.now(UTC) + timedelta(hours=25)  # noqa: TID251 - the sender's clock was turned, too
        await send(bot, mining(bot, rule="CryptoMiner2", started=began.isoformat()))
        await until_refused(bot, "auto-undone", acts=1)


async def test_an_address_of_which_nobody_could_say_whose_it_is_is_not_blocked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "LONGEST", timedelta(0))
    file = automatic(tmp_path, text=BLOCKING)
    async with stage(tmp_path, policy=letting(file), outfit=outfit(file), behaviour=AT_ONCE) as bot:
        await send(bot, mining(bot, subjects=[thing("address", ADDRESS, role="destination")]))
        await until_refused(bot, "auto-unknown")
        assert entries(bot) == set()


async def test_an_address_of_the_cluster_itself_is_not_blocked_though_the_suggestion_did_not_know_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unsaid(*_: object) -> None:
        return None

    monkeypatch.setattr("bot.engine.suggesting.looked_up", unsaid)
    file = automatic(tmp_path, text=BLOCKING)
    async with stage(tmp_path, policy=letting(file), outfit=outfit(file), behaviour=AT_ONCE) as bot:
        await send(bot, mining(bot, subjects=[thing("address", "10.96.0.10", role="destination")]))
        await until_refused(bot, "address-ours")
        assert entries(bot) == set()


async def test_a_pod_that_took_the_place_of_the_one_that_was_alerted_is_left_to_people_who_are_told(
    tmp_path: Path,
) -> None:
    file = automatic(tmp_path)
    async with stage(tmp_path, policy=letting(file, rules=WIDE), outfit=outfit(file)) as bot:
        bot.scene.cluster.add_stateful_set("payments", "ledger", 3)
        bot.scene.cluster.recreate_pod("payments", "ledger-0")
        began = datetime.now(UTC) - timedelta(minutes=8)  # noqa: TID251 - the sender's own clock
        await send(bot, mining(bot, "ledger-0", started=began.isoformat()))
        await until_refused(bot, "auto-replaced")
        board = await seen(bot, lambda found: found.suggestions)
        made = board.suggestions[0].steps[0].plan
        assert made is not None
        assert [each.subject for each in made.warnings if each.code == "pod-replaced"] == [
            "payments/ledger-0"
        ]
        await card(bot, board, "payments/ledger-0 was made after the alert began")


async def test_a_storm_costs_no_plans_and_no_questions_to_slack_once_the_rate_is_spent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans, asked = [0], [0]

    def counting(of: Callable[..., Awaitable[object]], count: list[int]) -> Callable[..., Awaitable[object]]:
        async def counted(*given: object) -> object:
            count[0] += 1
            return await of(*given)

        return counted

    monkeypatch.setattr("bot.engine.acting.make_plan", counting(plan, plans))
    monkeypatch.setattr("bot.engine.acting._reviewers", counting(acting._reviewers, asked))
    file = automatic(tmp_path, per_hour=1, text=ANY_RULE)
    async with stage(tmp_path, policy=letting(file, per_hour=1, rules=WIDE), outfit=outfit(file)) as bot:
        await send(bot, mining(bot))
        await until_acted(bot)
        assert (plans, asked) == ([1], [1])
        pods = [name_of(body) for body in bot.scene.cluster.add_deployment("payments", "web", 5)]
        await send(bot, *(mining(bot, pod, rule=f"CryptoMiner{n}") for n, pod in enumerate(pods)))

        async def refused() -> bool:
            return len(await refusals(bot)) == len(pods)

        await bot.until(refused, lambda: refusals(bot))
        assert set(await refusals(bot)) == {"auto-rate"}
        assert (plans, asked) == ([1], [1])


async def test_the_next_pod_of_a_group_has_a_plan_of_its_own_once_the_first_is_cut(tmp_path: Path) -> None:
    file = automatic(tmp_path, per_hour=10)
    async with stage(tmp_path, policy=letting(file, rules=WIDE), outfit=outfit(file)) as bot:
        cast = bot.scene.incident
        first = await applied(bot, mining(bot))
        await send(bot, mining(bot, cast.siblings[0], number=1))
        bot.clock.turn(seconds=40)
        second = await until_acted(bot, besides=first.id)
        await bot.until_state(second.id, PartState.APPLIED)
        assert [part.target.name for part in second.plan.parts] == [cast.siblings[0]]
        board = await seen(bot, lambda found: len(found.resolved) == 2)
        (line,) = [each for each in board.resolved if each.subject.name == cast.pod]
        assert (line.held, line.loose, first.id in line.text) == (first.id, "", True)


async def test_the_next_address_of_a_group_is_blocked_by_itself_once_the_first_is(tmp_path: Path) -> None:
    file = automatic(tmp_path, per_hour=10, text=BLOCKING)
    async with stage(tmp_path, policy=letting(file), outfit=outfit(file), behaviour=AT_ONCE) as bot:
        first = await applied(bot, mining(bot, subjects=[thing("address", ADDRESS, role="destination")]))
        other = thing("address", "203.0.113.8", role="destination")
        await send(bot, mining(bot, subjects=[other], number=1))
        bot.clock.turn(seconds=40)
        second = await until_acted(bot, besides=first.id)
        await bot.until_state(second.id, PartState.APPLIED)
        assert [part.target.name for part in second.plan.parts] == ["203.0.113.8"]
        assert entries(bot) == {ADDRESS, "203.0.113.8"}
        board = await seen(bot, lambda found: len(found.resolved) == 2)
        assert f"applied by {first.id}, which is not proven; " in str(board.resolved)


async def test_a_pod_that_took_the_place_of_one_that_is_cut_is_not_taken_for_cut(tmp_path: Path) -> None:
    file = automatic(tmp_path, per_hour=1)
    async with stage(tmp_path, policy=letting(file, rules=WIDE), outfit=outfit(file)) as bot:
        bot.scene.cluster.add_stateful_set("payments", "ledger", 3)
        await applied(bot, mining(bot, "ledger-0"))
        bot.scene.cluster.recreate_pod("payments", "ledger-0")
        await send(bot, mining(bot, "ledger-1", number=1))
        bot.clock.turn(seconds=40)
        board = await seen(bot, lambda found: len(found.resolved) == 2)
        assert [each.held for each in board.resolved] == ["", ""]
        assert '"ledger-0","ledger-1"' in str(board.suggestions[0].steps[0].parameters)


async def test_who_extends_what_a_playbook_did_holds_it_and_going_further_takes_somebody_else(
    tmp_path: Path,
) -> None:
    file = automatic(tmp_path)
    async with stage(tmp_path, policy=letting(file), outfit=outfit(file)) as bot:
        request = await applied(bot, mining(bot))
        assert "nobody holds it yet" in await bot.ask(BOB, f"extend {request.id} 3h")
        assert "You hold it from now on" in await bot.ask(BOB, f"extend {request.id} 20m")
        assert (await bot.request(request.id)).held_by == Principal("T0HOST", BOB)
        await bot.until_shown(request.id, f"*Held by* <@{BOB}>")
        assert "somebody else must agree" in await bot.ask(BOB, f"extend {request.id} 3h")
        said = await bot.ask(CARA, f"extend {request.id} 3h")
        assert "now lasts until" in said
        assert "You hold it" not in said


async def test_a_review_that_is_open_can_be_signed_also_once_the_policy_has_no_auto_any_more(
    tmp_path: Path,
) -> None:
    file = automatic(tmp_path)
    async with stage(tmp_path, policy=letting(file), outfit=outfit(file)) as bot:
        request = await applied(bot, mining(bot))
        await under(bot, POLICY)
        bot.clock.turn(minutes=31)
        said = await bot.until_said(request.id, "nobody has signed it off")
        assert "<!subteam^S0SECURITY>" in said
        assert "is recorded" in await bot.ask(BOB, f"review {request.id} because its flows were mining")
        assert "is signed off" in await bot.ask(CARA, f"review {request.id} because it was mining")
