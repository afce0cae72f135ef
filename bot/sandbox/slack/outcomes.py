"""What Slack does with the body of an acknowledgement."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.sandbox.slack.api.call import Call
from bot.sandbox.slack.api.content import read_content
from bot.sandbox.slack.api.modals import check_view
from bot.sandbox.slack.blockkit import menu_problems
from bot.sandbox.slack.core import Core
from bot.sandbox.slack.courier import Reply
from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.response_urls import answer
from bot.sandbox.slack.tickets import ResponseUrl
from bot.sandbox.slack.views import View


def after_slash(core: Core, url: ResponseUrl, reply: Reply) -> Reply:
    """Show the text or blocks of a command's acknowledgement; what Slack would refuse becomes `error`."""
    if reply.status != 200 or not reply.body:
        return reply
    body = {"text": reply.body} if isinstance(reply.body, str) else dict(reply.body)
    if not (body.get("text") or body.get("blocks")):
        return reply
    try:
        content = replace(read_content(Call(core, body, frozenset())), metadata=None)
    except ApiError as refused:
        return replace(reply, error=refused.name)
    answer(core, url, content, body, via="ack")
    return reply


def after_submission(core: Core, view: View, reply: Reply) -> Reply:
    """Do what a form's acknowledgement says: close, errors, update, push or clear."""
    if reply.status != 200:
        return reply
    body = reply.body if isinstance(reply.body, Mapping) else {}
    try:
        _respond(core, view, body)
    except ApiError as refused:
        return replace(reply, error=refused.name)
    return reply


def after_suggestion(reply: Reply) -> Reply:
    """Hold what a search was answered with against what a menu takes; what Slack would not show becomes `error`."""
    if reply.status != 200:
        return reply
    problems = menu_problems(reply.body)
    return replace(reply, error=str(problems[0])) if problems else reply


def _respond(core: Core, view: View, body: Mapping[str, Any]) -> None:
    match body.get("response_action"):
        case "errors":
            _check_errors(view, body.get("errors"))
        case "update":
            core.views.replace(view.id, check_view(body.get("view")))
        case "push":
            core.views.push(view.user, check_view(body.get("view")))
        case "clear":
            core.views.clear(view.user)
        case None:
            core.views.close(view)
        case _:
            raise ApiError("invalid_response_action")


def _check_errors(view: View, errors: Any) -> None:
    inputs = {block["block_id"] for block in view.blocks if block.get("type") == "input"}
    if not isinstance(errors, Mapping) or not errors or not set(errors) <= inputs:
        raise ApiError("invalid_errors")
    if any(not re.search(r"\S", str(words)) for words in errors.values()):
        raise ApiError("invalid_errors")
