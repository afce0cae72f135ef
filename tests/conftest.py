"""Fixtures that tests of every folder may use; what only one folder needs lives in its own conftest."""

import os

from hypothesis import HealthCheck, settings

pytest_plugins = [
    "tests.alertmanager.fixtures",
    "tests.browser.fixtures",
    "tests.controlplane.fixtures",
    "tests.postgres",
]

# A shared machine may be slow at any moment: no test fails by a deadline, and none asserts a time.
_slow = (HealthCheck.too_slow,)
settings.register_profile("default", max_examples=20, deadline=None, suppress_health_check=_slow)
settings.register_profile("landing", max_examples=60, deadline=None, suppress_health_check=_slow)
settings.register_profile("full", max_examples=300, deadline=None, suppress_health_check=_slow)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
