"""Cards of two sources in one channel, on a night when one of them never stops, and Slack holds to its limits."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from bot.adapters.slack.pace import Pace
from bot.adapters.slack.sender import Sender
from bot.domain.alerts import Alert, Severity
from bot.domain.alerts.grouping import Group
from bot.engine.alerting import _count as counting
from bot.sandbox.slack import RateLimited
from tests.adapters.alerts.made import alert
from tests.adapters.slack.office import FIRST, Office

DAY = timedelta(days=1)


@pytest.fixture
async def paced(office: Office) -> Office:
    """Return an office that sends at the pace of production, to a Slack that refuses more than its tiers say."""
    office.sender = Sender(office.desk, "sender", Pace(office.turned))
    office.workspace.faults.rates.on = True
    return office


def told(source: str, rule: int, number: int, severity: Severity = Severity.CRITICAL) -> Alert:
    made = alert(number, rule=f"{source}-{rule}")
    return replace(made, source=source, severity=severity)


async def counted(office: Office, *alerts: Alert) -> None:
    async with office.store.begin() as tx:
        await counting(tx, alerts)


async def only(office: Office, source: str) -> Group:
    """Return the one group of a source."""
    async with office.store.begin() as tx:
        (found,) = [group for group in await tx.alerts.recent(tx.now - DAY, 500) if group.source == source]
    return found


async def seconds(office: Office, *keys: str, most: int = 30) -> int:
    """Return after how many seconds the cards of all these stand."""
    for passed in range(most):
        if all([await office.store.cards.get(key) is not None for key in keys]):
            return passed
        await office.waits(1)
    raise AssertionError(f"not within {most} s")


async def noise(office: Office, groups: int, turn: int) -> None:
    """Have each of so many groups of one source told of once more."""
    await counted(office, *(told("noisy", rule, 1000 * turn + rule) for rule in range(groups)))


@pytest.mark.parametrize("severity", [Severity.CRITICAL, Severity.LOW])
async def test_a_hundred_worst_of_one_source_do_not_keep_another_s_card_waiting(
    paced: Office, severity: Severity
) -> None:
    await noise(paced, 100, 0)
    for _ in range(5):
        await paced.waits(1)
    await counted(paced, told("falco-prod", 0, 0, severity))
    group = await only(paced, "falco-prod")

    assert await seconds(paced, group.id) <= 4
    assert await paced.desk.sending.crowd() > 80, "the others wait"


async def test_cards_that_change_without_pause_keep_neither_a_request_s_nor_another_source_s_waiting(
    paced: Office,
) -> None:
    for turn in range(30):
        await noise(paced, 15, turn)
        await paced.waits(3)
    await counted(paced, told("falco-prod", 0, 0, Severity.LOW))
    await paced.ask()
    group = await only(paced, "falco-prod")
    assert await seconds(paced, FIRST, group.id) <= 5
    before = await paced.card(group.id)
    await counted(paced, told("falco-prod", 0, 1, Severity.HIGH))
    for turn in range(30, 33):
        await noise(paced, 15, turn)
        await paced.waits(3)

    assert (await paced.card(group.id)).hash != before.hash, "it is painted anew among all the others"
    assert len(paced.workspace.calls("chat.update")) < 70, "no more than Slack takes"


async def test_where_slack_takes_no_changes_for_a_while_what_is_new_is_posted_all_the_same(
    paced: Office,
) -> None:
    await noise(paced, 1, 0)
    await paced.waits(2)
    paced.workspace.faults.stage("chat.update", RateLimited(60))
    await noise(paced, 1, 1)
    await paced.waits(4)
    await counted(paced, told("falco-prod", 0, 0))
    await paced.ask()
    group = await only(paced, "falco-prod")

    assert await seconds(paced, FIRST, group.id) <= 4
    assert len(paced.workspace.calls("chat.update")) == 1
    await paced.waits(62)
    await paced.waits(5)
    assert len(paced.workspace.calls("chat.update")) > 1
