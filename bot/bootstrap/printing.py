"""Commands that read a file or the catalogue and print: policy, rbac, slack manifest."""

import argparse
import json
import sys

import yaml

from bot.actions import CATALOGUE
from bot.adapters.policy import load
from bot.bootstrap.plainly import plain_output
from bot.domain.errors import FirebreakError
from bot.domain.policy import explain, lints
from bot.engine import rbac as rights

READER_GONE = 141  # as a shell tells a program that SIGPIPE ended


async def policy(given: argparse.Namespace) -> int:
    """Validate a policy and say it in plain words; exits 1 with warnings on standard error."""
    with plain_output(READER_GONE):
        read = load(given.file, tuple(CATALOGUE))
        print(explain(read), end="")
    return 1 if lints(read) else 0


async def rbac(given: argparse.Namespace) -> int:
    """Print the manifests as YAML documents, in the order to apply them."""
    try:
        engines = tuple(name.strip() for name in given.engines.split(",") if name.strip())
        width = rights.Width(engines, given.detach, given.workloads, tuple(given.ranges or ()), given.canary)
    except ValueError as error:
        raise FirebreakError(str(error)) from None
    if given.self_test_namespace:
        return _self_test(given)
    made = rights.manifests(
        given.namespace,
        given.service_account,
        given.username,
        namespaces=tuple(given.only or ()),
        width=width,
    )
    lives_there = any(each["kind"] == "ServiceAccount" for each in made)
    space = (rights.own_namespace(given.namespace),) if lives_there and not given.no_namespace else ()
    with plain_output(READER_GONE):
        yaml.safe_dump_all((*space, *made), sys.stdout, sort_keys=False, width=110)
    return 0


def _self_test(given: argparse.Namespace) -> int:
    if not given.canary:
        raise FirebreakError("--self-test-namespace needs --canary IMAGE: the pods of a self-test run it")
    bot = (given.namespace, given.service_account, given.username)
    with plain_output(READER_GONE):
        made = rights.self_test(given.self_test_namespace, given.canary, bot)
        yaml.safe_dump_all(made, sys.stdout, sort_keys=False, width=110)
    return 0


async def slack(given: argparse.Namespace) -> int:
    """Print the app manifest as JSON. Raises ``FirebreakError`` for a transport that lacks its address."""
    from bot.adapters.slack.manifest import manifest

    try:
        made = manifest(given.transport, given.url)
    except ValueError as error:
        raise FirebreakError(f"{error}: give --url https://...") from None
    with plain_output(READER_GONE):
        print(json.dumps(made, indent=2))
    return 0
