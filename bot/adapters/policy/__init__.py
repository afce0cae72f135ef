"""policy.yaml: read, checked against the types, and described by a JSON Schema."""

from bot.adapters.policy.errors import PolicyError
from bot.adapters.policy.files import load, parse

__all__ = ["PolicyError", "load", "parse"]
