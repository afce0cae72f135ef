"""What an external menu takes as the answer to a search (docs.slack.dev/reference/interaction-payloads/block_suggestion-payload)."""

from collections.abc import Mapping

from bot.sandbox.slack.blockkit.checks import Problem, Shape, array
from bot.sandbox.slack.blockkit.objects import OPTION_GROUP, PLAIN_OPTION

_OPTIONS = Shape({"options": array(PLAIN_OPTION, 100, 0)}, {})
_GROUPS = Shape({"option_groups": array(OPTION_GROUP, 100)}, {})


def menu_problems(answer: object) -> tuple[Problem, ...]:
    """Say why Slack would show nothing of an answer: neither options nor groups, too many, too long."""
    grouped = isinstance(answer, Mapping) and "option_groups" in answer
    return tuple((_GROUPS if grouped else _OPTIONS)(answer, ""))
