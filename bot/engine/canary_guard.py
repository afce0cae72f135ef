"""
What holds the bot to canaries, where it may create pods: their exact shape, image and command included.

Judged is what is left after admission has filled in and injected (Kubernetes, "ValidatingAdmissionPolicy"): a sidecar that
is injected makes the pod another than ours, and it is refused.
"""

import json
from typing import Final

from bot.domain.actions import NAME_PREFIX
from bot.domain.canary import CANARY, COMMAND, CONTAINER, LONGEST, NEVER_OF_THE_POD, TOPOLOGY, Role
from bot.domain.canary.body import SIZE, USER
from bot.domain.isolation.marks import LABEL, MANAGED_BY, REQUEST

Check = tuple[str, str]

PREFIX: Final = f"{NAME_PREFIX}canary-"
SPEC: Final = "object.spec"
BOX: Final = "object.spec.containers[0]"
ARGUMENTS: Final = r"^(--(connect|for|listen|unchanged)|[0-9]{1,5}|[a-z][a-z0-9-]{0,30}=([0-9.]{7,15}|\[[0-9a-fA-F:.]{2,45}\]):[0-9]{1,5})$"
_NONE_OF_THE_CONTAINER: Final = (
    *("env", "envFrom", "volumeMounts", "volumeDevices", "lifecycle", "ports", "workingDir"),
    *("livenessProbe", "readinessProbe", "startupProbe", "stdin", "tty", "restartPolicy"),
)
_LOOSENING: Final = (
    "seLinuxOptions",
    "runAsUser",
    "runAsNonRoot",
    "runAsGroup",
    "seccompProfile",
    "appArmorProfile",
    "procMount",
    "windowsOptions",
)


def canary_checks(image: str) -> tuple[Check, ...]:
    """Return the CEL that must hold of a pod that is created or deleted, each with what the bot may do."""
    return (
        (
            f"request.operation == 'CREATE' || ({_deletable()})",
            f"delete only its canaries, named {PREFIX}...",
        ),
        _made(f"object.metadata.name.startsWith({_cel(PREFIX)})", f"create only pods named {PREFIX}..."),
        _made(_labels(), "create only canaries that carry its own labels and no others"),
        _made(_annotations(), "not loosen a canary by annotations"),
        _made(
            _nothing("object.metadata", ("ownerReferences", "finalizers")),
            "create only canaries that are nobody's and that nobody holds",
        ),
        _made(_urgent(), "not let a canary push others from their node"),
        _made(
            _program(image), f"create only pods of one container that runs {' '.join(COMMAND)} out of {image}"
        ),
        _made(
            _nothing(SPEC, NEVER_OF_THE_POD),
            "create only canaries without volumes, init containers or the node's namespaces",
        ),
        _made(
            _nothing(BOX, _NONE_OF_THE_CONTAINER),
            "create only canaries without variables, mounts, ports or hooks",
        ),
        _made(_restricted(), "create only canaries as restricted as Pod Security can"),
        _made(_bounded(), f"create only canaries without a token that end within {LONGEST} s"),
    )


def _made(expression: str, message: str) -> Check:
    """A DELETE has no object to judge."""
    return f"request.operation == 'DELETE' || ({expression})", message


def _deletable() -> str:
    labels = "oldObject.metadata.labels"
    return f"request.name.startsWith({_cel(PREFIX)}) && has({labels}) && {_cel(CANARY)} in {labels}"


def _labels() -> str:
    labels = "object.metadata.labels"
    ours = [CANARY, LABEL, MANAGED_BY, REQUEST, *TOPOLOGY]
    roles = [role.value for role in Role]
    return (
        f"has({labels}) && {labels}.all(k, k in {_cel(ours)}) && {_cel(REQUEST)} in {labels} "
        f"&& {_cel(CANARY)} in {labels} && {labels}[{_cel(CANARY)}] in {_cel(roles)} "
        f"&& {_cel(MANAGED_BY)} in {labels} && {labels}[{_cel(MANAGED_BY)}] == 'firebreak'"
    )


def _annotations() -> str:
    notes = "object.metadata.annotations"
    return f"!has({notes}) || {notes}.all(k, !k.contains('apparmor') && !k.contains('seccomp'))"


def _urgent() -> str:
    """A class by default is filled in; those that push others from a node have this prefix (Kubernetes, "Pod Priority")."""
    return f"!has({SPEC}.priorityClassName) || !{SPEC}.priorityClassName.startsWith('system-')"


def _program(image: str) -> str:
    return (
        f"size({SPEC}.containers) == 1 && {BOX}.name == {_cel(CONTAINER)} && {BOX}.image == {_cel(image)} "
        f"&& has({BOX}.command) && {BOX}.command == {_cel(list(COMMAND))} && has({BOX}.args) "
        f"&& {BOX}.args.all(a, a.matches({_cel(ARGUMENTS)})) "
        f"&& {BOX}.terminationMessagePath == '/dev/termination-log'"
    )


def _nothing(where: str, fields: tuple[str, ...]) -> str:
    return " && ".join(f"!has({where}.{field})" for field in fields)


def _restricted() -> str:
    pod, box = f"{SPEC}.securityContext", f"{BOX}.securityContext"
    caps = f"{box}.capabilities"
    loosened = " && ".join(f"!has({box}.{field})" for field in _LOOSENING)
    return (
        f"has({pod}.runAsNonRoot) && {pod}.runAsNonRoot && has({pod}.runAsUser) && {pod}.runAsUser == {USER} "
        f"&& has({pod}.seccompProfile) && {pod}.seccompProfile.type == 'RuntimeDefault' "
        f"&& !has({pod}.sysctls) && !has({pod}.appArmorProfile) && !has({pod}.windowsOptions) "
        f"&& !has({pod}.seLinuxOptions) "
        f"&& has({box}) && (!has({box}.privileged) || !{box}.privileged) "
        f"&& has({box}.allowPrivilegeEscalation) && !{box}.allowPrivilegeEscalation "
        f"&& has({caps}) && has({caps}.drop) && {caps}.drop == ['ALL'] && !has({caps}.add) "
        f"&& has({box}.readOnlyRootFilesystem) && {box}.readOnlyRootFilesystem && {loosened}"
    )


def _bounded() -> str:
    limits = f"{BOX}.resources.limits"
    sized = " && ".join(
        f"{_cel(name)} in {limits} && quantity({limits}[{_cel(name)}]).compareTo(quantity({_cel(most)})) <= 0"
        for name, most in SIZE.items()
    )
    return (
        f"has({SPEC}.automountServiceAccountToken) && !{SPEC}.automountServiceAccountToken "
        f"&& has({SPEC}.activeDeadlineSeconds) && {SPEC}.activeDeadlineSeconds <= {LONGEST} "
        f"&& {SPEC}.restartPolicy == 'Never' && has({limits}) && {sized}"
    )


def _cel(value: str | list[str]) -> str:
    """Write a CEL literal: JSON is one."""
    return json.dumps(value)
