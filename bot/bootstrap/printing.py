"""Commands that read a file or the catalogue and print: policy, rbac, slack manifest."""

import argparse
import json
import sys

import yaml

from bot.actions import CATALOGUE
from bot.adapters.policy import load
from bot.domain.policy import explain, lints
from bot.engine import rbac as rights


async def policy(given: argparse.Namespace) -> int:
    """Validate a policy and say it in plain words; exits 1 with warnings on standard error."""
    read = load(given.file, tuple(CATALOGUE))
    print(explain(read), end="")
    return 1 if lints(read) else 0


async def rbac(given: argparse.Namespace) -> int:
    """Print the manifests as YAML documents, in the order to apply them."""
    made = rights.manifests(given.namespace, given.service_account, namespaces=tuple(given.only or ()))
    yaml.safe_dump_all(made, sys.stdout, sort_keys=False, width=110)
    return 0


async def slack(given: argparse.Namespace) -> int:
    """Print the app manifest as JSON."""
    from bot.adapters.slack.manifest import manifest

    print(json.dumps(manifest(given.slash, given.transport, given.url), indent=2))
    return 0
