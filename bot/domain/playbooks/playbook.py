"""A playbook as people write it: when it fits an alert, and which steps it suggests."""

import hashlib
from enum import StrEnum
from typing import Annotated, Final

import msgspec
import rfc8785
from msgspec import Meta

from bot.domain.alerts import Severity, SubjectKind

MOST_STEPS: Final = 10

Name = Annotated[
    str,
    Meta(
        pattern=r"\A[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z",
        description="Lower case letters, digits and dashes.",
    ),
]
Line = Annotated[str, Meta(min_length=1, max_length=300, pattern=r"\A[^\x00-\x1f\x7f]+\Z")]


class Take(StrEnum):
    """
    What a parameter can be taken from an alert.

    Pods and Deployments are all of one place. ``peers`` are the addresses that the sender does not call the source,
    ``origins`` those that it does not call the destination: many senders do not say which end an address is.
    """

    CLUSTER = "cluster"
    NAMESPACE = "namespace"
    PODS = "pods"
    DEPLOYMENTS = "deployments"
    ADDRESSES = "addresses"
    DESTINATIONS = "destinations"
    SOURCES = "sources"
    PEERS = "peers"
    ORIGINS = "origins"


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key that nobody knows is a mistake, never passed over."""


class Taken(_Strict, frozen=True):
    """A parameter's value out of the alert, by name."""

    take: Annotated[
        Take,
        Meta(
            description="What of the alert: cluster, namespace, pods, deployments, addresses, destinations, sources, peers or origins."
        ),
    ] = msgspec.field(name="from")


Parameter = Taken | str | list[str]


class ByHand(_Strict, frozen=True):
    """What a person does, where the catalogue has no action: commands, once for each thing of a kind."""

    commands: Annotated[
        tuple[Line, ...],
        Meta(
            min_length=1,
            max_length=10,
            description="`{cluster}`, and with `each` also `{namespace}` and `{name}`, are filled in.",
        ),
    ]
    each: Annotated[
        SubjectKind | None,
        Meta(description="The commands are told once for each of this kind that the alert names."),
    ] = None


class Step(_Strict, frozen=True):
    """One thing to do: an action of the catalogue with its parameters, or something by hand."""

    title: Annotated[Line, Meta(description="What it does, for whoever reads the suggestion.")]
    action: Annotated[str, Meta(description="The name of an action.")] = ""
    parameters: Annotated[
        dict[str, Parameter],
        Meta(description="The action's parameters: words, or `from:` what of the alert."),
    ] = msgspec.field(name="with", default_factory=dict)
    manual: Annotated[ByHand | None, Meta(description="In the place of an action.")] = None


class Match(_Strict, frozen=True):
    """When a playbook fits: every line that is there must hold."""

    when: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=1000,
            description="A condition in CEL over `alert`, true or false.",
        ),
    ]
    formats: Annotated[
        tuple[Name, ...],
        Meta(max_length=20, description="Only alerts of these formats; empty is all."),
    ] = ()
    severities: Annotated[
        tuple[Severity, ...],
        Meta(max_length=6, description="Only alerts this bad; empty is all."),
    ] = ()


class Auto(_Strict, frozen=True):
    """What a playbook may do without a person: only what can be undone, to one pod or address, and not for long."""

    sources: Annotated[
        tuple[Name, ...],
        Meta(
            min_length=1,
            max_length=20,
            description="Only alerts of these sources, by their names in the settings.",
        ),
    ]
    minutes: Annotated[int, Meta(ge=1, le=60, description="For how long.")] = 30
    per_hour: Annotated[int, Meta(ge=1, le=10, description="How often in an hour, at most.")] = 1


class Playbook(_Strict, frozen=True):
    """
    One playbook.

    Of those that fit the one with the lowest ``order`` comes first, and of equal ones the first by name; after one that
    says ``stop`` no other is looked at.
    """

    version: Annotated[int, Meta(ge=1, le=1_000_000, description="Counted up by whoever changes it.")]
    name: Annotated[Name, Meta(description="What it is called; each name is there once.")]
    title: Annotated[Line, Meta(description="What it is for, in one line.")]
    match: Annotated[Match, Meta(description="When it fits.")]
    steps: Annotated[
        tuple[Step, ...],
        Meta(min_length=1, max_length=MOST_STEPS, description="What to do, in this order."),
    ]
    order: Annotated[
        int, Meta(ge=0, le=1000, description="Those that fit are suggested from the lowest on.")
    ] = 100
    stop: Annotated[
        bool, Meta(description="Whether no playbook after this one is looked at, once this one fits.")
    ] = False
    auto: Annotated[
        Auto | None,
        Meta(
            description="Off where it is not there, and where the policy does not name this playbook with its hash."
        ),
    ] = None
    about: Annotated[str, Meta(max_length=2000, description="What else to know; shown to people.")] = ""


def playbook_hash(playbook: Playbook) -> str:
    """Return the SHA-256, in hex, of a playbook as RFC 8785 JSON: defaults spelt out, layout and comments left out."""
    return hashlib.sha256(rfc8785.dumps(msgspec.to_builtins(playbook))).hexdigest()
