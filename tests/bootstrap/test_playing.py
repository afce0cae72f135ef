"""`firebreak playbook`: the playbooks that are shipped, against recorded alerts and a world that answers."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.actions import CATALOGUE
from bot.adapters.alerts.parsing import PARSERS
from bot.adapters.alerts.wire import Intake
from bot.adapters.azure.client import SandboxEndpoint
from bot.bootstrap.entropy import utc_now
from bot.bootstrap.outside import outside
from bot.bootstrap.playbooks import known
from bot.bootstrap.playing import told
from bot.bootstrap.staging import settings_for
from bot.domain.alerts import Alert, SubjectKind
from bot.domain.playbooks import Impossible, Manual, Playbook, Ready, chosen, filled
from bot.sandbox.scene import Scene, scene
from tests.adapters.alerts.recorded import FIXTURES, VALID, parsed

ROOT = Path(__file__).parents[2]
SHIPPED = known([ROOT / "playbooks"])


def fitting(alert: Alert) -> list[str]:
    return [each.name for each in chosen(SHIPPED.playbooks, alert, SHIPPED.conditions.judge).fit]


@pytest.mark.parametrize(
    ("recorded", "names"),
    [
        ("alertmanager.firing", ["beaconing"]),
        ("azure-monitor.log", ["beaconing"]),
        ("sentinel.incident", ["beaconing"]),
        ("falco.outbound", ["beaconing"]),
        ("defender.miner", ["crypto-miner"]),
        ("falco.shell", ["shell-in-container"]),
        ("falco.audit", ["stolen-token"]),
        ("generic.firing", ["lateral-movement"]),
        ("grafana.firing", ["denied-flow-surge"]),
        ("azure-monitor.prometheus", []),
        ("alertmanager.resolved", []),
        ("sentinel.closed", []),
    ],
)
def test_a_recorded_alert_is_met_by_the_playbook_for_it(recorded: str, names: list[str]) -> None:
    assert fitting(parsed(recorded, "prod")[0]) == names


def test_an_attack_that_a_waf_saw_is_blocked_at_its_origin() -> None:
    body = {
        "version": 1,
        "alerts": [
            {
                "rule": "WAF: SQL injection",
                "severity": "high",
                "status": "firing",
                "started": "2026-11-21T02:11:00Z",
                "fingerprint": "waf-1",
                "title": "SQL injection against the shop",
                "cluster": "prod",
                "subjects": [
                    {"kind": "address", "name": "203.0.113.80", "role": "source"},
                    {"kind": "address", "name": "203.0.113.200", "role": "destination"},
                ],
            }
        ],
    }
    (alert,) = _generic(body)
    (playbook,) = chosen(SHIPPED.playbooks, alert, SHIPPED.conditions.judge).fit

    made = filled(playbook, alert, CATALOGUE)

    assert playbook.name == "waf-attack"
    assert [each.action.places for each in made if isinstance(each, Ready)] == [(("", "203.0.113.80"),)]


def _generic(body: object) -> tuple[Alert, ...]:
    return PARSERS["generic"](json.dumps(body).encode(), Intake("generic"))


@pytest.mark.parametrize("recorded", VALID)
def test_no_shipped_step_meets_anything_that_the_alert_does_not_name(recorded: str) -> None:
    for alert in parsed(recorded, "prod"):
        named = {(each.namespace, each.name) for each in alert.subjects}
        for playbook in SHIPPED.playbooks:
            for step in filled(playbook, alert, CATALOGUE):
                assert isinstance(step, Ready | Manual | Impossible)
                if isinstance(step, Ready):
                    assert set(step.action.places) <= named
                    assert step.action.at_cluster == "prod"


@pytest.mark.parametrize("playbook", SHIPPED.playbooks, ids=lambda one: one.name)
def test_no_shipped_command_about_what_lives_in_a_cluster_leaves_open_in_which(playbook: Playbook) -> None:
    outside = (SubjectKind.ADDRESS, SubjectKind.FQDN)
    told = [step.manual for step in playbook.steps if step.manual and step.manual.each not in outside]

    assert all("{cluster}" in command for manual in told for command in manual.commands)


def test_checking_prints_each_with_its_hash(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["playbook", "check", str(ROOT / "playbooks")])

    out = capsys.readouterr().out
    assert code == 0
    assert "ok  beaconing, version 1, order 20: 4 steps" in out
    assert out.count("sha256 ") == len(SHIPPED.playbooks) == 7


def test_checking_names_the_line_and_column_of_a_flaw(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flawed = (
        (ROOT / "playbooks" / "beaconing.yaml").read_text().replace("size(alert.pods)", "size(alert.pod)")
    )
    (tmp_path / "flawed.yaml").write_text(flawed)

    code = main(["playbook", "check", str(tmp_path)])

    err = capsys.readouterr().err
    assert code == 2
    assert "flawed.yaml:10:3: match.when: `alert` has no `pod`; did you mean `pods`? (line 1, column" in err
    assert "docs/playbooks.md" in err


def test_no_shipped_playbook_acts_by_itself_and_one_that_would_is_told_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = (ROOT / "playbooks" / "crypto-miner.yaml").read_text()
    (tmp_path / "bold.yaml").write_text(f"{shipped}auto: {{sources: [falco], minutes: 60}}\n")
    (tmp_path / "long.yml").write_text(f"{shipped}auto: {{sources: [falco], minutes: 61}}\n")

    assert [each.name for each in SHIPPED.playbooks if each.auto is not None] == []
    assert main(["playbook", "check", str(tmp_path / "bold.yaml")]) == 0
    assert "this version suggests and does nothing by itself" in capsys.readouterr().out
    assert main(["playbook", "check", str(tmp_path / "long.yml")]) == 2
    assert "auto.minutes: Expected `int` <= 60" in capsys.readouterr().err


def test_trying_says_what_fits_and_why_the_others_do_not(capsys: pytest.CaptureFixture[str]) -> None:
    words = [str(FIXTURES / "alertmanager.firing.json"), str(ROOT / "playbooks"), "--source", "alertmanager"]

    code = main(["playbook", "test", *words])

    out = capsys.readouterr().out
    assert code == 0
    assert "FITS beaconing, version 1" in out
    assert 'block-address {"addresses":["203.0.113.66"],"cluster":"prod"' in out
    assert "impossible: the alert does not say which cluster is meant" in out
    assert "no   waf-attack: its condition does not hold" in out


def test_trying_what_nothing_fits_exits_with_one(capsys: pytest.CaptureFixture[str]) -> None:
    words = [str(FIXTURES / "sentinel.closed.json"), str(ROOT / "playbooks"), "--source", "sentinel"]

    assert main(["playbook", "test", *words]) == 1
    assert "the alert is resolved" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--source", "pager"], "there are no alerts of format 'pager'"),
        (["--source", "falco"], "is not what falco sends"),
        ([], "is not what generic sends"),
    ],
)
def test_a_body_of_another_sender_is_told(
    words: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded = str(FIXTURES / "alertmanager.firing.json")

    assert main(["playbook", "test", recorded, str(ROOT / "playbooks"), *words]) == 2
    assert why in capsys.readouterr().err


@pytest.fixture
async def staged(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(tmp_path) as made:
        yield made


async def test_the_plans_are_those_that_the_world_gives(staged: Scene, tmp_path: Path) -> None:
    (alert, *_) = parsed("alertmanager.firing", "prod")
    found = chosen(SHIPPED.playbooks, alert, SHIPPED.conditions.judge)
    arm = SandboxEndpoint(staged.arm.url, staged.arm.ca_file)

    async with outside(settings_for(staged, tmp_path), utc_now, arm) as around:
        lines = "\n".join([line async for line in told(found, alert, "", around.world)])

    assert "plan: Deny 203.0.113.66 at the firewall, for cluster prod alone" in lines
    assert "undo: az rest --method put" in lines
    assert "would be refused: there is no pod prod/payments/checkout-7d9f-x2x1" in lines
