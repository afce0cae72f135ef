"""``docs/alerts/alertmanager.md`` as Alertmanager itself reads it."""

import subprocess
from pathlib import Path

import pytest

from tests.alertmanager.programs import Programs
from tests.alerts.pages import DOCS, blocks

# Where the cache is empty the programs are downloaded first, which may take minutes.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_what_the_page_says_is_a_configuration_that_alertmanager_takes(
    programs: Programs, tmp_path: Path
) -> None:
    (text,) = blocks(DOCS / "alertmanager.md", "yaml")
    config = tmp_path / "alertmanager.yml"
    config.write_text(text, "utf-8")
    checked = _amtool(programs, "check-config", config)
    labelled = _amtool(programs, "config", "routes", "test", f"--config.file={config}", "firebreak=true")
    other = _amtool(programs, "config", "routes", "test", f"--config.file={config}", "team=shop")

    assert checked.returncode == 0, checked.stderr
    assert "2 receivers" in checked.stdout
    assert labelled.stdout.strip() == "firebreak,default"
    assert other.stdout.strip() == "default"


def _amtool(programs: Programs, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([programs.amtool, *words], capture_output=True, text=True, check=False)
