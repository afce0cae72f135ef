"""Where the evaluator and cyclonus differ: who is right by the API reference, each as a case."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.domain.residual import Connection, verdict
from tests.domain.residual.build import named, world

FOLDER = Path(__file__).parent / "rulings"
RULINGS = sorted(FOLDER.glob("*.json"))


def ruling(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("file", RULINGS, ids=lambda file: file.stem)
def test_the_ruling_of_the_api_reference_is_what_we_answer(file: Path) -> None:
    case = ruling(file)
    there = world(case["pods"], case["policies"])
    ends = named(there, case["source"], "x"), named(there, case["destination"], "x")

    assert verdict(Connection(*ends, case["protocol"], case["port"]), there).allowed is case["ours"]
    assert case["ours"] is not case["cyclonus"]
    assert case["ruling"]
    assert case["reference"]
