"""An alert about a cluster that is not its source's, or about two: nothing is looked for, offered or done in the wrong one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from pydantic import SecretStr

from bot.adapters.slack.board.marks import PREPARE
from bot.domain.suggestions import Standing, Suggested
from bot.sandbox.scene import AUDIT_CHANNEL, CHANNEL
from bot.settings import Settings
from bot.settings.alerts import AlertSourceSettings
from tests.alerts.senders import TOKEN, bearer
from tests.journeys.acting import (
    PLAYBOOK,
    acted,
    automatic,
    letting,
    mining,
    refusals,
    until_acted,
    until_done_with,
)
from tests.journeys.alerting import STARTED, card, listening, seen, send
from tests.journeys.mailbox import in_channel
from tests.journeys.stage import Stage, stage

pytestmark = pytest.mark.timeout(120)

BY_HAND = """\
  - title: Look at it
    manual:
      each: pod
      commands: ['kubectl --context {{cluster}} -n {{namespace}} get pod {{name}}']
"""


def telling(*steps: Suggested) -> str:
    return " | ".join(f"{step.why}{step.commands}" for step in steps)


@pytest.mark.parametrize(
    ("own", "said", "why"),
    [
        ("prod", "staging", "it was looked for nowhere: it may be in prod or in staging"),
        ("prod", "Prod/EU", "it may be in prod or in a cluster that is not told"),
        ("", "Prod/EU", "it may be in a cluster that is not told"),
        ("", "staging", "the settings name no cluster staging"),
    ],
)
async def test_an_alert_about_another_cluster_has_nothing_offered_or_done_in_this_one(
    tmp_path: Path, own: str, said: str, why: str
) -> None:
    file = automatic(tmp_path, text=PLAYBOOK + BY_HAND, per_hour=5)
    async with stage(tmp_path, policy=letting(file), outfit=listening(str(file), cluster=own)) as bot:
        assert await send(bot, mining(bot, cluster=said)) == 200
        board = await seen(bot)
        await until_done_with(bot, board)

        assert {one.standing for one in board.resolved} == {Standing.UNKNOWN}
        assert all(why in one.text for one in board.resolved), board.resolved
        (one,) = board.suggestions
        assert not [step for step in one.every if step.plan is not None]
        assert "prod" not in " ".join(command for step in one.steps for command in step.commands)
        assert all(why in step.why or said in str(step.commands) for step in one.steps), telling(*one.steps)
        assert not await acted(bot)
        assert await refusals(bot) == []
        assert not bot.scene.cluster.journal.writes()
        shown = await card(bot, board, "not known: ", why)
        assert PREPARE not in str(shown.blocks)

        assert await send(bot, mining(bot, rule="CryptoMiner", number=1, cluster="prod")) == 200
        request = await until_acted(bot)
        assert [part.target.cluster for part in request.plan.parts] == ["prod"]


def incidents(file: Path) -> Callable[[Settings], Settings]:
    """Return what has the bot take incidents of Sentinel, of whatever cluster."""

    def outfit(settings: Settings) -> Settings:
        source = AlertSourceSettings(format="sentinel", token=SecretStr(TOKEN))
        return settings.model_copy(update={"alerts": {"siem": source}, "playbooks": (str(file),)})

    return outfit


def entities(cluster: str, namespace: str, pod: str) -> list[dict[str, Any]]:
    return [
        {"$id": "1", "Type": "K8s-cluster", "Name": cluster},
        {"$id": "2", "Type": "K8s-namespace", "Name": namespace, "Cluster": {"$ref": "1"}},
        {"$id": "3", "Type": "K8s-pod", "Name": pod, "Namespace": {"$ref": "2"}},
    ]


async def report(bot: Stage, *alerts: list[dict[str, Any]]) -> int:
    """Post an incident of these alerts; return the status."""
    told = {
        "title": "CryptoMiner",
        "severity": "High",
        "status": "New",
        "createdTimeUtc": STARTED,
        "alerts": [{"properties": {"additionalData": {"Entities": each}}} for each in alerts],
    }
    raw = msgspec.json.encode({"object": {"name": "inc-1", "properties": told}})
    address = bot.scene.workspace.request_url.replace("/slack/events", "/alerts/siem")
    async with aiohttp.ClientSession() as web, web.post(address, data=raw, headers=bearer(TOKEN)) as got:
        return got.status


async def test_an_incident_over_two_clusters_has_each_pod_looked_for_in_its_own_and_nothing_is_done(
    tmp_path: Path,
) -> None:
    file = automatic(tmp_path, text=PLAYBOOK + BY_HAND)
    async with stage(tmp_path, policy=letting(file), outfit=incidents(file)) as bot:
        cast = bot.scene.incident
        other = cast.siblings[0]  # there is a pod of that name in prod too, which is not meant
        here, there = entities("prod", cast.namespace, cast.pod), entities("staging", cast.namespace, other)
        assert await report(bot, here, there) == 200
        board = await seen(bot)
        await until_done_with(bot, board)

        found = {one.subject.name: one for one in board.resolved}
        assert found[cast.pod].standing is Standing.FOUND
        assert (found[other].standing, found[other].text) == (
            Standing.UNKNOWN,
            "the settings name no cluster staging",
        )
        (one,) = board.suggestions
        cut, look = one.steps
        assert "more than one cluster: prod, staging" in cut.why
        assert look.commands == (
            f"kubectl --context prod -n {cast.namespace} get pod {cast.pod}",
            f"kubectl --context staging -n {cast.namespace} get pod {other}",
        )
        assert not await acted(bot)
        await card(bot, board, "more than one cluster", "the settings name no cluster staging")
        assert not list(in_channel(bot, CHANNEL, "AUTO: done by playbook"))


async def test_where_no_channel_is_that_of_all_the_card_stands_in_that_of_the_source_s_own_cluster(
    tmp_path: Path,
) -> None:
    file = automatic(tmp_path)

    def outfit(settings: Settings) -> Settings:
        channels = {"staging": AUDIT_CHANNEL, "prod": CHANNEL}
        slack = settings.slack.model_copy(update={"channels": channels})
        return listening(str(file))(settings.model_copy(update={"slack": slack}))

    async with stage(tmp_path, policy=letting(file), outfit=outfit) as bot:
        assert await send(bot, mining(bot, cluster="staging")) == 200
        board = await seen(bot)

        assert board.group.cluster == "prod|staging"
        await card(bot, board, "prod|staging", "it may be in prod or in staging")


async def test_what_the_sender_calls_a_cluster_is_that_cluster_where_the_settings_say_so(
    tmp_path: Path,
) -> None:
    file = automatic(tmp_path)

    def outfit(settings: Settings) -> Settings:
        made = listening(str(file), cluster="prod")(settings)
        named = {"cluster_names": {"EU/Prod": "prod"}}
        sources = {name: one.model_copy(update=named) for name, one in made.alerts.items()}
        return made.model_copy(update={"alerts": sources})

    async with stage(tmp_path, policy=letting(file), outfit=outfit) as bot:
        assert await send(bot, mining(bot, cluster="eu/PROD")) == 200
        request = await until_acted(bot)
        assert [part.target.cluster for part in request.plan.parts] == ["prod"]
