"""The program, built after collection and before any timeout runs; without it the tests skip and say why."""

import os
from pathlib import Path

import pytest

from tests.cyclonus.binaries import CYCLONUS, ProgramMissingError

_FAILED = pytest.StashKey[str]()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build here: a fixture's time counts towards the timeout of the first test that wants it."""
    wanted = any("cyclonus" in getattr(item, "fixturenames", ()) for item in session.items)
    if session.config.option.collectonly or not wanted:
        return
    try:
        CYCLONUS.ensure(("cyclonus",))
    except ProgramMissingError as error:
        session.config.stash[_FAILED] = str(error)


@pytest.fixture(scope="session")
def cyclonus(request: pytest.FixtureRequest) -> Path:
    """Return the program, or end the test: skipped, or failed where `TESTS_REQUIRE_CYCLONUS=1` is set (CI)."""
    failed = request.config.stash.get(_FAILED, "")
    try:
        if not failed:
            return CYCLONUS.ensure(("cyclonus",))["cyclonus"]
    except ProgramMissingError as missing:
        failed = str(missing)
    if os.environ.get("TESTS_REQUIRE_CYCLONUS") == "1":
        pytest.fail(failed, pytrace=False)
    pytest.skip(failed)
