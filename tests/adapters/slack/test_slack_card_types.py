"""Slack's own published types (@slack/types, checked by the TypeScript compiler) accept every card."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.adapters.slack.card import deny_modal, details, paint, paint_preview
from bot.domain.states import PartState
from bot.engine.reading import Shown
from tests.adapters.slack.staging import APPROVERS, shown
from tests.adapters.slack.strange import anything_shown

CACHE = Path(__file__).parents[3] / "build" / "slack-types"
PACKAGES = ("@slack/types@3.2.0", "typescript@7.0.2")
LINE = "export const b{0} = ({1}) satisfies KnownBlock[];\n"
VIEW = "export const v{0} = ({1}) satisfies ModalView;\n"


@pytest.fixture(scope="module")
def compiler() -> Path:
    """Return the folder with the compiler and the types, fetched once into the build folder."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed, and Slack's types are checked by TypeScript")
    CACHE.mkdir(parents=True, exist_ok=True)
    if not (CACHE / "node_modules" / "@slack" / "types").exists():
        command = [npm, "install", "--no-save", "--ignore-scripts", "--no-audit", "--prefix", str(CACHE)]
        try:
            done = subprocess.run([*command, *PACKAGES], capture_output=True, timeout=300, check=False)
        except subprocess.TimeoutExpired:
            pytest.skip("npm did not answer in time, so Slack's types could not be fetched")
        if done.returncode:
            pytest.skip(f"Slack's types could not be fetched: {done.stderr[-200:]!r}")
    return CACHE


def complaints(compiler: Path, source: str) -> str:
    """Return what the TypeScript compiler says of a module."""
    (compiler / "cards.ts").write_text(source, encoding="utf-8")
    tsc = compiler / "node_modules" / "typescript" / "bin" / "tsc"
    command = ["node", str(tsc), "--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "cards.ts"]
    done = subprocess.run(command, cwd=compiler, capture_output=True, text=True, timeout=240, check=False)
    return done.stdout + done.stderr if done.returncode else ""


def module(cards: list[Shown]) -> str:
    """Return a TypeScript module that holds every block and view to Slack's types."""
    lines = ['import type { KnownBlock, ModalView } from "@slack/types";\n']
    for index, one in enumerate(cards):
        blocks = [*paint(one, APPROVERS).blocks, *paint_preview(one.request).blocks]
        lines.append(LINE.format(index, json.dumps(blocks)))
        lines.append(VIEW.format(index, json.dumps(details(one))))
    return "".join(lines) + VIEW.format("d", json.dumps(deny_modal("FB-7K3Q", 1, "0" * 12)))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_slacks_types_accept_the_card_of_every_state(compiler: Path) -> None:
    assert complaints(compiler, module([shown(state) for state in PartState])) == ""


@pytest.mark.slow
@pytest.mark.timeout(900)
@settings(deadline=None, max_examples=3, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
@given(cards=st.lists(anything_shown(), min_size=1, max_size=3))
def test_slacks_types_accept_whatever_a_request_holds(compiler: Path, cards: list[Shown]) -> None:
    assert complaints(compiler, module(cards)) == ""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_slacks_types_refuse_what_is_no_block(compiler: Path) -> None:
    wrong = [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]

    head = 'import type { KnownBlock } from "@slack/types";\n'
    assert "mrkdwn" in complaints(compiler, head + LINE.format(0, json.dumps(wrong)))
