"""Log Analytics from the settings: what is wrong stops the start, and what is right is asked under the settings' names."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.azure.client import SandboxEndpoint
from bot.bootstrap.house import Laboratory
from bot.bootstrap.outside import outside
from bot.domain.flows.asked import About, Asked, Subject
from bot.sandbox.loganalytics import LogAnalyticsDouble
from bot.settings import Settings, SettingsError, load
from tests.adapters.flows.analytics import NOW

SLACK = '[slack]\nbot_token = "xoxb-1"\napp_token = "xapp-1"\nchannels = {"*" = "C0123"}\n'
POLICY = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg/providers/Microsoft.Network/firewallPolicies/root"
AZURE = (
    '[azure]\nsubscription = "00000000-0000-4000-8000-000000000001"\n'
    f'root_policy = "{POLICY}"\nrule_group = "{POLICY}/ruleCollectionGroups/ir-bot"\n'
)
GUID = "00000000-0000-4000-8000-0000000000a1"


def loaded(folder: Path, lines: str) -> Settings:
    file = folder / "firebreak.toml"
    file.write_text(f"{SLACK}{AZURE}{lines}", encoding="utf-8")
    return load(file)


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        ("[azure.log_analytics]\n", "needs workspace_id"),
        ('[azure.log_analytics]\nworkspace_id = "my-workspace"\n', "azure.log_analytics.workspace_id"),
        (f'[azure.log_analytics]\nclusters = {{Prod = "{GUID}"}}\n', "azure.log_analytics.clusters"),
        ('[azure.log_analytics]\nclusters = {prod = "x"}\n', "azure.log_analytics.clusters"),
        (
            f'[azure.log_analytics]\nworkspace_id = "{GUID}"\nsources = ["all"]\n',
            "azure.log_analytics.sources",
        ),
        (f'[azure.log_analytics]\nworkspace_id = "{GUID}"\nrows = 1000000\n', "azure.log_analytics.rows"),
        (f'[azure.log_analytics]\nworkspace_id = "{GUID}"\nkey = "x"\n', "azure.log_analytics.key"),
    ],
)
def test_what_cannot_be_asked_stops_the_start_with_its_name(tmp_path: Path, lines: str, named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        loaded(tmp_path, lines)


async def test_without_the_section_nothing_is_opened(tmp_path: Path) -> None:
    async with LogAnalyticsDouble(lambda: NOW) as double:
        endpoint = SandboxEndpoint(double.url, double.ca_file)

        async with outside(loaded(tmp_path, ""), lambda: NOW, endpoint, endpoint) as around:
            assert around.flows == ()


async def test_the_sources_that_are_named_are_opened_and_answer(tmp_path: Path) -> None:
    lines = f'[azure.log_analytics]\nclusters = {{prod = "{GUID}"}}\nsources = ["firewall", "kube-audit"]\n'
    async with LogAnalyticsDouble(lambda: NOW) as double:
        table = double.workspace(GUID).table("AZFWNetworkRule")
        table.add(
            SourceIp="10.1.0.4",
            DestinationIp="203.0.113.7",
            Action="Deny",
            TimeGenerated=NOW - timedelta(minutes=5),
        )
        lab = Laboratory(logs=SandboxEndpoint(double.url, double.ca_file), clock=lambda: NOW)

        async with outside(loaded(tmp_path, lines), lab.clock, lab.logs, lab.logs) as around:
            firewall, audit = around.flows
            subject = Subject(About.ADDRESS, "203.0.113.7")
            taken = await firewall.ask(Asked("prod", subject, NOW - timedelta(minutes=15), NOW), 20.0)

    assert (firewall.name, audit.name) == ("firewall", "kube-audit")
    assert (firewall.serves("prod"), firewall.serves("staging")) == (True, False)
    assert len(taken.flows) == 1
