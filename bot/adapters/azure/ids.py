"""Names and addresses at Azure: which ids and URLs may carry our credential."""

import re
from urllib.parse import quote, urlsplit

from bot.domain.refs import ArmRef

LONGEST_URL = 4096
_SEGMENT = r"(?!\.{1,2}(?:/|$))[\w.()-]{1,260}"
_RESOURCE = re.compile(
    rf"/subscriptions/{_SEGMENT}/resourceGroups/{_SEGMENT}/providers/Microsoft\.Network(?:/{_SEGMENT}/{_SEGMENT})+",
    re.IGNORECASE,
)
_MANAGED = re.compile(
    rf"/subscriptions/{_SEGMENT}/resourceGroups/{_SEGMENT}/providers/Microsoft\.ContainerService/managedClusters/{_SEGMENT}",
    re.IGNORECASE,
)
# No user name, no escape, no brace: different parsers must not read different hosts out of one text.
_URL = re.compile(r"https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?/[A-Za-z0-9\-._~%!$&'()*+,;=:@/?]*")


def path_of(ref: ArmRef) -> str:
    """
    Return the path of a Microsoft.Network resource, ready for a URL.

    Raises ``ValueError`` for an id that could be read as anything else.
    """
    if not _RESOURCE.fullmatch(ref.id):
        raise ValueError("not the id of a Microsoft.Network resource")
    return quote(ref.id, safe="/()")


def managed_path(ref: ArmRef) -> str | None:
    """Return the path of an AKS cluster, ready for a URL; ``None`` for the id of anything else. It is only ever read."""
    return quote(ref.id, safe="/()") if _MANAGED.fullmatch(ref.id) else None


def kind_of(ref: ArmRef) -> str:
    """Return the type's last word in lower case: ``ipgroups``, ``rulecollectiongroups``."""
    return ref.id.rsplit("/", 2)[-2].casefold() if ref.id.count("/") > 1 else ""


def scopes_of(ref: ArmRef) -> tuple[str, ...]:
    """
    Return the scopes that a lock over a resource may stand at, widest first.

    Subscription, resource group, the resource, and what it is a child of. Raises ``ValueError`` as ``path_of``.
    """
    path_of(ref)
    parts = ref.id.split("/")
    return tuple("/".join(parts[:end]) for end in (3, 5, *range(9, len(parts) + 1, 2)))


def covers(scope: str, ref: ArmRef) -> bool:
    """Whether a scope is a resource or something that it stands in."""
    return f"{ref.id}/".casefold().startswith(f"{scope.rstrip('/')}/".casefold())


def at_host(url: str, base_url: str) -> str:
    """
    Return a URL that was handed to us, if it names the host that we were configured for.

    Raises ``ValueError``, without the URL in it, for every other: the credential goes nowhere else.
    """
    wanted = urlsplit(base_url)
    if len(url) > LONGEST_URL or not _URL.fullmatch(url):
        raise ValueError(f"an address that is not a plain https URL at {wanted.netloc}: it is not followed")
    found = urlsplit(url)
    if (found.hostname, found.port or 443) != (wanted.hostname, wanted.port or 443):
        raise ValueError(f"an address at another host than {wanted.netloc}: the credential is not sent there")
    return url
