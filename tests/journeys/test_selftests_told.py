"""What is told of self-tests: how often, for how long, which rights they lack; and what becomes of others' doings."""

import asyncio
from pathlib import Path

import msgspec

from bot.domain.selftests import Outcome, SelfTest, listeners
from bot.sandbox.kubernetes.access import Rule, User
from bot.sandbox.kubernetes.objects import name_of
from bot.sandbox.kubernetes.patches import merge
from bot.sandbox.kubernetes.resources import NODES, PODS
from bot.sandbox.scene import ALICE, CHANNEL, TOKEN
from tests.journeys.stage import Stage
from tests.journeys.test_misfortunes_before import suspect
from tests.journeys.test_selftests import IMAGE, SPACE, World, bot_with_tests, ended, left, small_world

FAILED = "the last self-test of prod under Calico failed on node"


def nodes(world: World) -> list[str]:
    """Return the nodes of the cluster by their names."""
    return sorted(name_of(node) for node in world.staged.cluster.registry.store.each(NODES))


def said(bot: Stage, words: str) -> int:
    """Count what was said with these words."""
    return sum(words in message.text for message in bot.scene.workspace.messages(CHANNEL))


async def test_what_fails_again_is_not_told_again_and_that_it_passes_again_is(tmp_path: Path) -> None:
    async with bot_with_tests(tmp_path, enforces=False, every=600) as bot:
        cluster = bot.scene.cluster
        (first,) = await ended(bot)
        others = [node for node in map(name_of, cluster.registry.store.each(NODES)) if node != first.node]
        for node in others:
            cluster.remove(NODES, "", node)
        bot.clock.turn(minutes=11)
        await ended(bot, 2)
        bot.scene.kubelet.enforces = True
        bot.clock.turn(minutes=11)
        (passed, again, _) = await ended(bot, 3)
        assert (passed.outcome, again.outcome) == (Outcome.PASSED, Outcome.FAILED)

        await bot.until(lambda: _heard(bot, f"prod passed again on node {first.node}"))
        assert said(bot, "THE SELF-TEST OF prod FAILED") == 1


async def _heard(bot: Stage, words: str) -> bool:
    return said(bot, words) == 1


async def test_one_that_failed_on_a_node_that_is_gone_warns_nobody(tmp_path: Path) -> None:
    async with bot_with_tests(tmp_path, enforces=False, every=600) as bot:
        await ended(bot)
        bot.clock.turn(minutes=11)
        gone, there = await ended(bot, 2)
        wanted = f"quarantine {suspect(bot)} for 4h because"
        first = await bot.propose(ALICE, f"{wanted} beaconing")
        await bot.until_shown(first, f"{FAILED} {gone.node}", f"{FAILED} {there.node}")

        bot.scene.cluster.remove(NODES, "", gone.node)
        second = await bot.propose(ALICE, f"{wanted} it beacons still")
        card = await bot.until_shown(second, f"{FAILED} {there.node}")
        assert f"{FAILED} {gone.node}" not in card


async def test_check_names_a_node_that_failed_though_another_passed_since(tmp_path: Path) -> None:
    async with small_world(tmp_path) as world:
        first, second, *_ = nodes(world)
        world.staged.kubelet.enforces = False
        await world.tested(first)
        world.staged.kubelet.enforces = True
        assert (await world.tested(second)).fine

        checked = await world.checked()
        assert not checked.fine
        assert f"passed on node {second}" in checked.text
        assert f"failed on node {first}" in checked.text

        assert (await world.tested(first)).fine
        assert (await world.checked()).fine


async def test_check_names_the_rights_that_self_tests_lack_and_what_prints_them(tmp_path: Path) -> None:
    async with small_world(tmp_path) as world:
        deny = (Rule(("delete",), ("networking.k8s.io",), ("networkpolicies",), namespaces=(SPACE,)),)
        world.staged.cluster.add_user(TOKEN, User("system:serviceaccount:firebreak:firebreak", deny=deny))
        rights = await world.checked("rights of self-tests in prod")

    assert not rights.fine
    assert rights.text.startswith(f"delete networkpolicies in {SPACE} (")
    assert f"firebreak rbac --self-test-namespace {SPACE} --canary {IMAGE}" in rights.text


async def test_check_says_that_canaries_may_not_be_made_where_the_settings_want_them(tmp_path: Path) -> None:
    async with small_world(tmp_path) as world:
        deny = (Rule(("create",), ("",), ("pods",)),)
        world.staged.cluster.add_user(TOKEN, User("system:serviceaccount:firebreak:firebreak", deny=deny))

        assert "create pods" in (await world.checked("rights in prod")).text


async def test_a_pod_that_others_put_in_the_place_of_ours_has_no_word_in_it(tmp_path: Path) -> None:
    async with small_world(tmp_path) as world:
        store = world.staged.cluster.registry.store
        running = asyncio.create_task(world.tested())
        while not (found := [pod for pod in store.each(PODS) if name_of(pod).endswith("-inside")]):
            await asyncio.sleep(0.01)
        store.put(PODS, merge(found[0], {"metadata": {"uid": "another"}}))
        answer = await running

    assert not answer.fine
    assert "inconclusive" in answer.text
    assert "not as it was written: it is another pod of that name" in answer.text


async def test_the_bot_takes_away_what_a_program_that_was_killed_left_and_says_that_it_showed_nothing(
    tmp_path: Path,
) -> None:
    async with bot_with_tests(tmp_path) as bot:
        context, node = bot.built.context, bot.scene.incident.node
        async with context.store.begin() as tx:
            about = ("Calico", "Calico 3.30.2", IMAGE, "root", "a program that is gone")
            killed = SelfTest("ST-KILLED", "prod", SPACE, node, *about, began=tx.now, due_at=tx.now)
            killed = msgspec.structs.replace(killed, creates=listeners(killed, 30))
            for create in killed.creates:
                await context.objects.apply(create)
            assert len(left(bot.scene)) == 2
            await tx.self_tests.add(killed)

        (found,) = await ended(bot)
        assert (found.outcome, found.text) == (Outcome.INCONCLUSIVE, "its program ended before it did")
        assert left(bot.scene) == []
