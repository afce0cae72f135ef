"""
Whether what stands under a canary's name is the very pod that was written, and still only that.

Its message decides a verdict, so whoever can write pods beside it would like to write one: as another pod of its name, by
what is mounted or set in its container, or by a container that joins it later. Its identity is the one that the API gave
to our own write; what admission and API server fill in by themselves is left out. A change that was taken back is still
told by the pod's generation, which every change of its spec raises (since Kubernetes 1.33; none is told before).
"""

from typing import Any, Final

import msgspec

from bot.domain.canary.body import CONTAINER
from bot.domain.changes import Create
from bot.domain.documents import Document
from bot.domain.reading import cut

TOPOLOGY: Final = ("topology.kubernetes.io/region", "topology.kubernetes.io/zone")
"""Labels that the API server copies from the node (``PodTopologyLabels``, on by default since Kubernetes 1.35)."""
NEVER_OF_THE_POD: Final = (
    *("initContainers", "ephemeralContainers", "volumes", "hostNetwork", "hostPID", "hostIPC", "hostAliases"),
    *("shareProcessNamespace", "dnsConfig", "resourceClaims", "runtimeClassName"),
)
"""What a canary has none of."""
_OURS: Final = ("image", "command", "args")
_FILLED_IN: Final = frozenset(
    {
        *("name", "resources", "securityContext", "imagePullPolicy"),
        *("terminationMessagePath", "terminationMessagePolicy"),
    }
)
"""What the API server fills in, or nobody can change later, beside what is compared word for word."""
LOG: Final = "/dev/termination-log"

_Map = dict[str, Any]


class _Meta(msgspec.Struct, frozen=True, rename="camel"):
    uid: str = ""
    generation: int = 0
    labels: dict[str, str] = {}
    deletion_timestamp: str | None = None


class _Pod(msgspec.Struct, frozen=True):
    metadata: _Meta
    spec: _Map


def unlike(create: Create, uid: str, body: Document) -> str | None:
    """Return what of the pod that stands there is not ours, in words that may hold text from outside. Never raises."""
    try:
        ours, now = (msgspec.json.decode(text, type=_Pod) for text in (create.body.text, body.text))
        wanted, stands = (msgspec.convert(one.spec.get("containers"), list[_Map]) for one in (ours, now))
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError):
        return "it could not be understood"
    if not uid or now.metadata.uid != uid:
        return "it is another pod of that name"
    if now.metadata.deletion_timestamp is not None:
        return "somebody deleted it"
    if [box.get("name") for box in stands] != [CONTAINER]:
        return "it has other containers"
    return (
        _around(ours.spec, now.spec)
        or _changed(wanted[0], stands[0])
        or _labels(ours.metadata.labels, now.metadata.labels)
        or ("somebody changed it, and back again" if now.metadata.generation > 1 else None)
    )


def _around(wanted: _Map, stands: _Map) -> str | None:
    added = next((key for key in NEVER_OF_THE_POD if stands.get(key)), None)
    if added is not None:
        return f"it was given {added}"
    return None if stands.get("nodeName") == wanted.get("nodeName") else "its node is another"


def _changed(wanted: _Map, stands: _Map) -> str | None:
    if stands.get("image") != wanted["image"]:
        return f"its image is {cut(str(stands.get('image')), 120)}"
    if any(stands.get(key) != wanted[key] for key in _OURS):
        return "its command is another"
    if stands.get("terminationMessagePath", LOG) != LOG:
        return "its message is another file"
    added = next((key for key, value in stands.items() if value and key not in {*_OURS, *_FILLED_IN}), None)
    return None if added is None else f"its container was given {cut(added, 60)}"


def _labels(wanted: dict[str, str], stands: dict[str, str]) -> str | None:
    kept = {key: value for key, value in stands.items() if key not in TOPOLOGY}
    odd = sorted(key for key in wanted.keys() | kept.keys() if wanted.get(key) != kept.get(key))
    return f"its label {cut(odd[0], 120)} is another" if odd else None
