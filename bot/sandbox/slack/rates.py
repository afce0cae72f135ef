"""Slack's rate tiers, off unless switched on (docs.slack.dev/apis/web-api/rate-limits)."""

import math
from collections import deque
from dataclasses import dataclass, field

MINUTE = 60.0
PER_MINUTE = {1: 1, 2: 20, 3: 50, 4: 100}
TIERS = {
    "apps.connections.open": 3,
    "chat.delete": 3,
    "chat.postEphemeral": 4,
    "chat.update": 3,
    "conversations.history": 3,
    "conversations.info": 3,
    "conversations.list": 2,
    "conversations.members": 4,
    "conversations.open": 3,
    "conversations.replies": 3,
    "files.completeUploadExternal": 4,
    "files.getUploadURLExternal": 4,
    "usergroups.list": 2,
    "usergroups.users.list": 2,
    "users.info": 4,
    "users.list": 2,
    "views.open": 4,
    "views.publish": 4,
    "views.push": 4,
    "views.update": 4,
}


@dataclass(slots=True)
class Rates:
    """Counts calls per minute and method, and posts per second and channel."""

    on: bool = False
    _seen: dict[str, deque[float]] = field(default_factory=dict)

    def wait(self, method: str, channel: str, now: float) -> int:
        """Answer how many seconds the call is too early; 0 lets it through and counts it."""
        if not self.on:
            return 0
        if method == "chat.postMessage":
            return self._count(f"post:{channel}", 1, 1.0, now)
        most = PER_MINUTE.get(TIERS.get(method, 0))
        return self._count(method, most, MINUTE, now) if most else 0

    def _count(self, key: str, most: int, span: float, now: float) -> int:
        seen = self._seen.setdefault(key, deque())
        while seen and seen[0] <= now - span:
            seen.popleft()
        if len(seen) >= most:
            return max(1, math.ceil(seen[0] + span - now))
        seen.append(now)
        return 0
