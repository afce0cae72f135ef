"""The key of the audit log, from the settings: for those who sign, and for those who believe."""

import hashlib
import json

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from bot.adapters.keys.ed25519 import Ed25519Signer
from bot.adapters.keys.files import KeyFileError, load, load_or_create
from bot.engine.checkpointing import Seal
from bot.settings import AuditSettings, Settings


def signer(audit: AuditSettings, *, make: bool = False) -> Ed25519Signer:
    """
    Return the key in the settings' file; ``make`` makes it at first start, where the settings allow that.

    A key that is given, not made, may be a mounted Secret that the group can read. Raises ``KeyFileError``.
    """
    if make and audit.generate_key:
        return load_or_create(audit.key_file, audit.origin)
    try:
        return load(audit.key_file, audit.origin, mounted=not audit.generate_key)
    except FileNotFoundError:
        raise KeyFileError(
            f"there is no signing key {audit.key_file}: mount it, or restore it from its backup (audit.key_file)"
        ) from None


def seal(audit: AuditSettings) -> Seal:
    """Return what the log is signed with while the bot runs. Raises ``KeyFileError``."""
    key = signer(audit, make=True)
    return Seal(audit.origin, key, (key.verifier,))


def settings_hash(settings: Settings) -> str:
    """Return SHA-256, in hex, over the settings in force; secrets and the database's password are masked."""
    told = settings.model_dump(mode="json")
    told["database"] = _without_password(settings.database)
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _without_password(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return ""
