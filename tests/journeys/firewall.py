"""What journeys ask of the firewall's double: how often it was written, and that its minutes pass."""

from bot.sandbox.scene import FOREIGN, POLICY
from tests.journeys.stage import Stage

ADDRESS = "203.0.113.7"
MINUTES = 300.0  # seconds on the firewall's own clock: longer than an ordinary update takes
GENEROUS = POLICY + "caps: {requests_per_person: 100, active_per_namespace: 50, active_per_cluster: 100}\n"


def puts(bot: Stage) -> int:
    """Return how many writes of the cluster's IP Group were asked for."""
    return len(bot.scene.arm.asked("PUT", bot.scene.estate.cluster_group))


def entries(bot: Stage) -> set[str]:
    """Return what stands in the cluster's IP Group, the colleagues' entry aside, which must be there."""
    found = set(bot.scene.arm.addresses(bot.scene.estate.cluster_group))
    assert FOREIGN in found, found
    return found - {FOREIGN}


async def until_puts(bot: Stage, count: int) -> None:
    """Wait until so many writes were asked for."""

    async def asked() -> bool:
        return puts(bot) >= count

    await bot.until(asked)
