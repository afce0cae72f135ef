"""Whether two plans are the same but for the id of the request: each plan names what it makes after its own."""

import hashlib
import re

from bot.domain.digests import Terms, bound, short
from bot.domain.plans import Plan

_ANY = Terms(0, "", 0)


def likeness(plan: Plan, request_id: str) -> str:
    """
    Return a short digest of what a plan changes and where, the same whatever id it was made under.

    Lease and quorum are no part of it: a suggestion has neither.
    """
    covered = bound(plan, _ANY).text
    nameless = re.sub(re.escape(request_id), "*", covered, flags=re.IGNORECASE) if request_id else covered
    return short(hashlib.sha256(nameless.encode()).hexdigest())
