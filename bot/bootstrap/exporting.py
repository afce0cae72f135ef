"""``firebreak audit export``: the log, or one request's part of it with proofs, to be verified anywhere."""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bot.adapters.keys.ed25519 import Ed25519Signer
from bot.adapters.store.reading import LogSnapshot, read_log
from bot.bootstrap.believing import NO_KEY, Belief, UsageError, belief, outside, settings_of
from bot.bootstrap.keeping import blobs_of, kept_by
from bot.bootstrap.signing import signer
from bot.bootstrap.writing import whole_file
from bot.domain.audit import checkpoint
from bot.domain.audit.check import Row, Words
from bot.domain.audit.checkpoint import Checkpoint
from bot.domain.audit.export import FORMAT, Header, Item, Kind, Link, export as lines_of
from bot.domain.audit.merkle import Prover
from bot.domain.audit.notes import NoteError
from bot.domain.errors import AuditError
from bot.settings import Settings

MOST_CHECKPOINTS = 10_000  # in the header of a whole export: they place a fault, the newest proves
MOST_LINKS = 500  # in a part: about 1 kB each


class _Asked(msgspec.Struct):
    request: str = ""


_asked = msgspec.json.Decoder(_Asked)
