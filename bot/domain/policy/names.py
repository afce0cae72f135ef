"""The forms of names in a policy, and patterns in which ``*`` stands for any run of characters."""

from collections.abc import Iterable
from typing import Annotated, Final

from msgspec import Meta

ANY: Final = "*"
# A bare $ would let a line break through at the end of a name, and a protected "payments\n" protects nothing.
END: Final = r"(?!\n)$"

GroupName = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9-]{0,62}" + END,
        description="The name of a group: lower case, digits and dashes.",
    ),
]
UsergroupId = Annotated[
    str, Meta(pattern=r"^S[A-Z0-9]{1,31}" + END, description="The id of a Slack user group.")
]
PersonKey = Annotated[
    str,
    Meta(pattern=r"^[TE][A-Z0-9]{1,31}:[UW][A-Z0-9]{1,31}" + END, description="One person, as team:user."),
]
ActionName = Annotated[
    str, Meta(pattern=r"^(\*|[a-z][a-z0-9-]{0,62})" + END, description="An action's name, or *.")
]
ClusterPattern = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9*][A-Za-z0-9._*-]{0,252}" + END,
        description="A cluster; * stands for any characters.",
    ),
]
NamespacePattern = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9*][a-z0-9*-]{0,62}" + END, description="A namespace; * stands for any characters."
    ),
]
PodPattern = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9*][a-z0-9*-]{0,62}/[a-z0-9*][a-z0-9.*-]{0,252}" + END,
        description="namespace/pod; * stands for any characters.",
    ),
]

# Names that read like "everybody". There is no such group: whoever may act is named.
RESERVED: Final = frozenset(
    {"all", "anybody", "anyone", "anyone-in-workspace", "channel", "everybody", "everyone", "here"}
)


def matches(pattern: str, name: str) -> bool:
    """
    Whether ``*`` in the pattern, standing for any run of characters, makes it this name.

    Linear in the name for each star: a long hostile name can't make it slow. It also tells whether one
    pattern covers another, since only a star can match the other's star.
    """
    head, *rest = pattern.split(ANY)
    if not rest:
        return pattern == name
    *middle, tail = rest
    if len(name) < len(head) + len(tail) or not (name.startswith(head) and name.endswith(tail)):
        return False
    at, end = len(head), len(name) - len(tail)
    for piece in middle:
        found = name.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def any_matches(patterns: Iterable[str], name: str) -> bool:
    """Whether one of the patterns matches; none does when there are none."""
    return any(matches(p, name) for p in patterns)


def covers(patterns: Iterable[str], name: str) -> bool:
    """Whether the patterns hold this name; without one it is meant as a whole, which only a plain star holds."""
    return any_matches(patterns, name) if name else ANY in patterns
