"""What a self-test writes: two canaries that listen, two that call, and the very policy that a quarantine writes."""

from typing import Final

from bot.domain.actions import NAME_PREFIX
from bot.domain.canary import LONGEST, Aim, Canary, Role, pod
from bot.domain.changes import Create
from bot.domain.isolation import LABEL, mark
from bot.domain.isolation.allowances import Allowances
from bot.domain.isolation.cutting import Cut
from bot.domain.isolation.network_policy import floor
from bot.domain.selectors import Selector
from bot.domain.selftests.values import SelfTest

PORT: Final = 8080
CONTROL: Final = "control"
TARGET: Final = "target"
SERVER: Final = "server"
START: Final = 60
"""Seconds that each pair may take to start; whoever is called outlives whoever calls by as much."""
UNCHANGED: Final = 8
"""Tries that end alike before a caller ends early: a network that is slow to come up is no cut."""


def listeners(test: SelfTest, seconds: int) -> tuple[Create, Create]:
    """Return the pod that both callers call, and the one that the policy will isolate from them."""
    lasting = min(seconds + 2 * START, LONGEST - START)
    return (
        _canary(test, SERVER, Role.SERVER, seconds=lasting, listen=PORT),
        _canary(test, TARGET, Role.INSIDE, seconds=lasting, listen=PORT),
    )


def callers(test: SelfTest, server: str, target: str, seconds: int) -> tuple[Create, Create]:
    """Return the caller beside the policy, and the one that it will isolate, given the addresses of the listeners."""
    beside = (Aim(CONTROL, server, PORT), Aim(TARGET, target, PORT))
    return (
        _canary(test, "outside", Role.OUTSIDE, *beside, seconds=seconds),
        _canary(test, "inside", Role.INSIDE, Aim(SERVER, server, PORT), seconds=seconds),
    )


def policy(test: SelfTest) -> Create:
    """Return the isolating policy, as a quarantine writes it for this label."""
    value = mark(test.id, 0)
    cut = Cut(test.cluster, test.namespace, value, test.id, Selector({LABEL: value}))
    change = floor(cut, Allowances()).change
    assert isinstance(change, Create)
    return change


def _canary(test: SelfTest, name: str, role: Role, *aims: Aim, seconds: int, listen: int = 0) -> Create:
    canary = Canary(
        test.cluster,
        test.namespace,
        f"{NAME_PREFIX}canary-{test.id.lower()}-{name}",
        test.node,
        test.image,
        test.id,
        role,
        mark=mark(test.id, 0) if role is Role.INSIDE else "",
        listen=listen,
        seconds=seconds,
        unchanged=UNCHANGED,
    )
    return pod(canary, aims)
