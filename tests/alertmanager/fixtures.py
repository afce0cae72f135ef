"""The real programs; where they can't be had the tests are skipped, or fail where `TESTS_REQUIRE_ALERTMANAGER=1` is set (CI)."""

import os

import pytest

from tests.alertmanager.programs import Programs, ProgramsMissingError, ensure


@pytest.fixture(scope="session")
def programs() -> Programs:
    """Return Prometheus and Alertmanager, taken from apt if need be."""
    try:
        found = ensure()
        found.try_out()
    except ProgramsMissingError as missing:
        if os.environ.get("TESTS_REQUIRE_ALERTMANAGER") == "1":
            pytest.fail(str(missing), pytrace=False)
        pytest.skip(str(missing))
    return found
