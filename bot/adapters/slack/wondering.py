"""
The commands that only look at a cluster.

    "explain" pod [("to" | "from") end] | "posture" [namespace]
    pod       = [cluster "/"] namespace "/" name
    end       = (pod of the same cluster | address | "internet") [":" port ["/" protocol]]
    namespace = [cluster "/"] (name | "*")
"""

import ipaddress
import re
from typing import Final

import msgspec

from bot.adapters.slack import commands
from bot.adapters.slack.commands import Command
from bot.adapters.slack.mistakes import listed
from bot.adapters.slack.reading import Line
from bot.adapters.slack.words import Word
from bot.domain.directions import Direction
from bot.domain.explain.wish import INTERNET, PROTOCOLS, Toward, Wish
from bot.domain.pods import is_label, is_subdomain
from bot.domain.posture.scope import Scope

VERBS: Final = ("explain", "posture")
EVERY: Final = "*"
WAYS: Final = {"to": Direction.EGRESS, "from": Direction.INGRESS}
POD: Final = "[cluster/]namespace/pod"
ENDS: Final = "The other end is namespace/pod, an address or internet, and may end in a port: 10.0.0.7:443, internet:53/udp"
_PORT: Final = re.compile(r"(?P<end>.+):(?P<port>[0-9]{1,6})(?:/(?P<protocol>[A-Za-z]{1,8}))?", re.ASCII)


def wondered(line: Line, verb: str) -> Command:
    """Read what follows one of these verbs; raises ``MistakenError``."""
    made: Command = commands.Explain(_wish(line)) if verb == "explain" else commands.Posture(_scope(line))
    line.finish()
    return made


def _wish(line: Line) -> Wish:
    word = line.take()
    if not word.text:
        raise line.wrong(word, "Which pod?", remedy=f"Write {POD}, and perhaps: to internet:443")
    cluster, namespace, pod = _pod(line, word, word.text)
    cluster = cluster_of(line, word, cluster)
    way = line.peek()
    if not way.text:
        return Wish(cluster, namespace, pod)
    if way.folded not in WAYS:
        text = f"{way.text!r} is left over: expected to, from or the end."
        raise line.wrong(way, text, valid=WAYS, remedy=ENDS)
    line.take()
    return Wish(cluster, namespace, pod, _toward(line, WAYS[way.folded], cluster))


def _pod(line: Line, word: Word, text: str) -> tuple[str, str, str]:
    """Return cluster (or nothing), namespace and name."""
    *place, name = text.split("/")
    if not place and name:
        why = f"{word.text!r} names no namespace, and none is guessed."
        raise line.wrong(word, why, remedy=f"Write {POD}.")
    if len(place) > 2 or not all((*place, name)):
        raise line.wrong(word, f"{word.text!r} is not a pod.", remedy=f"Write {POD}.")
    if not is_label(place[-1]) or not is_subdomain(name):
        why = f"{word.text!r} cannot be a pod: lower case letters, digits, dashes and dots only."
        raise line.wrong(word, why, remedy=f"Write {POD}.")
    return (place[0] if len(place) == 2 else ""), place[-1], name


def cluster_of(line: Line, word: Word, name: str) -> str:
    """Return the cluster that is named, or the only one; raises ``MistakenError`` where it is neither."""
    known = line.known.clusters
    if name in known or (not name and len(known) == 1):
        return name or known[0]
    if not known:
        remedy = "Ask whoever runs Firebreak to name one in firebreak.toml."
        raise line.wrong(word, "No cluster is configured.", remedy=remedy)
    if not name:
        text = f"Which cluster? There are several: {listed(known)}."
        raise line.wrong(word, text, remedy=f"Write, for example: {known[0]}/{word.text or EVERY}")
    at = Word(name, word.start, word.end)
    raise line.wrong(at, f"There is no cluster {name!r}.", valid=known, remedy=f"Clusters: {listed(known)}")


def _toward(line: Line, way: Direction, cluster: str) -> Toward:
    word = line.take()
    if not word.text:
        raise line.wrong(word, "The other end is missing.", remedy=ENDS)
    bare = Toward(way, address=_address(word.text))
    if bare.address:
        return bare
    end, port, protocol = _cut(line, word)
    bare = Toward(way, protocol=protocol, port=port)
    if end.casefold() == INTERNET:
        return bare
    address = _address(end.removeprefix("[").removesuffix("]"))
    if address:
        return msgspec.structs.replace(bare, address=address)
    _no_range(line, word, end)
    if "/" not in end:
        raise line.wrong(word, f"{word.text!r} is no end of a connection.", valid=(INTERNET,), remedy=ENDS)
    other, namespace, name = _pod(line, word, end)
    if other and cluster_of(line, word, other) != cluster:
        text = f"Policies know no pod of another cluster: {word.text!r} is not in {cluster}."
        raise line.wrong(word, text, remedy="Ask about the address that it is seen with.")
    return msgspec.structs.replace(bare, namespace=namespace, pod=name)


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""


def _cut(line: Line, word: Word) -> tuple[str, int | None, str]:
    """Return the end, its port and protocol."""
    found = _PORT.fullmatch(word.text)
    if found is None:
        if ":" in word.text:
            text = f"{word.text.rpartition(':')[2]!r} is not the number of a port."
            raise line.wrong(word, text, remedy=ENDS)
        return word.text, None, PROTOCOLS[0]
    protocol = (found["protocol"] or PROTOCOLS[0]).upper()
    if not 1 <= int(found["port"]) <= 65535:
        raise line.wrong(word, f"{found['port']} is not the number of a port.", remedy="Ports: 1 to 65535")
    if protocol not in PROTOCOLS:
        text = f"{found['protocol']!r} is no protocol that policies know."
        raise line.wrong(word, text, remedy=f"Protocols: {listed(p.lower() for p in PROTOCOLS)}")
    return found["end"], int(found["port"]), protocol


def _no_range(line: Line, word: Word, end: str) -> None:
    try:
        found = ipaddress.ip_network(end, strict=False)
    except ValueError:
        return
    text = f"{end} is a range: some of it may be open and some not."
    remedy = (
        f"Ask about one address, like {found.network_address}, or leave the end out to see all that is open."
    )
    raise line.wrong(word, text, remedy=remedy)


def _scope(line: Line) -> Scope:
    word = line.take()
    *place, name = word.text.split("/")
    if len(place) > 1 or (word.text and not all((*place, name))):
        raise line.wrong(
            word, f"{word.text!r} is not a namespace.", remedy="Write [cluster/]namespace, or cluster/*"
        )
    if name not in {"", EVERY} and not is_label(name):
        text = f"{word.text!r} is not a namespace: lower case letters, digits and dashes only."
        raise line.wrong(word, text, remedy="Write [cluster/]namespace, or cluster/*")
    cluster = cluster_of(line, word, place[0] if place else "")
    return Scope(cluster, "" if name == EVERY else name)
