"""Spoiled bodies of every sender, through to Slack's blocks: the card and the answer to whoever asks are legible and no mark-up."""

import random
from pathlib import Path
from typing import Final

import pytest
from hypothesis import settings

from bot.actions import CATALOGUE
from bot.adapters.alerts.parsing import PARSERS
from bot.adapters.alerts.wire import Intake, MisfitError
from bot.adapters.policy.playbooks import Known, load
from bot.adapters.slack.letters import letter
from bot.domain.alerts import Alert
from bot.domain.alerts.grouping import Group, joined, opened
from bot.domain.alerts.posts import Misfit, head_of
from bot.domain.letters import Account
from bot.domain.playbooks import Impossible, Manual, Playbook, filled
from bot.domain.suggestions import Board, Resolved, Standing, Suggested, Suggestion
from bot.engine.alerted import sections
from bot.sandbox.slack.blockkit import message_problems
from tests.adapters.alerts.recorded import VALID, body, kind
from tests.adapters.slack.staging import NOW, plan_of, pod_part
from tests.adapters.slack.test_slack_board_limits import harmless, held_to_the_rules
from tests.alerts.spoiling import spoiled

MANY: Final = settings().max_examples
"""Of each kind of body, as many as a property is tried with."""
SHIPPED: Final = Path(__file__).parents[2] / "playbooks"


@pytest.mark.parametrize(
    ("seed", "of_each"), [(1, 12), *(pytest.param(seed, MANY, marks=pytest.mark.slow) for seed in (2, 3))]
)
def test_whatever_a_sender_says_its_card_is_legible_and_no_mark_up(seed: int, of_each: int) -> None:
    choose = random.Random(seed)
    playbooks = load([SHIPPED], Known(CATALOGUE, tuple(PARSERS))).playbooks
    shown = 0
    for name in VALID:
        for _ in range(of_each):
            raw = spoiled(body(name), choose)
            alerts = told_by(name, raw)
            if not alerts:
                continue
            group = grouped(alerts)
            board = boarded(group, playbooks)
            held_to_the_rules(board, {})
            answered(board, alerts, Misfit(group.source, "$", "odd", head_of(raw), NOW))
            shown += 1

    assert shown > len(VALID) * of_each / 4


def told_by(name: str, raw: bytes) -> tuple[Alert, ...]:
    """Return what is taken of a body; nothing of one that does not fit."""
    try:
        return PARSERS[kind(name)](raw, Intake(kind(name), "prod"))
    except MisfitError:
        return ()


def grouped(alerts: tuple[Alert, ...]) -> Group:
    return joined(opened(alerts[0], NOW), [(alert, None) for alert in alerts], NOW)


def boarded(group: Group, playbooks: tuple[Playbook, ...]) -> Board:
    """Return the board with every playbook, whether it fits or not."""
    resolved = tuple(
        Resolved(each.subject, standing, f"{standing}: {each.subject.name}")
        for each, standing in zip(group.named, tuple(Standing) * len(group.named), strict=False)
    )
    made = tuple(suggested(group, one, number) for number, one in enumerate(playbooks))
    return Board(group, resolved, NOW, made, tuple(f"{one.name}: {group.rule}" for one in playbooks))


def suggested(group: Group, one: Playbook, number: int) -> Suggestion:
    steps = []
    for step in filled(one, group.newest, CATALOGUE, "prod"):
        match step:
            case Manual(asked, commands, more):
                steps.append(Suggested(asked.title, commands=commands, more=more))
            case Impossible(asked, why):
                steps.append(Suggested(asked.title, asked.action, why=why))
            case _:
                places = step.action.places
                plan = plan_of(*(pod_part(name) for _, name in places), summary=f"Contain {places}")
                steps.append(Suggested(step.step.title, step.step.action, plan=plan, digest="0" * 12))
    return Suggestion(
        f"s-{number:016x}",
        group.id,
        one.name,
        one.version,
        "ab" * 32,
        one.title,
        NOW,
        tuple(steps),
        one.about,
    )


def answered(board: Board, alerts: tuple[Alert, ...], unfit: Misfit) -> None:
    """Hold the answer to ``/ir alerts <group>`` to the same."""
    told = sections(board, alerts, (unfit,))
    painted = letter(told.headline, Account(told.sections))
    assert message_problems(list(painted.blocks)) == ()
    harmless(painted.blocks)
