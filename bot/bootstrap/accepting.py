"""``firebreak audit accept``: go on with a restored database, and say why. The bot must be stopped."""

import argparse
import getpass
from contextlib import AsyncExitStack

from bot.adapters.slack.client import Slack
from bot.adapters.slack.installation import Installation
from bot.adapters.store import open_store
from bot.adapters.store.history import SqlHistory
from bot.bootstrap.anchors import anchors
from bot.bootstrap.believing import UsageError
from bot.bootstrap.entropy import SystemEntropy, utc_now
from bot.bootstrap.plainly import say
from bot.bootstrap.signing import signer
from bot.engine.accepting import Word, accept
from bot.engine.checkpointing import Seal
from bot.settings import load


async def accepting(given: argparse.Namespace) -> int:
    """Record the acceptance for every place that disagrees; return 1 where none does."""
    settings = load(given.settings)
    reason = given.reason.strip()
    if not reason:
        raise UsageError("the reason is empty: say why by --reason, it is recorded")
    key = signer(settings.audit, make=False)
    seal = Seal(settings.audit.origin, key, (key.verifier,))
    token = settings.slack.bot_token.get_secret_value
    async with (
        open_store(settings.database, clock=utc_now) as store,
        Slack(token, settings.slack.api_url) as slack,
    ):
        store.own()
        log = (store, SqlHistory(store.working), seal)
        async with AsyncExitStack() as stack:
            places = await anchors(stack, settings, (slack, Installation(slack)))
            found = await accept(log, places, SystemEntropy(), Word(getpass.getuser(), reason))
    for one in found:
        say(f"accepted, as record {one.accepted}: the checkpoint of {one.size} records at {one.place}")
    if not found:
        say("nothing to accept: this log continues every checkpoint that is kept outside")
    return 0 if found else 1
