"""Self-tests: at the command line and on the bot's own schedule, whatever happens to the program or is missing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from bot.adapters.azure.client import SandboxEndpoint
from bot.adapters.store import migrate, open_store
from bot.adapters.store.reading import read_log
from bot.bootstrap.answering import Answer
from bot.bootstrap.checking import answers, self_tests
from bot.bootstrap.house import Laboratory
from bot.bootstrap.staging import settings_for
from bot.domain.canary import CANARY
from bot.domain.selftests import Outcome, SelfTest
from bot.domain.states import PartState
from bot.engine.context import Pace
from bot.sandbox.kubernetes.access import Rule, User
from bot.sandbox.kubernetes.objects import labels_of, name_of
from bot.sandbox.kubernetes.resources import NETWORK_POLICIES, PODS
from bot.sandbox.kubernetes.workloads import PodShape
from bot.sandbox.scene import ALICE, BOB, CHANNEL, TOKEN, Scene, scene
from bot.settings import Settings
from tests.journeys.clock import TurnedClock
from tests.journeys.dying import killed
from tests.journeys.stage import Stage, stage
from tests.journeys.test_misfortunes_before import suspect

IMAGE = "registry.example.com/firebreak@sha256:" + "0" * 64
SPACE = "firebreak-test"
QUICK = Pace(start=timedelta(seconds=5), head=timedelta(seconds=0.1), tries=5, look=timedelta(seconds=0.05))
HASTY = replace(QUICK, start=timedelta(seconds=0.5), tries=1)


@dataclass
class World:
    """A small world whose cluster has a namespace for self-tests, and no bot that runs."""

    staged: Scene
    settings: Settings
    clock: TurnedClock
    pace: Pace = QUICK

    @property
    def lab(self) -> Laboratory:
        azure = SandboxEndpoint(self.staged.arm.url, self.staged.arm.ca_file)
        return Laboratory(azure=azure, clock=self.clock, pace=self.pace)

    async def tested(self, node: str = "") -> Answer:
        """Run `firebreak check --self-test`."""
        (answer,) = [one async for one in self_tests(self.settings, self.lab, node=node)]
        return answer

    async def checked(self, what: str = "last self-test of prod") -> Answer:
        """Return what `firebreak check` says of one thing."""
        told = {answer.what: answer async for answer in answers(self.settings, self.lab)}
        return told[what]

    async def rows(self) -> tuple[SelfTest, ...]:
        """Return the stored tests, newest first."""
        async with open_store(self.settings.database, clock=self.clock) as store, store.begin() as tx:
            return await tx.self_tests.of("prod")

    async def story(self) -> list[str]:
        """Return the outcomes of the records about self-tests."""
        async with read_log(self.settings.database) as log:
            found = [
                msgspec.json.decode(body) async for rows, _ in log.batches() for _, body, _ in rows if body
            ]
        return [record["outcome"] for record in found if record["event"] == "self_test"]


def with_tests(settings: Settings, every: float = 0.0) -> Settings:
    """Return settings that have every cluster tested."""
    given = {"canary_image": IMAGE, "self_test_namespace": SPACE, "self_test_every": every}
    clusters = {name: each.model_copy(update=given) for name, each in settings.clusters.items()}
    return settings.model_copy(update={"clusters": clusters})


def left(staged: Scene) -> list[str]:
    """Return the names of what is left of self-tests."""
    store = staged.cluster.registry.store
    pods = [name_of(pod) for pod in store.each(PODS) if CANARY in labels_of(pod)]
    return pods + [name_of(each) for each in store.each(NETWORK_POLICIES, SPACE)]


@asynccontextmanager
async def small_world(folder: Path, *, engine: bool = True) -> AsyncIterator[World]:
    async with scene(folder, engine=engine) as staged:
        staged.cluster.add_namespace(SPACE)
        settings = with_tests(settings_for(staged, folder))
        await migrate(settings.database)
        yield World(staged, settings, TurnedClock())


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with small_world(tmp_path) as made:
        yield made


async def test_a_cluster_that_enforces_passes_leaves_nothing_and_is_remembered(world: World) -> None:
    assert (await world.checked()).text == "never run: firebreak check --self-test"

    answer = await world.tested()
    assert answer.fine, answer.text
    assert answer.text.startswith("passed on node ")
    assert left(world.staged) == []
    (row,) = await world.rows()
    assert (row.outcome, row.stands, row.engine, row.by != "") == (Outcome.PASSED, False, "Calico", True)
    assert await world.story() == ["started", "intent", "intent", "intent", "passed", "removed"]

    world.clock.turn(hours=3)
    assert (await world.checked()).text.startswith("3 h ago: passed on node ")


async def test_a_cluster_that_enforces_nothing_fails_aloud(world: World) -> None:
    world.staged.kubelet.enforces = False
    answer = await world.tested()

    assert not answer.fine
    assert "a pod that the policy isolates still reaches others" in answer.text
    assert left(world.staged) == []
    checked = await world.checked()
    assert (checked.fine, checked.text.startswith("within the last hour: failed on node ")) == (False, True)


@pytest.mark.parametrize("chapter", ["intent", "passed"])
async def test_one_that_is_killed_is_taken_away_by_the_next_once_its_time_is_over(
    world: World, chapter: str
) -> None:
    async def reached() -> bool:
        return (await world.story()).count(chapter) == (2 if chapter == "intent" else 1)

    steps = ("take_away", "_conclude") if chapter == "intent" else ("take_away",)
    async with killed(world.tested(), reached, *steps):
        assert left(world.staged) != []
        told = await world.tested()
        assert (told.fine, "stands since" in told.text) == (False, True)

        world.clock.turn(seconds=120)
        assert (await world.tested()).fine
        assert left(world.staged) == []
        newest, dead = await world.rows()
        assert (newest.outcome, newest.stands, dead.stands) == (Outcome.PASSED, False, False)
        assert dead.outcome is (Outcome.INCONCLUSIVE if chapter == "intent" else Outcome.PASSED)
        assert (await world.story()).count("taken-over") == 1


async def test_one_that_is_interrupted_ends_itself(world: World) -> None:
    world.staged.kubelet.ends = False
    running = asyncio.create_task(world.tested())
    while not left(world.staged):
        await asyncio.sleep(0.02)
    running.cancel()
    await asyncio.wait((running,))

    assert left(world.staged) == []
    (row,) = await world.rows()
    assert (row.outcome, row.text, row.stands) == (Outcome.INCONCLUSIVE, "it was interrupted", False)


async def test_pods_that_do_not_start_prove_nothing_and_are_gone(world: World) -> None:
    world.staged.kubelet.pulls = False
    world.pace = HASTY
    answer = await world.tested()

    assert not answer.fine
    assert "inconclusive" in answer.text
    assert "ImagePullBackOff" in answer.text
    assert left(world.staged) == []
    assert (await world.checked()).fine  # it says nothing against the cluster


async def test_a_namespace_that_is_not_there_is_named(world: World) -> None:
    clusters = {
        name: each.model_copy(update={"self_test_namespace": "nowhere"})
        for name, each in world.settings.clusters.items()
    }
    world.settings = world.settings.model_copy(update={"clusters": clusters})
    answer = await world.tested()

    assert not answer.fine
    assert "nowhere" in answer.text
    (row,) = await world.rows()
    assert not row.stands


async def test_a_right_that_is_missing_is_said_with_what_prints_it(world: World) -> None:
    deny = (Rule(("create",), ("",), ("pods",)),)
    world.staged.cluster.add_user(TOKEN, User("system:serviceaccount:firebreak:firebreak", deny=deny))
    answer = await world.tested()

    assert not answer.fine
    assert "the cluster refuses" in answer.text
    assert f"firebreak rbac --self-test-namespace {SPACE}" in answer.text


async def test_an_engine_that_polices_no_pod_without_an_owner_is_not_tried_and_not_blamed(
    tmp_path: Path,
) -> None:
    shape = PodShape("eks/aws-network-policy-agent:v1.2.0", 8163, container="aws-eks-nodeagent")
    async with small_world(tmp_path, engine=False) as world:
        world.staged.cluster.add_daemon_set("kube-system", "aws-node", labels={}, shape=shape)
        answer = await world.tested()
        assert not answer.fine
        assert "a pod without an owner is not policed" in answer.text
        assert await world.rows() == ()


async def test_a_node_that_is_named_must_be_there(world: World) -> None:
    assert (await world.tested(node="nowhere")).text.startswith("There is no node nowhere.")


@asynccontextmanager
async def bot_with_tests(folder: Path, *, enforces: bool = True, every: float = 0.0) -> AsyncIterator[Stage]:
    """Run the bot where the cluster is tested."""
    async with stage(folder, canary_image=IMAGE) as bot:
        bot.scene.cluster.add_namespace(SPACE)
        bot.scene.kubelet.enforces = enforces
        await bot.stop()
        bot.settings = with_tests(bot.settings, every)
        bot.laboratory = replace(bot.laboratory, pace=QUICK)
        await bot.start()
        yield bot


async def ended(bot: Stage, count: int = 1) -> tuple[SelfTest, ...]:
    """Wait until so many self-tests have ended, and return them, newest first."""

    async def all_of_them() -> tuple[SelfTest, ...] | None:
        async with bot.built.context.store.begin() as tx:
            rows = await tx.self_tests.of("prod")
        return rows if len(rows) == count and not any(row.stands for row in rows) else None

    return await bot.until(all_of_them)


async def test_the_bot_tests_by_itself_as_often_as_it_is_told(tmp_path: Path) -> None:
    async with bot_with_tests(tmp_path, every=600) as bot:
        (first,) = await ended(bot)
        assert (first.outcome, first.by) == (Outcome.PASSED, "")
        bot.clock.turn(minutes=11)
        second, _ = await ended(bot, 2)
        assert second.outcome is Outcome.PASSED
        assert left(bot.scene) == []


async def test_a_failed_one_is_told_in_the_channel_and_warns_in_every_plan_of_that_cluster(
    tmp_path: Path,
) -> None:
    async with bot_with_tests(tmp_path, enforces=False, every=600) as bot:
        await ended(bot)
        heard = await bot.until(lambda: _said(bot, "THE SELF-TEST OF prod FAILED on node"))
        assert "still reaches others" in heard

        request_id = await bot.propose(ALICE, f"quarantine {suspect(bot)} for 4h because beaconing")
        await bot.until_shown(request_id, "the last self-test of prod under Calico failed on node")


async def test_a_self_test_that_passed_lately_is_a_rung_and_makes_nothing_contained(tmp_path: Path) -> None:
    async with bot_with_tests(tmp_path, every=600) as bot:
        await ended(bot)
        bot.scene.kubelet.pulls = False  # no canary of the quarantine's own
        request_id = await bot.contain(
            ALICE, BOB, f"quarantine {suspect(bot)} using networkpolicy for 4h because beaconing"
        )
        (row,) = await bot.until_rows(
            request_id, lambda rows: any(e.rung == "L5" and e.outcome for e in rows[0].evidence)
        )

        (told,) = [e for e in row.evidence if e.rung == "L5"]
        assert (told.outcome, told.text) == (
            "holds",
            "a self-test of the cluster passed under Calico within 24 h",
        )
        assert row.state is PartState.APPLIED
        assert row.verdict != "CONTAINED"


async def _said(bot: Stage, words: str) -> str | None:
    said = [message.text for message in bot.scene.workspace.messages(CHANNEL)]
    return next((text for text in said if words in text), None)
