"""Who talked to whom: asked by people at Slack, answered to them alone, from a relay that speaks gRPC over TLS."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.scene import ALICE, BOB, CHANNEL, DAN
from bot.settings import Settings
from tests.journeys.seeing import allowing, recorded, suspect, table, traffic
from tests.journeys.stage import Stage, in_order, stage

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path, transport="http", relay=True) as made:
        yield made


async def test_whom_a_pod_talked_to_is_told_with_its_source_and_all_rows_come_as_a_file(bot: Stage) -> None:
    cast = bot.scene.incident
    told = await bot.ask(ALICE, f"flows {suspect(bot)} last 15m")

    assert f"1 external peer: most with {cast.beacon}:443, 15 connections, still allowed" in told
    assert "every 20 s" in told
    assert "hubble: single connections" in told
    assert "nobody is named (POLICY_DENIED): 15 connections" in told
    assert "no source that was asked keeps the day before" in told, "never called new or known"
    rows = await table(bot)
    named = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    (beacon,) = [row for row in named if row["server address"] == cast.beacon]
    assert (beacon["client name"], beacon["port"], beacon["connections"]) == (cast.pod, "443", "15")
    assert {row["client name"] for row in named} == {cast.pod}, "a replica's name begins alike and is another"
    assert not bot.scene.workspace.messages(CHANNEL), "nobody else is told"


async def test_what_was_asked_is_recorded_with_what_came_of_it(bot: Stage) -> None:
    asked = f"flows {suspect(bot)} last 10m peer {bot.scene.incident.beacon} port 443 allowed from hubble"
    assert "15 connections" in await bot.ask(ALICE, asked)
    assert in_order(await bot.story(), "command:flows")
    (record,) = [one for one in await recorded(bot, "command") if one["outcome"] == "flows"]
    assert record["target"] == (
        f"prod: {suspect(bot)} peer {bot.scene.incident.beacon} port 443 allowed from hubble"
    )
    assert record["details"]["since"] < record["details"]["until"]
    assert record["details"]["sources"]["prod/hubble"]["connections"] == 15
    assert record["details"]["sources"]["prod/hubble"]["losses"] == []


ASKED = {
    "payments": "kube-system/coredns-",
    "payments/*": "203.0.113.7:443",
    "payments/deployment/api": "203.0.113.7:443",
    "deployment:payments/api": "203.0.113.7:443",
    "203.0.113.7": "payments/api-",
    "203.0.113.0/24": "payments/api-",
    "kube-system port 53": "payments/api-",
    "evil.example.com": "cannot know",
    "prod/payments/deployment/web denied last 5m": "no flows: hubble covered the whole window",
}


async def test_everything_that_can_be_named_can_be_asked_about(bot: Stage) -> None:
    for asked, seen in ASKED.items():
        assert seen in await bot.ask(ALICE, f"flows {asked}"), asked


async def test_only_whom_the_policy_names_is_told_and_an_attempt_is_recorded(bot: Stage) -> None:
    assert "only members of on-call, security may" in await bot.ask(DAN, f"flows {suspect(bot)}")
    assert "Refused" in await bot.ask(DAN, f"trace {suspect(bot)}")
    assert "Refused" in await bot.ask(DAN, "sweep 203.0.113.7")
    refused = await recorded(bot, "refusal")
    assert [one["outcome"] for one in refused] == ["not-a-member"] * 3
    assert [one["details"]["tried"] for one in refused] == ["flows", "trace", "sweep"]
    assert refused[0]["target"] == f"prod: {suspect(bot)}"
    assert not traffic(bot).relay.asked, "no source was asked for them"


async def test_a_rule_for_one_namespace_is_for_nothing_that_spans_others(tmp_path: Path) -> None:
    narrow = 'flows:\n  - {clusters: ["prod"], namespaces: [payments], groups: [on-call]}\n'
    async with stage(tmp_path, transport="http", relay=True, policy=allowing(narrow)) as bot:
        assert "203.0.113.7:443" in await bot.ask(ALICE, f"flows {suspect(bot)}")
        assert "the flows of namespace kube-system of prod" in await bot.ask(ALICE, "flows kube-system")
        for spanning in ("203.0.113.7", "203.0.113.0/24", "evil.example.com"):
            assert "the flows of all of prod" in await bot.ask(ALICE, f"flows {spanning}")
        assert "the flows of all of prod" in await bot.ask(ALICE, "sweep 203.0.113.7")
        told = await bot.ask(ALICE, f"trace {suspect(bot)}")
        assert "not followed further: you may not see the flows of kube-system" in told
        assert "only members of on-call" not in await bot.ask(BOB, f"flows {suspect(bot)}"), (
            "bob is on call too"
        )


async def test_without_a_rule_nobody_may(tmp_path: Path) -> None:
    async with stage(tmp_path, transport="http", policy=allowing("")) as bot:
        said = await bot.ask(ALICE, f"flows {suspect(bot)}")
        assert "the policy names nobody who may see the flows" in said


async def test_where_no_source_is_that_is_said_with_what_could_be_switched_on(tmp_path: Path) -> None:
    async with stage(tmp_path, transport="http") as bot:
        told = await bot.ask(ALICE, f"flows {suspect(bot)}")
        assert "cannot know: no source of flows was asked" in told
        assert "no flows" not in told
        assert "az monitor diagnostic-settings create --name flows" in told
        assert not bot.scene.workspace.files
        named = await bot.ask(ALICE, f"flows {suspect(bot)} from hubble")
        assert "cannot know: hubble: there is no source of this name in the settings" in named


async def test_a_pod_that_is_gone_is_asked_for_by_name_and_that_is_said(bot: Stage) -> None:
    told = await bot.ask(ALICE, "flows payments/api-gone")
    assert "there is no pod payments/api-gone now" in told


async def test_times_that_cannot_be_meant_are_refused(bot: Stage) -> None:
    refused = {
        "since 2h until 3h": "is not before",
        "since 2099-01-01T10:00": "still to come",
        "since 1h until 2099-01-01": "still to come",
        "last 2d": "No source that keeps days is configured here",
    }
    for time, why in refused.items():
        assert why in await bot.ask(ALICE, f"flows {suspect(bot)} {time}")
    assert "203.0.113.7:443" in await bot.ask(ALICE, f"flows {suspect(bot)} since 4m until 1m")


async def test_a_trace_goes_two_hops_and_names_the_one_plan_that_contains_what_was_reached(
    bot: Stage,
) -> None:
    told = await bot.ask(ALICE, f"trace {suspect(bot)} since 1h")
    assert "reached 2 ends, two hops outward" in told
    assert f"/ir plan contain prod/payments/{bot.scene.incident.pod} 203.0.113.7" in told
    assert in_order(await bot.story(), "command:trace")


async def test_a_sweep_tells_who_in_any_cluster_talked_to_an_address(bot: Stage) -> None:
    told = await bot.ask(ALICE, "sweep 203.0.113.7 last 1h")
    assert "prod: 1 talked to it" in told
    assert f"payments/{bot.scene.incident.pod}" in told
    assert (await table(bot))[1][0] == "prod/hubble"
    quiet = await bot.ask(ALICE, "sweep 198.51.100.77 last 2m")
    assert "nobody in prod" in quiet or "cannot know in prod" in quiet
    assert in_order(await bot.story(), "command:sweep")


def with_another_cluster(settings: Settings) -> Settings:
    """Return settings that know a second cluster by its firewall alone."""
    assert settings.azure is not None
    groups = {**settings.azure.groups, "staging": settings.azure.groups["prod"]}
    return settings.model_copy(update={"azure": settings.azure.model_copy(update={"groups": groups})})


async def test_a_sweep_names_the_clusters_that_it_left_out_and_those_where_nothing_can_be_known(
    tmp_path: Path,
) -> None:
    both = allowing('flows:\n  - {clusters: ["*"], groups: [on-call]}\n')
    async with stage(tmp_path, transport="http", relay=True, policy=both, outfit=with_another_cluster) as bot:
        told = await bot.ask(ALICE, "sweep 203.0.113.7 last 1h")
        assert "prod: 1 talked to it" in told
        assert "cannot know in staging" in told
        assert "Which cluster?" in await bot.ask(ALICE, "flows 203.0.113.7")
    (tmp_path / "again").mkdir()
    one = allowing('flows:\n  - {clusters: ["prod"], groups: [on-call]}\n')
    async with stage(
        tmp_path / "again", transport="http", relay=True, policy=one, outfit=with_another_cluster
    ) as bot:
        told = await bot.ask(ALICE, "sweep 203.0.113.7 last 1h")
        assert "not asked in staging: you may not see its flows" in told
        (record,) = [each for each in await recorded(bot, "command") if each["outcome"] == "sweep"]
        assert set(record["details"]["sources"]) == {"prod/hubble"}
