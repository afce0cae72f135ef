"""What a person gets to see after they acted."""

from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.slack.core import Core
from bot.sandbox.slack.courier import Delivery, Reply
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.tickets import ResponseUrl
from bot.sandbox.slack.views import View


@dataclass(frozen=True, slots=True)
class Answer:
    """The app's acknowledgement, and all that it said to this person since; the latter grows while the app works.

    `status` is the HTTP status (200 for an acknowledged envelope, 0 for none in 3 s); `error` is `timeout`,
    `no_connection` or empty.
    """

    user: str
    status: int
    body: Any
    error: str
    delivery: Delivery
    _core: Core = field(repr=False)
    _since: int = field(repr=False)
    _url: ResponseUrl | None = field(default=None, repr=False)

    @property
    def acked(self) -> bool:
        """Whether the app took it."""
        return self.status == 200

    @property
    def posts(self) -> tuple[Message, ...]:
        """What the acknowledgement and the response_url posted, as it stands now."""
        found = [
            self._core.ledger.find(channel, ts) for channel, ts in (self._url.posted if self._url else ())
        ]
        return tuple(message for message in found if message is not None)

    @property
    def ephemerals(self) -> tuple[Message, ...]:
        """Every message that only this person saw since they acted, whatever way it came, in its last state."""
        told: dict[str, Message] = {}
        for state in self._core.ledger.states[self._since :]:
            if state.message.only_for == self.user:
                told[state.message.ts] = state.message
        return tuple(told.values())

    @property
    def said(self) -> str:
        """All words of those messages, blocks included, one a line."""
        return "\n".join(
            words for each in self.ephemerals for words in (each.text, *texts(each.blocks)) if words
        )

    @property
    def errors(self) -> dict[str, str]:
        """The errors by block_id with which a submitted form was refused."""
        is_errors = isinstance(self.body, dict) and self.body.get("response_action") == "errors"
        return dict(self.body["errors"]) if is_errors else {}

    @property
    def offered(self) -> dict[str, tuple[str, ...]]:
        """What a search was answered with: values of options by the label of their group (empty: no groups)."""
        body = self.body if isinstance(self.body, dict) else {}
        groups = body.get("option_groups") or [{"label": {"text": ""}, "options": body.get("options", [])}]
        return {g["label"]["text"]: tuple(option["value"] for option in g["options"]) for g in groups}

    @property
    def view(self) -> View | None:
        """The modal that the person looks at now."""
        return self._core.views.top(self.user)

    @classmethod
    def of(cls, core: Core, user: str, delivery: Delivery, reply: Reply, since: int) -> "Answer":
        """Make the answer to an interaction that has no response_url."""
        return cls(user, reply.status, reply.body, reply.error, delivery, core, since)


def texts(value: Any) -> list[str]:
    """Collect every string that a reader sees in blocks, in order."""
    if isinstance(value, (list, tuple)):
        return [words for each in value for words in texts(each)]
    if not isinstance(value, dict):
        return []
    own = value.get("text")
    found = [own] if isinstance(own, str) else []
    return found + [words for name, each in value.items() if name != "confirm" for words in texts(each)]
