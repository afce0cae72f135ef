"""What takes the bot out of service, and what is only told."""

import aiohttp
from prometheus_client import CollectorRegistry

from bot.adapters.web.server import serving


async def test_an_anchor_that_is_not_well_is_told_but_takes_nobody_their_bot() -> None:
    wrong: dict[str, str] = {}
    noted = {"anchor slack:C0AUDIT": "it did not take the newest checkpoint"}
    async with (
        serving(("127.0.0.1", 0), lambda: wrong, CollectorRegistry(), noted=lambda: noted) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as web,
    ):
        async with web.get("/readyz") as answer:
            assert (answer.status, (await answer.json())["noted"]) == (200, noted)

        wrong["database"] = "away"
        async with web.get("/readyz") as answer:
            told = await answer.json()
            assert (answer.status, told["wrong"], told["noted"]) == (503, wrong, noted)
