"""Asks what an explanation needs, and gives it."""

from bot.domain import panorama
from bot.domain.explain.point import decision
from bot.domain.explain.sight import found, names, nodes, questions, sight
from bot.domain.explain.whole import account
from bot.domain.explain.wish import Wish
from bot.domain.findings import Refusal
from bot.domain.queries import Rounds
from bot.domain.telling import Told


def explanation(wish: Wish) -> Rounds[Told | Refusal]:
    """Return who can talk to whom and why, or why it cannot be said."""
    queries = (*panorama.first(wish.cluster), *questions(wish))
    asked = tuple(zip(queries, (yield queries), strict=True))
    refusal = panorama.unreachable(wish.cluster, asked)
    pods = refusal or found(wish, asked)
    if isinstance(pods, Refusal):
        return pods
    queries = panorama.second(wish.cluster, sorted(nodes(wish, asked, pods)), asked)
    asked = (*asked, *zip(queries, (yield queries), strict=True))
    queries = panorama.narrower(wish.cluster, (space for space, _ in names(wish)), asked)
    if queries:
        asked = (*asked, *zip(queries, (yield queries), strict=True))
    seen = sight(wish, asked, pods)
    if isinstance(seen, Refusal):
        return seen
    return account(seen) if wish.toward is None else decision(seen, wish.toward)
