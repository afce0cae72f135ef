"""Too much at once: pods cut within minutes, by whomever, and the share of a namespace."""

from collections.abc import Sequence

import msgspec

from bot.domain.policy.limits import Flood


class Share(msgspec.Struct, frozen=True):
    """
    One namespace: pods asked for now, those that are cut already (or approved), and how many run there.

    ``running`` is ``None`` where it could not be read, which counts as too few.
    """

    namespace: str
    asked: int
    held: int
    running: int | None


class Crowd(msgspec.Struct, frozen=True):
    """Pods asked for now, pods of other requests whose word was given within the guard's minutes, and the shares."""

    asked: int
    lately: int
    shares: Sequence[Share] = ()


def flooding(flood: Flood, crowd: Crowd) -> str:
    """
    Return why this is too much at once, or an empty text.

    One pod alone is never too large a share: the smallest namespace has one pod that may be the suspect.
    """
    if not crowd.asked:
        return ""
    total = crowd.asked + crowd.lately
    if total > flood.pods:
        return f"with it {total} pods are cut within {flood.minutes} minutes, more than {flood.pods}"
    return next((why for share in crowd.shares if (why := _share(flood, share))), "")


def _share(flood: Flood, share: Share) -> str:
    cut = share.asked + share.held
    if cut <= 1:
        return ""
    if share.running is None:
        return f"with it {cut} pods of {share.namespace} are cut, and how many run there could not be seen"
    if cut * 100 <= flood.namespace_percent * share.running:
        return ""
    return (  # one may be named, and caught by a selector beside
        f"with it {min(cut, share.running)} of {share.running} pods of {share.namespace} are cut, "
        f"more than {flood.namespace_percent} %"
    )
