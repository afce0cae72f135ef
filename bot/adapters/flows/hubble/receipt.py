"""One answer while it comes in. Each message is one small step: nothing here grows with the stream beyond the limit."""

from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from google.protobuf.message import DecodeError

from bot.adapters.flows.hubble.reading import Reader, moment
from bot.adapters.flows.hubble.tally import Tally
from bot.adapters.flows.hubble.wire import message
from bot.domain.errors import DeniedError
from bot.domain.flows.flow import Flow

LARGEST: Final = 16 * 1024
"""Bytes of one flow that is looked at. One has some hundred; what is larger is left out and counted."""

BUDGET: Final = 128 * 1024 * 1024
"""Bytes of messages whose flows are kept at once: what a hundred thousand have thrice over."""

PATIENCE: Final = 1000
"""Messages that nobody understands, before the first that is: what answers is no relay."""


class Receipt:
    """The newest flows of an answer, up to a limit, and what was lost. A relay sends in the order of time."""

    def __init__(self, source: str, wanted: Callable[[Flow], bool], limit: int) -> None:
        self.tally = Tally()
        self.kept: deque[Flow] = deque()
        self.told = 0
        self.understood = 0
        self.last: datetime | None = None
        self._wanted = wanted
        self._limit, self._weight = max(limit, 1), 0
        self._weights: deque[int] = deque()
        self._read = Reader(source).flow
        self._decode = message("GetFlowsResponse").FromString

    def take(self, raw: bytes) -> None:
        """
        Take one message.

        Raises ``DeniedError`` when so much was not understood that this is no relay.
        """
        try:
            if len(raw) > LARGEST:
                raise ValueError("no flow is as large")  # noqa: TRY301 - counted with what cannot be decoded
            self._take(self._decode(raw), len(raw))
        except (DecodeError, ValueError, OverflowError):
            self.tally.garbled += 1
            if not self.understood and self.tally.garbled >= PATIENCE:
                text = "what answers does not speak Hubble's protocol as we know it"
                raise DeniedError("NotHubble", text) from None
            return
        self.understood += 1

    def _take(self, response: Any, weight: int) -> None:
        match response.WhichOneof("response_types"):
            case "flow":
                flow = self._read(response.flow, response.node_name)
                if flow is not None:
                    self.last = flow.start
                    if self._wanted(flow):
                        self._keep(flow, weight)
            case "node_status":
                self.tally.node(response.node_status)
            case "lost_events":
                self.tally.lost(response.lost_events, response.node_name)
            case _:
                raise ValueError("neither flow nor word of a node")

    def _keep(self, flow: Flow, weight: int) -> None:
        self.told += 1
        self.kept.append(flow)
        self._weights.append(weight)
        self._weight += weight
        while len(self.kept) > self._limit or self._weight > BUDGET:
            self.kept.popleft()
            self._weight -= self._weights.popleft()

    @property
    def truncated(self) -> bool:
        """Whether there was more than is kept."""
        return self.told > len(self.kept)


class Edges:
    """The oldest (or newest) time that each node still holds."""

    def __init__(self) -> None:
        self.at: dict[str, datetime] = {}

    def take(self, raw: bytes) -> None:
        """Take one message; what is not understood says nothing."""
        try:
            response = message("GetFlowsResponse").FromString(raw)
            if response.WhichOneof("response_types") == "flow":
                node = (response.flow.node_name or response.node_name).rpartition("/")[2]
                self.at[node] = moment(response.flow.time)
        except (DecodeError, ValueError, OverflowError):
            return
