"""Fixtures that tests of every folder may use; what only one folder needs lives in its own conftest."""

pytest_plugins = ["tests.controlplane.fixtures", "tests.postgres"]
