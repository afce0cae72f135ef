"""Why a request was made, where an alert began it: it can be found, and undone, by that."""

import msgspec


class Cause(msgspec.Struct, frozen=True):
    """
    What led to a request. It never says who asked: that is a person, or a playbook that acts by itself (``auto``).

    ``group`` is the id of the alerts' group, ``suggestion`` that of the suggestion, ``step`` its step, from 0 on, or -1 for
    all that can be done in one plan. ``version`` and ``sha256`` are those of the playbook when it was suggested.
    """

    group: str
    suggestion: str
    step: int
    playbook: str
    version: int
    sha256: str
    auto: bool = False
