"""The pages of ``docs/alerts`` as tests read them: the blocks that stand in them, and the settings among those."""

import re
from pathlib import Path

from bot.settings import Settings, load

DOCS = Path(__file__).parents[2] / "docs" / "alerts"
PAGES = sorted(DOCS.glob("*.md"))
BLOCK = re.compile(r"(?ms)^```(\w+)\n(.*?)^```")
ETC = "/etc/firebreak/alerts/"
SECRET = "placeholder-" * 3
BASE = (
    '[slack]\nbot_token = "xoxb-1"\napp_token = "xapp-1"\nchannels = {"*" = "C0123"}\n'
    "[clusters.prod]\nin_cluster = true\n"
)


def blocks(page: Path, language: str) -> list[str]:
    """Return the blocks of one language."""
    return [text for kind, text in BLOCK.findall(page.read_text("utf-8")) if kind == language]


def loaded(folder: Path, text: str) -> Settings:
    """Load settings whose secrets are in files of a folder; all hold the same one."""
    for name in re.findall(rf"{ETC}([\w.-]+)", text):
        if not (folder / name).exists():
            (folder / name).write_text(SECRET, "utf-8")
    file = folder / "firebreak.toml"
    file.write_text(BASE + text.replace(ETC, f"{folder}/"), "utf-8")
    return load(file)
