"""Whose eyes one can look through, and what each may do here."""

from typing import Final

import msgspec

from bot.sandbox.scene import ALICE, BOB, CARA, GUEST, STRANGER


class Persona(msgspec.Struct, frozen=True):
    """One of the cast. ``forges``: no client would let this person do it, so what they send is forged."""

    id: str
    name: str
    role: str
    note: str
    forges: bool = False


CAST: Final = (
    Persona(
        ALICE, "Alice", "on call", "Alice is on call. She may ask for a containment, but not approve her own."
    ),
    Persona(BOB, "Bob", "approver", "Bob is in security. He approves what others ask for."),
    Persona(CARA, "Cara", "approver", "Cara is in security and owns the network. She approves too."),
    Persona(GUEST, "Guest", "guest account", "A guest sees the channel. The bot lets guests decide nothing."),
    Persona(
        STRANGER,
        "Mallory",
        "intruder",
        "Mallory is of another organisation and in no channel here. She saw the card over a shoulder and forges "
        "what she sends.",
        forges=True,
    ),
)
BY_ID: Final = {one.id: one for one in CAST}
