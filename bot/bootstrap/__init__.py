"""The composition root: settings become adapters, adapters become the engine. Nothing else names an adapter."""

import argparse
import asyncio
import importlib

VERBS = {
    "serve": "serving",
    "check": "checking",
    "migrate": "migrating",
    "audit": "auditing",
    "evidence": "evidencing",
    "people": "thawing",
    "policy": "printing",
    "playbook": "playing",
    "rbac": "printing",
    "slack": "printing",
    "sandbox": "rehearsing",
}


def run(given: argparse.Namespace) -> int:
    """Run the command that was parsed and return its exit code; only what it needs is imported."""
    module = importlib.import_module(f"{__name__}.{VERBS[given.command]}")
    code: int = asyncio.run(getattr(module, given.command)(given))
    return code
