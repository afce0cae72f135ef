"""The evaluator against cyclonus, which we did not write: no difference without a ruling by the API reference."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from random import Random

import pytest

from tests.cyclonus.clusters import Cluster, made_up
from tests.cyclonus.differential import Case, Difference, cases, compared, theirs
from tests.cyclonus.rewriting import REWRITINGS

ROOT = Path(__file__).resolve().parents[2]
RULINGS = ROOT / "tests" / "domain" / "residual" / "rulings"
DOORS = 3
"""Ports that are tried for each pair."""
BATCHES, BATCH = 8, 24
LEAST = 20_000 // BATCHES


def tried(program: Path, seeds: Iterable[int]) -> tuple[int, list[Difference]]:
    """Return how many connections were compared, and where the two differ."""
    count, found = 0, list[Difference]()
    for seed in seeds:
        cluster = made_up(seed)
        world = cluster.world()
        assert not world.policies.gaps, "everything in these clusters is modelled"
        wanted = cases(world, Random(seed), DOORS)
        count += len(wanted)
        found += compared(program, cluster, wanted, REWRITINGS)
    return count, found


def unexplained(found: Iterable[Difference]) -> list[str]:
    return [f"{d.case}: we say {d.ours}, cyclonus {d.theirs}" for d in found if not d.ruling]


def test_some_hundred_connections_agree_with_cyclonus(cyclonus: Path) -> None:
    count, found = tried(cyclonus, range(4))

    assert count > 300
    assert unexplained(found) == []


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(BATCHES))
def test_thousands_of_connections_agree_with_cyclonus_but_for_the_rulings(cyclonus: Path, batch: int) -> None:
    first = 1000 + batch * BATCH
    count, found = tried(cyclonus, range(first, first + BATCH))

    print(f"{count} connections, differences: {dict(Counter(d.ruling for d in found))}")
    assert count >= LEAST
    assert unexplained(found) == []
    assert {name for d in found for name in d.ruling.split(", ")} <= {
        file.stem for file in RULINGS.glob("*.json")
    }


@pytest.mark.parametrize("file", sorted(RULINGS.glob("*.json")), ids=lambda file: file.stem)
def test_cyclonus_still_says_what_the_ruling_is_about(cyclonus: Path, file: Path) -> None:
    case = json.loads(file.read_text(encoding="utf-8"))
    cluster = Cluster(tuple(case["namespaces"]), (), tuple(case["pods"]), tuple(case["policies"]))
    world = cluster.world()
    ends = world.pod("x", case["source"]), world.pod("x", case["destination"])
    assert ends[0] is not None
    assert ends[1] is not None

    wanted = Case(ends[0], ends[1], case["protocol"], case["port"])
    assert theirs(cyclonus, cluster.policies, [wanted], world) == [case["cyclonus"]]


def test_no_address_of_a_registry_is_pinned_for_cyclonus() -> None:
    pins = {name: (Path(__file__).parent / name).read_text(encoding="utf-8") for name in ("go.mod", "go.sum")}

    assert [name for name, text in pins.items() if "://" in text] == []


@pytest.mark.parametrize(("required", "outcome", "status"), [("0", "1 skipped", 0), ("1", "1 error", 1)])
def test_without_cyclonus_and_go_tests_are_skipped_or_fail_where_it_is_required(
    tmp_path: Path, required: str, outcome: str, status: int
) -> None:
    bare = {"PATH": "", "XDG_CACHE_HOME": str(tmp_path), "TESTS_REQUIRE_CYCLONUS": required}
    kept = {name: value for name, value in os.environ.items() if name != "CYCLONUS"}
    one = f"{Path(__file__)}::test_some_hundred_connections_agree_with_cyclonus"
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", one]
    ended = subprocess.run(
        command, cwd=ROOT, env={**kept, **bare}, capture_output=True, text=True, check=False
    )

    assert outcome in ended.stdout
    assert "install Go and run" in ended.stdout
    assert ended.returncode == status
