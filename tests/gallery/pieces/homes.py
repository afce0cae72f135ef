"""The App Home: empty, busy, and of somebody who may not read."""

from collections.abc import Iterator
from datetime import timedelta

import msgspec

from bot.adapters.slack.home.painting import home
from bot.domain.findings import Refusal, Verdict
from bot.domain.requests import Mode, Review
from bot.domain.states import PartState
from bot.engine.overview import Overview
from bot.engine.reading import Shown
from tests.adapters.slack.staging import LONG_NAME, NOW, plan_of, pod_part, shown
from tests.gallery.piece import Piece

S = PartState
LINK = "https://example.slack.com/archives/C0IR/p1700000000000001"


def pieces() -> Iterator[Piece]:
    """Return each Home as the bot publishes it."""
    yield Piece("home-empty", "home", home(Overview(NOW), {}), "A Home on which nothing is open.")
    yield Piece("home-busy", "home", _busy(), "A Home with something of every kind, each with its buttons.")
    many = tuple(_named(n, shown(plan=plan_of(pod_part(LONG_NAME)))) for n in range(20))
    crowded = home(Overview(NOW, waiting=many, left=7), {})
    yield Piece("home-long", "home", crowded, "A Home with twenty requests of the longest names.")
    refused = Refusal("not-a-member", "only members of on-call, security may read here", "Ask one of them.")
    yield Piece("home-refused", "home", home(refused, {}), "The Home of somebody who may not read.")


def _busy() -> dict[str, object]:
    until = NOW + timedelta(hours=3)
    hurt = shown(S.NEEDS_HUMAN, lease_until=until, row={"trouble": "left: NetworkPolicy payments/x"})
    late = shown(S.APPLIED, lease_until=NOW - timedelta(hours=1), overdue=True)
    solo = shown(S.APPLIED, lease_until=until, mode=Mode.SOLO, review=Review(NOW))
    held = shown(S.APPLIED, lease_until=until, row={"verdict": Verdict.CONTAINED})
    every = [hurt, late, shown(), solo, held, shown(S.APPLIED, lease_until=until), shown()]
    one, two, three, four, five, six, seven = (_named(n, each) for n, each in enumerate(every))
    seen = Overview(NOW, (one, two), (three,), (four,), (five,), (six,), (seven,))
    return home(seen, {each.request.id: LINK for each in (one, two, three, four, five, six, seven)})


def _named(number: int, one: Shown) -> Shown:
    request = msgspec.structs.replace(one.request, id=f"FB-7K{number:02}")
    return msgspec.structs.replace(one, request=request)
