"""A small Azure Resource Manager with firewall policies, rule groups, IP Groups, firewalls and locks behind it.

For `firebreak sandbox`, where no subscription exists, and for tests. Driven by the real SDK:

    async with ArmDouble() as double:
        group = double.stage.add_ip_group("block", ["203.0.113.7"])
        client = NetworkManagementClient(
            credential, SUBSCRIPTION, base_url=double.url, connection_verify=str(double.ca_file), polling_interval=0
        )
        poller = await client.ip_groups.begin_create_or_update(RESOURCE_GROUP, "block", body)
        double.advance(300)
        await poller.result()

What it leaves out on purpose: everything the bot never calls (deleting, other resource types), role assignments
(denials are faults), Entra tokens (any bearer token will do), moving traffic.
"""

from bot.sandbox.azure.double import ArmDouble
from bot.sandbox.azure.faults import ANY_PUT, Fault, LostAnswer, LostRequest, Match, NullAnswer, Run, Then
from bot.sandbox.azure.staging import REGION, RESOURCE_GROUP, SUBSCRIPTION, Stage
from bot.sandbox.azure.world import Behaviour

__all__ = [
    "ANY_PUT",
    "REGION",
    "RESOURCE_GROUP",
    "SUBSCRIPTION",
    "ArmDouble",
    "Behaviour",
    "Fault",
    "LostAnswer",
    "LostRequest",
    "Match",
    "NullAnswer",
    "Run",
    "Stage",
    "Then",
]
