"""Whose an address was when something was seen: addresses of pods are given out again, logs keep them for days."""

from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec

from bot.domain.flows.asked import IN_CLUSTER, Asked, Subject
from bot.domain.flows.concerning import end as ends_of
from bot.domain.flows.concerning import remembered
from bot.domain.flows.flow import Endpoint, Flow
from bot.domain.flows.identities import NEAR, Known
from bot.domain.flows.merging import Answer
from bot.domain.flows.taken import Silent


def held(answers: Iterable[Answer], asked: Asked, known: Iterable[Known]) -> tuple[tuple[Answer, ...], int]:
    """
    Return the answers without what was seen of an address before a pod of the subject had it, and how much that was.

    What names a pod is told by that name. Without names an old row is of whoever had the address then: it may be of
    another namespace, which whoever asks may not see.
    """
    told, since = tuple(answers), _since(asked.subject, known)
    if not any(moment > asked.since for moment in since.values()):
        return told, 0
    kept = _keeping(asked.subject, since)
    found = tuple(
        each
        if isinstance(each, Silent)
        else msgspec.structs.replace(each, flows=tuple(filter(kept, each.flows)))
        for each in told
    )
    return found, sum(map(_many, told)) - sum(map(_many, found))


def _many(answer: Answer) -> int:
    return 0 if isinstance(answer, Silent) else len(answer.flows)


def _since(subject: Subject, known: Iterable[Known]) -> dict[str, datetime]:
    """Return from when on each address is a pod's of the subject."""
    since: dict[str, datetime] = {}
    own = set(subject.addresses) if subject.about in IN_CLUSTER else set()
    for one in known:
        if one.address in own and one.end.namespace == subject.namespace:
            moment = one.since - NEAR
            since[one.address] = min(moment, since.get(one.address, moment))
    return since


def _keeping(subject: Subject, since: dict[str, datetime]) -> Callable[[Flow], bool]:
    own = remembered(ends_of(subject))

    def kept(flow: Flow) -> bool:
        ends = [one for one in (flow.source, flow.destination) if own(one)]
        return not ends or not all(_before(one, flow.end, since) for one in ends)

    return kept


def _before(one: Endpoint, moment: datetime, since: dict[str, datetime]) -> bool:
    """Whether an end is the subject by nothing but an address that it did not have yet."""
    unnamed = not (one.pod or one.workload or one.namespace)
    return unnamed and one.address in since and moment < since[one.address]
