"""What every containment action declares about itself. The catalogue is in ``bot.actions``."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

import msgspec

from bot.domain.plans import Planning

KEY_DOMAIN = "firebreak.dev"
NAME_PREFIX = "firebreak-"


class OnExpiry(StrEnum):
    """What the end of a lease does: keep the cut and get loud, or let go."""

    HOLD = "hold"
    RELEASE = "release"


class SlotKind(StrEnum):
    """How a parameter is written in a slash command."""

    PODS = "pods"
    ADDRESSES = "addresses"
    CLUSTER = "cluster"
    CHOICE = "choice"
    ALLOWED = "allowed"
    STEPS = "steps"


class Slot(msgspec.Struct, frozen=True):
    """
    One parameter as people type it: the first slot without ``keyword`` stands by its place.

    ``choices`` are the words allowed for a ``CHOICE``; ``help`` is one line.
    """

    field: str
    kind: SlotKind
    help: str
    keyword: str = ""
    choices: tuple[str, ...] = ()
    required: bool = True


class Grant(msgspec.Struct, frozen=True):
    """
    Rights on one Kubernetes resource that an action needs; ``firebreak rbac`` turns them into Roles.

    ``within`` is the one namespace that they are for, wherever the bot contains; ``names`` narrows them to objects of
    these names, which RBAC can for verbs that name an object, and not for ``list`` or ``create``.
    """

    group: str
    resource: str
    verbs: tuple[str, ...]
    namespaced: bool = True
    within: str = ""
    names: tuple[str, ...] = ()


class Action(msgspec.Struct, frozen=True):
    """
    A kind of containment. It never acts: ``plan`` describes what to read, what to change, what must be true.

    The fields are its parameters; the docstring of a subclass is its help. ``word`` is what people type.
    ``thing`` is another way to type it: a word, and what stands before the colon of its first value.
    ``flags`` are words that say a field and its value at once. ``on_expiry`` is the default of the policy. ``grants`` generate the RBAC; ``pod_keys`` are the label and
    annotation keys that its patches may touch, for the admission policy. ``composes`` are the kinds of actions that one
    request of this kind is made of, empty for all but a composite.
    """

    name: ClassVar[str]
    word: ClassVar[str]
    on_expiry: ClassVar[OnExpiry]
    slots: ClassVar[tuple[Slot, ...]]
    thing: ClassVar[tuple[str, str]] = ("", "")
    flags: ClassVar[Mapping[str, tuple[str, str]]] = {}
    grants: ClassVar[tuple[Grant, ...]] = ()
    pod_labels: ClassVar[tuple[str, ...]] = ()
    pod_annotations: ClassVar[tuple[str, ...]] = ()
    composes: ClassVar[tuple[type["Action"], ...]] = ()

    def plan(self, now: datetime, request_id: str, first: int = 0) -> Planning:
        """
        Describe the containment as a generator of query batches that returns a ``Plan`` or a ``Refusal``.

        It is sent one answer for each query, in order. ``now`` is only for ages; ``request_id`` names what
        is made, with the number of the part that it is made for: ``first`` is that of its own first. The same world and the same arguments give the same plan.
        """
        raise NotImplementedError

    def said(self, field: str) -> bool:
        """Whether a field is otherwise than it is where nobody says anything, and so must be typed."""
        names, values = self.__struct_fields__, self.__struct_defaults__
        unsaid = dict(zip(names[len(names) - len(values) :], values, strict=True))
        return bool(unsaid.get(field, msgspec.UNSET) != getattr(self, field))

    @property
    def each(self) -> tuple["Action", ...]:
        """The actions that this one is made of: itself, unless it is a composite."""
        return (self,)

    @property
    def places(self) -> tuple[tuple[str, str], ...]:
        """The (namespace, name) pairs that the policy judges; the namespace is empty for addresses."""
        raise NotImplementedError

    @property
    def at_cluster(self) -> str:
        """The cluster that the policy judges."""
        raise NotImplementedError

    @property
    def at_scope(self) -> str:
        """``cluster`` or ``estate``."""
        return "cluster"
