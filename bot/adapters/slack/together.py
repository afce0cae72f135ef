"""The commands about incidents and the record, carried to their use cases."""

from bot.adapters.slack import commands
from bot.domain.findings import Reply
from bot.domain.people import Principal
from bot.engine.checking import check
from bot.engine.context import Context
from bot.engine.incidents import Closing, Opening, close, listing, open_incident
from bot.engine.taking import Taking, prove, report
from bot.engine.undoing import Undoing, undo

Together = (
    commands.Open | commands.Close | commands.Incidents | commands.Undo | commands.Report | commands.Verify
)


async def carry_out_together(
    context: Context, command: Together, person: Principal, key: str, place: str
) -> Reply:
    """Do what the command says; ``place`` is the channel where it was typed, which may mean an incident."""
    match command:
        case commands.Open(title, private):
            return await open_incident(context, Opening(person, title, place, private), key)
        case commands.Close(incident_id, reason):
            return await close(context, Closing(person, incident_id, reason, place), key)
        case commands.Incidents():
            return await listing(context, person, key)
        case commands.Undo(root, digest, reason):
            return await undo(context, Undoing(person, root, digest, reason, place), key)
        case commands.Report(subject):
            return await report(context, Taking(person, subject, place), key)
        case commands.Verify(request_id):
            asked = Taking(person, request_id, place)
            return await (prove(context, asked, key) if request_id else check(context, person, key))
