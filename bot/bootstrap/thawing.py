"""``firebreak people``: who is frozen, and letting them act again. The bot may run meanwhile: rows are all it shares."""

import argparse
import getpass
import os

from bot.adapters.store import open_store
from bot.bootstrap.entropy import SystemEntropy, utc_now
from bot.bootstrap.plainly import plain_output
from bot.domain.errors import FirebreakError
from bot.domain.people import Principal
from bot.engine.thaw import Thaw, frozen_accounts, unfreeze
from bot.settings import load


async def people(given: argparse.Namespace) -> int:
    """Run one verb and return its exit code: 1 where nobody of that name is frozen."""
    settings = load(given.settings)
    async with open_store(settings.database, clock=utc_now) as store:
        with plain_output(gone=1):
            if given.verb == "frozen":
                for one in await frozen_accounts(store):
                    print(f"{one.principal.key} frozen {one.at:%Y-%m-%d %H:%M:%S} UTC after {one.request_id}")
                return 0
            thaw = Thaw(operator(), _account(given.account), given.reason.strip())
            if not thaw.reason:
                raise FirebreakError("the reason is empty: say why by --reason, it is recorded")
            if not await unfreeze(store, SystemEntropy(), thaw):
                print(f"{thaw.account.key} is not frozen; `firebreak people frozen` lists who is.")
                return 1
            print(f"{thaw.account.key} may act again.")
            return 0


def _account(text: str) -> Principal:
    try:
        return Principal.parse(text)
    except ValueError as error:
        raise FirebreakError(f"{text!r} is no account: {error}; write it as TEAM:USER") from None


def operator() -> str:
    """Return the account of the machine; in a container it may have a number only."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
