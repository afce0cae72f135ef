"""`ArmDouble`: a small Azure Resource Manager that remembers, over HTTPS on 127.0.0.1."""

from aiohttp import web

from bot.sandbox.azure.clock import DoubleClock
from bot.sandbox.azure.errors import Json
from bot.sandbox.azure.faults import ANY_PUT, Fault, FaultQueue, Match
from bot.sandbox.azure.journal import Recorded
from bot.sandbox.azure.operations import Operation
from bot.sandbox.azure.resources import IpGroup, key
from bot.sandbox.azure.server import Front
from bot.sandbox.azure.shapes import document
from bot.sandbox.azure.staging import RESOURCE_GROUP, SUBSCRIPTION, Stage
from bot.sandbox.azure.world import Behaviour, World
from bot.sandbox.served import Served

_ORDINARY = Behaviour()


class ArmDouble(Served):
    """Use as `async with ArmDouble() as double:`, or `start` and `stop`.

    Clients: `base_url=double.url`, `connection_verify=str(double.ca_file)`. Nothing sleeps: the owner turns the
    clock (`advance`), or each poll does (`Behaviour.turn_per_poll`), and the SDK polls as fast as its
    `polling_interval` says, because the double sends `Retry-After: 0` unless told otherwise.
    """

    def __init__(self, behaviour: Behaviour = _ORDINARY) -> None:
        super().__init__()
        self._world = World(DoubleClock(behaviour.speed), behaviour)
        self._faults = FaultQueue()
        self._front = Front(self._world, self._faults, lambda: self.url)
        self.stage = Stage(self._world)

    def application(self) -> web.Application:
        """Return what answers."""
        return self._front.application()

    def stage_in(self, subscription: str = SUBSCRIPTION, resource_group: str = RESOURCE_GROUP) -> Stage:
        """Return a stage for another subscription or resource group."""
        return Stage(self._world, subscription, resource_group)

    @property
    def now(self) -> float:
        """Seconds on the double's clock."""
        return self._world.clock.now()

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass here and end what is due."""
        self._world.clock.turn(seconds)
        self._world.settle()

    def fail_next(self, fault: Fault, match: Match = ANY_PUT, times: int = 1) -> None:
        """Give the next `times` requests that fit a fault; faults queue up, the oldest that fits is taken."""
        self._faults.add(fault, match, times)

    @property
    def faults_waiting(self) -> tuple[tuple[Match, Fault], ...]:
        """The faults that no request has met yet."""
        return self._faults.waiting()

    @property
    def requests(self) -> tuple[Recorded, ...]:
        """Everything that was asked, in order; credentials are not kept."""
        return tuple(self._front.recorded)

    def asked(self, method: str, path: str = "") -> tuple[Recorded, ...]:
        """Return the requests of one method whose path contains `path`, without regard to case."""
        match = Match(method, path)
        return tuple(request for request in self.requests if match.fits(request.method, request.path))

    @property
    def operations(self) -> tuple[Operation, ...]:
        """Every update that was accepted, the bot's and the colleagues', in order."""
        self._world.settle()
        return tuple(self._world.operations.values())

    def document(self, resource: str) -> Json:
        """Return a resource as a GET would answer it now; raises KeyError if there is none."""
        self._world.settle()
        return document(self._world, self._world.resources[key(resource)])

    def state(self, resource: str) -> str:
        """Return the provisioning state that a GET would show now; raises KeyError if there is no such resource."""
        return str(self.document(resource)["properties"]["provisioningState"])

    def addresses(self, ip_group: str) -> tuple[str, ...]:
        """Return the addresses in an IP Group; raises KeyError if there is no such group."""
        group = self._world.resources[key(ip_group)]
        if not isinstance(group, IpGroup):
            raise KeyError(ip_group)
        return group.addresses
