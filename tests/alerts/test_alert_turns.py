"""Posts that come at once are read one at a time: whoever else the loop serves gets a turn between any two."""

import asyncio
import json
from itertools import pairwise
from typing import Any

import pytest

from bot.adapters.alerts import door
from tests.adapters.alerts.recorded import body
from tests.alerts.conftest import Post
from tests.alerts.senders import TOKEN, bearer

POSTS, ALERTS = 12, 10


def several(number: int) -> bytes:
    """Return a post that takes a while to read, and is not read beside the loop."""
    sent = json.loads(body("alertmanager.firing"))
    sent["alerts"] = [{**sent["alerts"][0], "fingerprint": f"{number}-{each}"} for each in range(ALERTS)]
    raw = json.dumps(sent).encode()
    assert door.TINY < len(raw) <= door.SMALL
    return raw


async def test_between_any_two_posts_that_are_read_everybody_else_has_a_turn(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    plain = door._packed

    def noted(*given: Any) -> Any:
        seen.append("post")
        return plain(*given)

    async def others() -> None:
        while True:
            seen.append("others")
            await asyncio.sleep(0)

    monkeypatch.setattr(door, "_packed", noted)
    turns = asyncio.create_task(others())
    statuses = await asyncio.gather(
        *(post.send("alertmanager", several(number), bearer(TOKEN)) for number in range(POSTS))
    )
    turns.cancel()

    assert set(statuses) == {200}
    assert seen.count("post") == POSTS
    assert ("post", "post") not in set(pairwise(seen))
