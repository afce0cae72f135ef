"""The JSON Schema of policy.yaml, for editors: ``python -m bot.adapters.policy.schema > docs/policy.schema.json``."""

import json
import sys
from typing import Any

import msgspec

from bot.domain.policy.durations import FORM, Duration
from bot.domain.policy.policies import Policy


def schema_text() -> str:
    """Return the schema (draft 2020-12) as the file holds it, with a newline at its end."""
    (ref,), definitions = msgspec.json.schema_components(
        [Policy], schema_hook=_custom, ref_template="#/$defs/{name}"
    )
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Firebreak policy, version 1",
        **ref,
        "$defs": definitions,
    }
    return json.dumps(whole, indent=2, sort_keys=True) + "\n"


def _custom(kind: type) -> dict[str, Any]:
    if kind is not Duration:
        raise NotImplementedError(kind.__name__)
    return {
        "type": "string",
        "pattern": f"^{FORM}$",
        "description": "A whole number and s, m, h or d: 30m, 4h, 1d.",
    }


if __name__ == "__main__":
    sys.stdout.write(schema_text())
