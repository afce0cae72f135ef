"""A rehearsal that cannot fail would prove nothing: the world is broken on purpose, the step is named."""

import io
from collections.abc import Callable

import pytest

from bot.bootstrap.rehearsal.narrator import console
from bot.bootstrap.rehearsal.play import rehearse
from bot.bootstrap.rehearsal.proving import flipped
from bot.sandbox.kubernetes.faults import Denied, Match
from bot.sandbox.scene import ALICE, BOB, CARA, GUEST, Scene
from bot.sandbox.slack import User


def refuse_the_label(scene: Scene) -> None:
    match = Match(verb="patch", resource="pods", dry_run=False)
    scene.cluster.faults.arm(Denied("no label today"), match, times=None)


def promote_the_guest(scene: Scene) -> None:
    scene.workspace.world.add_user(User(GUEST, "guest", "Guest"))
    scene.workspace.world.set_group("S0SECURITY", (BOB, CARA, GUEST))


def let_another_pod_be_the_suspect(scene: Scene) -> None:
    scene.cluster.recreate_pod(scene.incident.namespace, scene.incident.pod)


def take_alice_off_call(scene: Scene) -> None:
    scene.workspace.world.set_group("S0ONCALL", (BOB,))


def let_alice_only_look(scene: Scene) -> None:
    take_alice_off_call(scene)
    scene.workspace.world.set_group("S0SECURITY", (ALICE, BOB, CARA))


@pytest.mark.parametrize(
    ("sabotage", "step", "why"),
    [
        (let_another_pod_be_the_suspect, "An alert arrives", "looked up, not believed"),
        (take_alice_off_call, "Confirm the flow", "may ask who talked to whom"),
        (let_alice_only_look, "Block the address at the firewall", "they were told: Refused"),
        (promote_the_guest, "The wrong approver is refused", "a guest decides nothing"),
        (refuse_the_label, "Isolate the pod: approved by another person", "no label today"),
    ],
)
async def test_a_step_that_does_not_hold_ends_the_story_and_is_named(
    sabotage: Callable[[Scene], None], step: str, why: str
) -> None:
    told = io.StringIO()

    code = await rehearse(console(told), sabotage=sabotage)

    said = " ".join(told.getvalue().split())
    assert code == 1
    assert f"“{step}”" in said
    assert why in said.partition("NOT HELD")[2]
    assert "steps held" not in said


def test_one_bit_of_the_first_vote_differs() -> None:
    raw = b'{"format":"x"}\n{"seq":4,"body":{"event":"vote","actor":{"id":"T0HOST:U0BOB"}}}\n{"end":1}\n'

    seq, forged = flipped(raw)

    assert seq == 4
    different = [(a ^ b) for a, b in zip(raw, forged, strict=True) if a != b]
    assert different == [1]
