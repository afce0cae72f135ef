"""
The exact commands that do a change by hand, for a POSIX shell.

Everything is quoted, whatever it is: names were validated before, values of other people's annotations were not.
"""

import json
import shlex
from typing import Any

from bot.domain.changes import Change, Create, Delete, OwnChange, Patch, When, undo
from bot.domain.plans import Commands
from bot.domain.refs import ArmRef, KubeRef

ARM_VERSION = "2024-05-01"


_WAITS = {
    When.READY: "--for=condition=Ready --timeout=10m",
    When.TAKEN_BACK: "--for=jsonpath='{.metadata.ownerReferences[0].controller}'=true --timeout=2m",
}


def kubectl(context: str, changes: tuple[Change, ...]) -> Commands:
    """
    Return the kubectl commands that make our own changes and, in reverse order, unmake them.

    ``context`` is a kubeconfig context. A patch carries the object's UID, so that it never hits another
    object of the same name: the API server refuses it as a change of an immutable field.
    """
    own = tuple(c for c in changes if isinstance(c, Create | Delete | Patch))
    return Commands(
        do=tuple(_kubectl(context, change) for change in own),
        undo=tuple(_kubectl(context, change) for change in undo(changes)),
    )


def delete_pods(context: str, namespace: str, names: tuple[str, ...]) -> str:
    """Return the command that removes pods of ours, also where none is left."""
    listed = " ".join(shlex.quote(name) for name in names)
    place = f"kubectl --context {shlex.quote(context)} -n {shlex.quote(namespace)}"
    return f"{place} delete pods --ignore-not-found {listed}"


def _kubectl(context: str, change: OwnChange) -> str:
    base = _base(context, change.ref)
    match change:
        case Create(_, body):
            manifest = json.dumps(body.value, indent=2)
            return f"{base} create -f - <<'EOF'\n{manifest}\nEOF"
        case Delete(ref, _):
            return f"{base} delete {shlex.quote(ref.kind.resource)} {shlex.quote(ref.name)}"
        case Patch(ref, uid, keys):
            body_of: dict[str, Any] = {"metadata": {"uid": uid}}
            for key in keys:
                _set(body_of, key.path, key.after)
            thing = f"{shlex.quote(ref.kind.resource)} {shlex.quote(ref.name)}"
            patch = f"{base} patch {thing} --type=merge -p {shlex.quote(json.dumps(body_of))}"
            return f"{base} wait {thing} {_WAITS[change.when]} && {patch}" if change.when else patch


def _base(context: str, ref: KubeRef) -> str:
    place = f" -n {shlex.quote(ref.namespace)}" if ref.namespace else ""
    return f"kubectl --context {shlex.quote(context)}{place}"


def _set(body: dict[str, Any], path: tuple[str, ...], value: str | None) -> None:
    for key in path[:-1]:
        body = body.setdefault(key, {})
    body[path[-1]] = value


def ip_group(group: ArmRef, entry: str) -> Commands:
    """
    Return the commands that put one entry into an IP Group, and that take just this one out.

    An IP Group knows only whole writes, so both read and write in one go. ``az network ip-group update
    --remove`` counts positions, which another hand may move; these filter by value.
    """
    others = f"not_null(properties.ipAddresses, `[]`)[?@ != '{entry}']"
    return Commands(do=(_rewrite(group, f"[{others}, ['{entry}']][]"),), undo=(_rewrite(group, others),))


def _rewrite(group: ArmRef, entries: str) -> str:
    url = shlex.quote(f"{group.id}?api-version={ARM_VERSION}")
    body = shlex.quote(f"{{location: location, tags: tags, properties: {{ipAddresses: {entries}}}}}")
    read = f"az rest --method get --url {url} --query {body} --output json"
    return f'az rest --method put --url {url} --body "$({read})"'
