"""`firebreak check` says what would work, and what must be mended, against servers that answer."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.adapters.azure.client import SandboxEndpoint
from bot.adapters.store import migrate
from bot.bootstrap.checking import answers
from bot.bootstrap.house import Laboratory
from bot.bootstrap.staging import settings_for
from bot.domain.refs import ENGINE_KINDS
from bot.sandbox.kubernetes.access import Rule, User
from bot.sandbox.scene import CHANNEL, TOKEN, Scene, scene
from bot.sandbox.tls import mint_mutual
from bot.settings import Settings
from bot.settings.alerts import AlertServerSettings, AlertSourceSettings


@pytest.fixture
async def staged(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(tmp_path) as made:
        yield made


async def _told(staged: Scene, folder: Path, settings: Settings | None = None) -> dict[str, tuple[bool, str]]:
    settings = settings or settings_for(staged, folder)
    lab = Laboratory(azure=SandboxEndpoint(staged.arm.url, staged.arm.ca_file))
    return {answer.what: (answer.fine, answer.text) async for answer in answers(settings, lab)}


async def test_a_world_that_is_set_up_has_nothing_to_mend(staged: Scene, tmp_path: Path) -> None:
    await migrate(settings_for(staged, tmp_path).database)

    told = await _told(staged, tmp_path)

    bad = {what: text for what, (fine, text) in told.items() if not fine}
    assert bad == {}
    assert {
        "database",
        "policy",
        "slack",
        "cluster prod",
        "rights in prod",
        "firewall of prod",
    } <= told.keys()


async def test_a_database_without_its_tables_is_told_with_the_command(staged: Scene, tmp_path: Path) -> None:
    told = await _told(staged, tmp_path)

    assert told["database"] == (False, "run `firebreak migrate`")


async def test_a_right_that_is_missing_is_named(staged: Scene, tmp_path: Path) -> None:
    deny = (Rule(("patch",), ("",), ("pods",)),)
    staged.cluster.add_user(TOKEN, User("system:serviceaccount:firebreak:firebreak", deny=deny))

    told = await _told(staged, tmp_path)

    assert told["rights in prod"] == (False, "patch pods")


def _with_namespaces(settings: Settings, *namespaces: str) -> Settings:
    clusters = {
        name: given.model_copy(update={"namespaces": namespaces}) for name, given in settings.clusters.items()
    }
    return settings.model_copy(update={"clusters": clusters})


async def test_rights_that_were_given_in_some_namespaces_are_looked_for_there(
    staged: Scene, tmp_path: Path
) -> None:
    within = (
        Rule(
            resources=(
                "namespaces",
                "nodes",
                "daemonsets",
                "apiservices",
                *(kind.plural for kind in ENGINE_KINDS),
            )
        ),
        Rule(verbs=("get", "list"), namespaces=("kube-system", "default")),
        Rule(verbs=("create",), resources=("selfsubjectaccessreviews",)),
        Rule(namespaces=("payments",)),
        Rule(verbs=("get", "list"), namespaces=("web",)),
    )
    staged.cluster.add_user(TOKEN, User("system:serviceaccount:firebreak:firebreak", allow=within))
    given = settings_for(staged, tmp_path)

    there = await _told(staged, tmp_path, _with_namespaces(given, "payments"))
    both = await _told(staged, tmp_path, _with_namespaces(given, "payments", "web"))
    whole = await _told(staged, tmp_path, given)

    assert there["rights in prod"] == (True, "all that the actions need")
    assert both["rights in prod"][0] is False
    assert "patch pods in web" in both["rights in prod"][1]
    assert "in payments" not in both["rights in prod"][1]
    assert "patch pods;" in whole["rights in prod"][1]


async def test_a_channel_that_is_shared_with_strangers_is_told(staged: Scene, tmp_path: Path) -> None:
    staged.workspace.world.share(CHANNEL, "T0OTHER")

    told = await _told(staged, tmp_path)

    assert told[f"channel {CHANNEL} (*)"][0] is False


async def test_standing_denies_that_are_gone_are_told_with_the_remedy(staged: Scene, tmp_path: Path) -> None:
    staged.arm.stage.edit_rule_group(staged.estate.rule_group, [])

    fine, text = (await _told(staged, tmp_path))["firewall of prod"]

    assert not fine
    assert "deploy/azure" in text


async def test_a_slack_that_does_not_answer_is_told_and_the_rest_is_still_looked_at(
    staged: Scene, tmp_path: Path
) -> None:
    settings = settings_for(staged, tmp_path)
    await staged.workspace.go_down()

    lab = Laboratory(azure=SandboxEndpoint(staged.arm.url, staged.arm.ca_file))
    told = {answer.what: answer.fine async for answer in answers(settings, lab)}

    assert told["slack"] is False
    assert told["cluster prod"] is True


async def test_a_source_of_flows_that_cannot_be_asked_is_told(tmp_path: Path) -> None:
    async with scene(tmp_path, relay=True) as staged:
        settings = settings_for(staged, tmp_path)
        await migrate(settings.database)
        assert (await _told(staged, tmp_path))["flows of prod from hubble"] == (True, "it answers")
        given = settings.clusters["prod"]
        assert given.hubble is not None
        hubble = given.hubble.model_copy(update={"server_name": "somebody-else.example"})
        clusters = {"prod": given.model_copy(update={"hubble": hubble})}
        told = await _told(staged, tmp_path, settings.model_copy(update={"clusters": clusters}))
    fine, text = told["flows of prod from hubble"]
    assert not fine
    assert "certificate" in text


async def test_a_certificate_for_alerts_that_cannot_be_used_is_told(staged: Scene, tmp_path: Path) -> None:
    source = AlertSourceSettings(format="falco", token=SecretStr("t" * 24))
    own = AlertServerSettings(cert_file=tmp_path / "tls.crt", key_file=tmp_path / "tls.key")
    settings = settings_for(staged, tmp_path).model_copy(
        update={"alerts": {"falco": source}, "alert_server": own}
    )
    await migrate(settings.database)
    before = await _told(staged, tmp_path, settings)
    made = mint_mutual(tmp_path, "alerts.example")
    own.cert_file.write_bytes(made.chain)
    own.key_file.write_bytes(made.key)
    after = await _told(staged, tmp_path, settings)

    assert before["certificate of alerts"][0] is False
    assert "cert_file" in before["certificate of alerts"][1]
    assert after["certificate of alerts"] == (True, "it can be used")
    assert after["alerts of falco"] == (True, "never heard: send a test alert; see docs/alerts")
