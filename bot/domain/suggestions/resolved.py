"""What the cluster says of the subjects that an alert names. An alert's word alone is never acted upon."""

from enum import StrEnum

import msgspec

from bot.domain.alerts import Subject


class Standing(StrEnum):
    """Whether a subject is there."""

    FOUND = "found"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class Resolved(msgspec.Struct, frozen=True):
    """
    A subject, and what was seen of it.

    ``text`` tells people in one line what it is (``Pod on node-1, of Deployment api``; ``a Service's address: default/api``;
    ``one of the firewall's own addresses``) or why that could not be learnt; names in it are from outside. ``ours``: an
    address of the cluster, of the firewall or of Azure itself, which no playbook blocks. ``held`` is the request that
    stands for it, or is being carried out; ``loose`` the one that is on record for it and does not hold it, as far as is
    known; ``text`` says what is known of it, and empty is none. ``taken``: no other can be planned while that one has it.
    """

    subject: Subject
    standing: Standing
    text: str
    ours: bool = False
    held: str = ""
    loose: str = ""
    taken: bool = False
