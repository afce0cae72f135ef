"""
Writes the generated files of ``deploy/kubernetes``: ``python -m tests.actions.generated``.

A test compares them with what the catalogue says, so that nobody edits them by hand or forgets to write them.
"""

from pathlib import Path

import yaml

from bot.engine.rbac import manifests

NAMESPACE = SERVICE_ACCOUNT = "firebreak"
RBAC = Path(__file__).parents[2] / "deploy" / "kubernetes" / "rbac.yaml"
HEADER = "# Generated from the catalogue of actions by `firebreak rbac`. Do not edit.\n"


def rbac() -> str:
    """Return the text of ``rbac.yaml``."""
    return HEADER + yaml.safe_dump_all(manifests(NAMESPACE, SERVICE_ACCOUNT), sort_keys=False, width=110)


if __name__ == "__main__":
    RBAC.write_text(rbac(), encoding="utf-8")
