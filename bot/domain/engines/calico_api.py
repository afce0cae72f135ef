"""
Whether ``projectcalico.org/v3`` is what Calico reads, or definitions that somebody left behind.

Beside Calico's storage (``crd.projectcalico.org/v1``) it is an API server of Calico's own that shows and writes that
storage, and the APIService of the group then names its Service. Where the group is served from plain definitions all the
same, Felix reads one of the two and nothing says which (Calico, "Calico API server" and "Native v3 CRDs").
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from bot.domain import refs
from bot.domain.actions import Grant
from bot.domain.engines.answers import served
from bot.domain.queries import Answer, Asked, Found, Get, Query, Unavailable, kube
from bot.domain.reading import cut

NAME: Final = "v3.projectcalico.org"
GRANTS: Final = (
    Grant(refs.API_SERVICE.group, refs.API_SERVICE.plural, ("get",), namespaced=False, names=(NAME,)),
)


class _Spec(msgspec.Struct, frozen=True):
    service: dict[str, object] | None = None


class _ApiService(msgspec.Struct, frozen=True):
    spec: _Spec = _Spec()


def question(cluster: str) -> Get:
    """Ask who serves the group."""
    return Get(kube(cluster, refs.API_SERVICE, "", NAME))


def both(serves: Iterable[str] | None) -> bool:
    """Whether the group and Calico's storage are both served, so that it must be asked which of them counts."""
    return {refs.CALICO_POLICY.served, refs.CALICO_STORED_POLICY.served} <= set(serves or ())


def ruling_kinds(asked: Asked) -> tuple[refs.Kind, ...]:
    """
    Return the kinds of policies to list.

    Calico's own API shows what its stored objects hold: where it is surely that, those would say everything twice.
    """
    kinds = served(asked, refs.RULING_KINDS)
    shown = refs.CALICO_GLOBAL_POLICY in kinds and not doubt(asked)
    return tuple(kind for kind in kinds if not (shown and kind.group == refs.CALICO_STORED_POLICY.group))


def doubt(asked: Iterable[tuple[Query, Answer]]) -> str:
    """Return why what is written to the group may do nothing; empty where it is Calico's own, or was not asked."""
    for query, answer in asked:
        if isinstance(query, Get) and query == question(_cluster(query)):
            return _doubted(answer)
    return ""


def _cluster(query: Get) -> str:
    return query.ref.cluster if isinstance(query.ref, refs.KubeRef) else ""


def _doubted(answer: Answer) -> str:
    match answer:
        case Unavailable(why):
            return f"whether Calico reads projectcalico.org is not known: {cut(why)}"
        case Found(body=body) if not _aggregated(body.text):
            return (
                "projectcalico.org is served from plain definitions beside Calico's storage, "
                "and which of the two Calico reads is not known"
            )
        case _:
            return ""


def _aggregated(body: str) -> bool:
    try:
        return msgspec.json.decode(body, type=_ApiService).spec.service is not None
    except (msgspec.DecodeError, RecursionError):
        return False
