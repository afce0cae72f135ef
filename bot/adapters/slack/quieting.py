"""The commands about alerts, carried to their use cases."""

from bot.adapters.slack import commands
from bot.domain.findings import Reply
from bot.domain.people import Principal
from bot.engine.alerted import Asking, alerts
from bot.engine.context import Context
from bot.engine.muting import Muting, Unmuting, mute, unmute


async def carry_out_alerts(
    context: Context, command: commands.Alerts | commands.Mute | commands.Unmute, person: Principal, key: str
) -> Reply:
    """Do what the command says, for the row of this key."""
    match command:
        case commands.Alerts(group_id, seconds):
            return await alerts(context, Asking(person, group_id, seconds), key)
        case commands.Mute(rule, seconds, reason, source):
            return await mute(context, Muting(person, rule, seconds, reason, source), key)
        case commands.Unmute(rule, reason, source):
            return await unmute(context, Unmuting(person, rule, reason, source), key)
