"""The JSON Schema of a playbook, for editors: ``python -m bot.adapters.policy.playbooks.schema > docs/playbook.schema.json``."""

import json
import sys

import msgspec

from bot.domain.playbooks import Playbook


def schema_text() -> str:
    """Return the schema (draft 2020-12) as the file holds it, with a newline at its end."""
    (ref,), definitions = msgspec.json.schema_components([Playbook], ref_template="#/$defs/{name}")
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Firebreak playbook",
        **ref,
        "$defs": definitions,
    }
    # Python writes the ends of a text as \A and \Z; JSON Schema's dialect of patterns knows ^ and $ alone.
    text = json.dumps(whole, indent=2, sort_keys=True)
    return text.replace('"\\\\A', '"^').replace('\\\\Z"', '$"') + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
