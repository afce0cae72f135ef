"""The emulator's program; where it can't be had the tests are skipped, or fail if TESTS_REQUIRE_LOCAL_SLACK=1."""

import os
from pathlib import Path

import pytest

from tests.localslack.binary import EmulatorMissingError, ensure


@pytest.fixture(scope="session")
def program() -> Path:
    """Return local-slack, installed if need be."""
    try:
        return ensure()
    except EmulatorMissingError as missing:
        if os.environ.get("TESTS_REQUIRE_LOCAL_SLACK") == "1":
            pytest.fail(str(missing), pytrace=False)
        pytest.skip(str(missing))
