"""Another program that takes flows from a relay until killed: it keeps relay and machine as busy as a question of ours does."""

import asyncio
import sys

from tests.bench.flows import bare


async def main(port: int) -> None:
    """Say once that it has begun."""
    print("listening", flush=True)
    await bare(port)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
