"""Block Kit as Slack refuses it: every problem with its JSON pointer.

Limits: docs.slack.dev/reference/block-kit (blocks, elements, composition objects), the models of slack_sdk 3.47
and @slack/types 3.2. Blocks that the product does not use (card, carousel, data_table, plan, video ...) are known
by name and checked for their `block_id` only.
"""

from bot.sandbox.slack.blockkit.blocks import message_problems
from bot.sandbox.slack.blockkit.checks import Problem
from bot.sandbox.slack.blockkit.menus import menu_problems
from bot.sandbox.slack.blockkit.views import view_problems

__all__ = ["Problem", "menu_problems", "message_problems", "view_problems"]
