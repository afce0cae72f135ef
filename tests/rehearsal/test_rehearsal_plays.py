"""The rehearsal as `make rehearse` runs it: played once, and looked at from several sides."""

import json
import re
from pathlib import Path

from rich.cells import cell_len

from tests.rehearsal.conftest import Run

STEPS = 16


def test_every_step_holds_and_what_is_left_verifies_elsewhere(
    firebreak: Run, tmp_path: Path, temporary: Path
) -> None:
    export = tmp_path / "audit.jsonl"

    played = firebreak("sandbox", "--rehearse", "--export", str(export), COLUMNS="200")

    assert (played.code, played.err) == (0, ""), played.out  # which names the step
    assert f"All {STEPS} steps held" in played.out
    assert "NOT HELD" not in played.out
    assert list(temporary.iterdir()) == []
    _reads_well_in_a_pipe(played.out)
    _tells_the_whole_story(played.out)
    _verifies(firebreak, export, played.out)


def _reads_well_in_a_pipe(out: str) -> None:
    wide = [line for line in out.splitlines() if cell_len(line.rstrip()) > 80 and "audit verify" not in line]
    assert wide == []
    assert "\x1b" not in out


def _tells_the_whole_story(out: str) -> None:
    scenes = re.findall(r"^ (\d+)  (\w+)", out, re.MULTILINE)
    assert [int(number) for number, _ in scenes] == list(range(1, STEPS + 1))
    for said in (
        "FIRING, says Alertmanager",
        "a storm: 200 alerts of it are one card",
        "presses [ Prepare 2: block… ] on the card of the alert",
        "presses [ Prepare 3: quarantine… ] on the card of the alert",
        "✅ BeaconingPod · critical · prod/payments · 200 alerts",
        "Rolling back 2 of 2 containments of alert g-",
        "Refused: you asked for this",
        "Refused: this is a guest account",
        "Refused: this person is not a member of this workspace",
        "STAYS OPEN: out to the internet on all ports, allowed by NetworkPolicy",
        "NOTHING KNOWN STAYS OPEN · forecast FULL",
        "verdict INCONCLUSIVE",
        "ROLLED BACK",
        "first bad record: ",
    ):
        assert said in " ".join(out.replace("│", " ").split())
    assert "verdict CONTAINED" not in out


def _verifies(firebreak: Run, export: Path, out: str) -> None:
    key = out.splitlines()[-1].strip()
    assert json.loads(export.read_bytes().splitlines()[0])["key"] == key

    verified = firebreak("audit", "verify", str(export), "--key", key)

    assert verified.code == 0
    assert verified.out.startswith("SOUND")


def test_an_export_never_takes_the_place_of_another_file(firebreak: Run, tmp_path: Path) -> None:
    taken = tmp_path / "taken.jsonl"
    taken.write_text("mine", encoding="utf-8")

    refused = firebreak("sandbox", "--rehearse", "--export", str(taken))

    assert refused.code == 2
    assert "is there already" in refused.err
    assert refused.out == ""
    assert taken.read_text(encoding="utf-8") == "mine"
