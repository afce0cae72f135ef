"""Ten thousand active leases at rest: how much of a core the engine takes, beside the goal of one percent."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from bot.adapters.store import SqlStore
from bot.domain.lanes import Contribution
from bot.domain.states import Event
from bot.engine.lease import refreshed
from bot.engine.routing import NoObjects
from bot.engine.running import run
from tests.bench.bare import engine
from tests.bench.figures import Figure

LEASES, SECONDS = 10_000, 20.0
