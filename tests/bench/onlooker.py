"""Another program that lists the crowd again and again: it keeps cluster and machine as busy as a plan of ours does."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import yaml

from bot.adapters.kubernetes.lists import PAGE

PODS = "/api/v1/namespaces/payments/pods"


async def main(found: Any) -> None:
    """List the pods of a kubeconfig's first cluster until killed; says once that it has begun."""
    server: str = found["clusters"][0]["cluster"]["server"]
    headers = {"Authorization": f"Bearer {found['users'][0]['user']['token']}"}
    async with aiohttp.ClientSession(server, headers=headers) as session:
        print("looking", flush=True)
        while True:
            await _list(session)


async def _list(session: aiohttp.ClientSession) -> None:
    following = ""
    while True:
        given = {"limit": str(PAGE), "continue": following} if following else {"limit": str(PAGE)}
        async with session.get(PODS, params=given) as answer:
            page: Any = msgspec.json.decode(await answer.read())
        following = page["metadata"].get("continue", "")
        if not following:
            return


if __name__ == "__main__":
    asyncio.run(main(yaml.safe_load(Path(sys.argv[1]).read_text(encoding="utf-8"))))
