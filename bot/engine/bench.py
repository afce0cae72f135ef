"""What a self-test is handed: less than a whole bot has, since an operator's command line has no more."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.domain.selftests import Site
from bot.engine.context import Context, Pace
from bot.ports import Entropy, Objects, Store, World


@dataclass(frozen=True)
class Bench:
    """
    The ports, where each cluster is tested, and where a failure is told.

    ``operator`` is the account of the machine at whose command line it was asked for; empty for the bot by itself.
    """

    store: Store
    world: World
    objects: Objects
    entropy: Entropy
    sites: Mapping[str, Site]
    channels: Mapping[str, str] = field(default_factory=dict)
    pace: Pace = field(default_factory=Pace)
    call: timedelta = timedelta(seconds=20)
    operator: str = ""

    def channel(self, cluster: str) -> str:
        """Return the approval channel of a cluster, or of all (``*``); empty where there is none."""
        return self.channels.get(cluster) or self.channels.get("*", "")


def bench_of(context: Context) -> Bench:
    """Return what the bot tests with by itself."""
    return Bench(
        store=context.store,
        world=context.world,
        objects=context.objects,
        entropy=context.entropy,
        sites=context.self_tests,
        channels=context.channels,
        pace=context.pace,
        call=context.limits.call,
    )
