"""An emulated Slack workspace: the Web API, Socket Mode and signed requests, as far as an app can tell.

`World` says who and what there is, `Workspace` runs it. Its behaviour follows docs.slack.dev; where the documents are
silent or disagree it takes the reading that is harder on the app. Not there: external menus on messages, Grid,
scheduled and streamed messages, OAuth, search and admin methods, and events that Slack would send by itself.
"""

from bot.sandbox.slack.answers import Answer
from bot.sandbox.slack.clock import SandboxClock
from bot.sandbox.slack.errors import NotPossibleError
from bot.sandbox.slack.faults import AnswerLost, Closed, Hang, RateLimited, Refused, ServerError, Slow
from bot.sandbox.slack.messages import Message, State
from bot.sandbox.slack.people import App, Channel, Group, User
from bot.sandbox.slack.signing import Attack
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.slack.world import World

__all__ = [
    "Answer",
    "AnswerLost",
    "App",
    "Attack",
    "Channel",
    "Closed",
    "Group",
    "Hang",
    "Message",
    "NotPossibleError",
    "RateLimited",
    "Refused",
    "SandboxClock",
    "ServerError",
    "Slow",
    "State",
    "User",
    "Workspace",
    "World",
]
