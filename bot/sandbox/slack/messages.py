"""Messages, and every state that each of them ever had."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Change = Literal["posted", "updated", "deleted"]
Blocks = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Content:
    """What a message says."""

    text: str = ""
    blocks: Blocks = ()
    attachments: Blocks = ()
    metadata: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """
    A message as it stands. `only_for` is the one person who sees an ephemeral; `via` is the door it came through.

    `files` are the ids of what is attached.
    """

    channel: str
    ts: str
    author: str
    content: Content
    thread_ts: str = ""
    broadcast: bool = False
    only_for: str = ""
    via: str = "api"
    edited: str = ""
    files: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The plain text (notification and fallback)."""
        return self.content.text

    @property
    def blocks(self) -> Blocks:
        """The blocks, with the ids that Slack adds where the app gave none."""
        return self.content.blocks

    @property
    def metadata(self) -> Mapping[str, Any] | None:
        """The event metadata, if any."""
        return self.content.metadata

    @property
    def ephemeral(self) -> bool:
        """Whether only one person sees it."""
        return bool(self.only_for)


@dataclass(frozen=True, slots=True)
class State:
    """One state in a message's life, at so many seconds of the emulator's clock."""

    at: float
    change: Change
    message: Message


@dataclass(slots=True)
class Ledger:
    """All messages, by (channel, ts); an ephemeral is kept apart from what conversations.history shows."""

    seconds: Callable[[], float]
    wall: Callable[[], float]
    changed: Callable[[], None]
    states: list[State] = field(default_factory=list)
    _now: dict[tuple[str, str], Message] = field(default_factory=dict)
    _last: int = 0
    _ids: Iterator[int] = field(default_factory=itertools.count)

    def post(self, message: Message) -> Message:
        """Store a new message under a fresh ts; `message.ts` is ignored."""
        placed = replace(message, ts=self.stamp())
        return self._record("posted", replace(placed, content=self._named(placed.content)))

    def update(self, channel: str, ts: str, content: Content) -> Message:
        """Replace what a message says."""
        old = self._now[channel, ts]
        return self._record("updated", replace(old, content=self._named(content), edited=self.stamp()))

    def delete(self, channel: str, ts: str) -> Message:
        """Take a message away; its states stay known."""
        gone = self._now[channel, ts]
        self._record("deleted", gone)
        del self._now[channel, ts]
        return gone

    def find(self, channel: str, ts: str) -> Message | None:
        """Find a message that still stands."""
        return self._now.get((channel, ts))

    def standing(self, channel: str | None = None) -> tuple[Message, ...]:
        """List what stands, oldest first, ephemerals included."""
        return tuple(each for each in self._now.values() if channel in {None, each.channel})

    def stamp(self) -> str:
        """Make a ts: seconds since 1970 with six digits, never twice the same."""
        self._last = max(self._last + 1, int(self.wall() * 1_000_000))
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"

    def _record(self, change: Change, message: Message) -> Message:
        self._now[message.channel, message.ts] = message
        self.states.append(State(self.seconds(), change, message))
        self.changed()
        return message

    def _named(self, content: Content) -> Content:
        return replace(content, blocks=tuple(self._name(block) for block in content.blocks))

    def _name(self, block: Mapping[str, Any]) -> Mapping[str, Any]:
        named = {**block, "block_id": block.get("block_id") or f"blk{next(self._ids)}"}
        if isinstance(block.get("elements"), list) and block.get("type") == "actions":
            named["elements"] = [self._act(each) for each in block["elements"]]
        if isinstance(block.get("accessory"), Mapping):
            named["accessory"] = self._act(block["accessory"])
        return named

    def _act(self, element: Mapping[str, Any]) -> Mapping[str, Any]:
        given = element.get("action_id")
        return (
            element
            if given or element.get("type") == "image"
            else {**element, "action_id": f"act{next(self._ids)}"}
        )
