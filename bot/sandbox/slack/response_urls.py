"""Posts to a response_url: an answer to the person who acted, by default to them alone."""

from dataclasses import replace
from typing import Any

from bot.sandbox.slack.api.call import Call
from bot.sandbox.slack.api.content import read_content
from bot.sandbox.slack.core import Core
from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.messages import Content, Message
from bot.sandbox.slack.tickets import ResponseUrl

TRUE = (True, "true", "1", 1)


def post_response(core: Core, path: str, body: dict[str, Any]) -> None:
    """Spend one post of the address. Raises `ApiError`: expired_url, used_url, or what chat.postMessage refuses."""
    url = core.tickets.spend(path)
    source = core.ledger.find(url.origin.channel, url.origin.message_ts)
    if body.get("delete_original") in TRUE:
        _delete(core, source)
        return
    content = replace(read_content(Call(core, body, frozenset())), metadata=None)
    if body.get("replace_original") in TRUE and source is not None:
        core.ledger.update(source.channel, source.ts, content)
        return
    answer(core, url, content, body)


def answer(
    core: Core, url: ResponseUrl, content: Content, body: dict[str, Any], via: str = "response_url"
) -> None:
    """Show what the app says to an interaction: to the person alone unless `response_type` is in_channel."""
    alone = "" if body.get("response_type") == "in_channel" else url.origin.user
    new = Message(url.origin.channel, "", core.world.app.bot_user, content, str(body.get("thread_ts") or ""))
    made = core.ledger.post(replace(new, only_for=alone, via=via))
    url.posted.append((made.channel, made.ts))
    core.bell.ring()


def _delete(core: Core, source: Message | None) -> None:
    if source is None:
        raise ApiError("message_not_found")
    core.ledger.delete(source.channel, source.ts)
