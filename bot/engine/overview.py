"""What concerns one person now: what waits for them, what they hold, what stands, what needs somebody."""

from datetime import datetime

import msgspec

from bot.domain import policy as rules
from bot.domain.findings import Done, Refusal, Reply
from bot.domain.people import Principal, same_human
from bot.domain.policy.membership import groups_of
from bot.domain.requests import Request
from bot.domain.states import PartState
from bot.engine.alone import reviewers
from bot.engine.asking import membership
from bot.engine.context import Context
from bot.engine.reading import Shown, answered, line, may_read, show
from bot.engine.saying import refuse

TITLES = {
    "trouble": "Needs a person",
    "waiting": "Waits for you",
    "reviews": "Waits for your review",
    "held": "You hold",
    "active": "Active",
    "asked": "Waits for others",
}
LOOKED_AT = 200  # open requests, newest first
LISTED = 20  # lines of text


class Overview(msgspec.Struct, frozen=True):
    """
    Each open request once, in the first of these places that it fits, newest first.

    ``left`` counts open requests that were not looked at. Who may really do what is asked again with each click.
    """

    now: datetime
    trouble: tuple[Shown, ...] = ()
    waiting: tuple[Shown, ...] = ()
    reviews: tuple[Shown, ...] = ()
    held: tuple[Shown, ...] = ()
    active: tuple[Shown, ...] = ()
    asked: tuple[Shown, ...] = ()
    left: int = 0

    @property
    def empty(self) -> bool:
        """Whether nothing is open at all."""
        return not any(
            (self.trouble, self.waiting, self.reviews, self.held, self.active, self.asked, self.left)
        )


async def overview(context: Context, person: Principal) -> Overview | Refusal:
    """Return what a person sees, or why they may not."""
    refusal = await may_read(context, person)
    if refusal is not None:
        return refusal
    known = await membership(context, None, tuple(context.policy.groups))
    async with context.store.begin() as tx:
        found = await tx.requests.recent(open_only=True, limit=LOOKED_AT + 1)
        reviews = await tx.requests.unreviewed(LOOKED_AT)
        now = tx.now
    wanted = {request.id: request for request in (*found[:LOOKED_AT], *reviews)}
    shown = [one for request_id in wanted if (one := await show(context.store, request_id)) is not None]
    places: dict[str, list[Shown]] = {}
    for one in shown:
        places.setdefault(_place(context, one, person, known), []).append(one)
    left = max(0, len(found) - LOOKED_AT)
    return Overview(now, **{name: tuple(each) for name, each in places.items()}, left=left)


async def listing(context: Context, person: Principal, origin: str) -> Reply:
    """List what is open or active, as the Home does: what concerns this person first."""
    seen = await overview(context, person)
    if isinstance(seen, Refusal):
        return await refuse(context, origin, person, seen)
    told = [text for name, title in TITLES.items() for text in _listed(title, getattr(seen, name))]
    if seen.left:
        told.append(f"… and {seen.left} or more older ones: /ir status <id>")
    reply = Done("\n".join(told) or "Nothing is open and nothing is active.")
    await answered(context, person, reply, origin, "list")
    return reply


def _listed(title: str, shown: tuple[Shown, ...]) -> list[str]:
    if not shown:
        return []
    left = [f"… {len(shown) - LISTED} more"] if len(shown) > LISTED else []
    return [f"{title} ({len(shown)}):", *(line(one) for one in shown[:LISTED]), *left]


def _place(context: Context, one: Shown, person: Principal, known: rules.Membership) -> str:
    request = one.request
    if troubled(one):
        return "trouble"
    if one.state is PartState.PROPOSED:
        return "waiting" if _may_decide(one, person, known) else "asked"
    if _may_review(context, request, person, known):
        return "reviews"
    if request.held_by is not None and same_human(request.held_by, person):
        return "held"
    return "active"


def troubled(one: Shown) -> bool:
    """Whether it stands as nobody wanted it: a person must look."""
    return (
        one.overdue
        or one.state is PartState.NEEDS_HUMAN
        or any(row.drift or row.trouble for row in one.rows if row.active)
    )


def _may_decide(one: Shown, person: Principal, known: rules.Membership) -> bool:
    request = one.request
    if any(same_human(one, person) for one in request.own):
        return False
    voted = any(same_human(vote.voter, person) and not vote.void for vote in one.votes)
    return not voted and bool(groups_of(request.needs.mention, person, known))


def _may_review(context: Context, request: Request, person: Principal, known: rules.Membership) -> bool:
    review = request.review
    if review is None or not review.open:
        return False
    done = (*request.own, *(each.by for each in review.before))
    if any(same_human(one, person) for one in done):
        return False
    return bool(groups_of(reviewers(context.policy, request), person, known))
