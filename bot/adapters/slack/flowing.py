"""
The commands that ask who talked to whom.

    "flows" subject filter*  |  "trace" pod time*  |  "sweep" address time*
    subject = [cluster "/"] namespace "/" pod | [[cluster "/"] namespace "/"] "*" | namespace
            | [cluster "/"] namespace "/" kind "/" name | address | cidr | DNS name
    filter  = time | "peer" subject | "port" number | "denied" | "allowed" | "from" source ("," source)* | "cluster" name
    time    = "last" duration | "since" moment ["until" moment]
"""

import ipaddress
from collections.abc import Callable
from typing import Final

import msgspec

from bot.adapters.slack import commands
from bot.adapters.slack.commands import Command
from bot.adapters.slack.mistakes import listed
from bot.adapters.slack.reading import Line
from bot.adapters.slack.times import moment
from bot.adapters.slack.wondering import cluster_of
from bot.adapters.slack.words import Word, items
from bot.domain.flows.asked import IN_CLUSTER, About, Subject
from bot.domain.flows.flow import Verdict
from bot.domain.flows.wish import SOURCES, Ago, Wish
from bot.domain.pods import is_label, is_subdomain

VERBS: Final = ("flows", "trace", "sweep")
KINDS: Final = ("deployment", "statefulset", "daemonset", "replicaset", "job")
EVERY: Final = "*"
FORMS: Final = (
    "Write namespace/pod, namespace, namespace/deployment/name, an address, a CIDR or a DNS name; "
    "cluster/ may stand before the namespace."
)
TIMES: Final = ("last", "since", "until")
VERDICTS: Final = {"denied": Verdict.DENIED, "allowed": Verdict.ALLOWED}
FILTERS: Final = (*TIMES, "peer", "port", *VERDICTS, "from", "cluster")
HIGHEST: Final = 65535


def flowing(line: Line, verb: str) -> Command:
    """Read what follows one of these verbs; raises ``MistakenError``."""
    return {"flows": _flows, "trace": _trace, "sweep": _sweep}[verb](line)


def _flows(line: Line) -> Command:
    word, cluster, subject = _subject(line, "Whose flows?")
    wish = _filtered(line, Wish(cluster, subject), FILTERS)
    return commands.Flows(_placed(line, word, wish))


def _trace(line: Line) -> Command:
    word, cluster, subject = _subject(line, "Which pod?")
    if subject.about is not About.POD:
        remedy = "Write [cluster/]namespace/pod, and perhaps: since 14:00"
        raise line.wrong(word, f"{word.text!r} is not a pod: a trace begins at one.", remedy=remedy)
    wish = _filtered(line, Wish(cluster, subject, since=Ago(3600)), (*TIMES, "from", "cluster"))
    return commands.Trace(_placed(line, word, wish))


def _sweep(line: Line) -> Command:
    word = line.take()
    if not word.text:
        raise line.wrong(word, "Which address?", remedy="Write, for example: sweep 203.0.113.7 last 24h")
    subject = _outside(word.text)
    if subject is None or subject.about is not About.ADDRESS:
        remedy = "A sweep is for one address. For a range or a name: /ir help flows"
        raise line.wrong(word, f"{word.text!r} is not an address.", remedy=remedy)
    return commands.Sweep(_filtered(line, Wish("", subject, since=Ago(86_400)), (*TIMES, "from")))


def _subject(line: Line, missing: str) -> tuple[Word, str, Subject]:
    """Return the word, the cluster that it names (or nothing), and the subject."""
    word = line.take()
    if not word.text:
        raise line.wrong(word, missing, remedy=FORMS)
    outside = _outside(word.text)
    if outside is not None:
        return word, "", outside
    if "/" not in word.text and ":" not in word.text and "." in word.text:
        return word, "", _dns(line, word)
    return (word, *_inside(line, word))


def _outside(text: str) -> Subject | None:
    """Return an address or a range, spelt the one way; ``None`` for anything else."""
    try:
        return Subject(About.ADDRESS, str(ipaddress.ip_address(text)))
    except ValueError:
        pass
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    if network.num_addresses == 1:
        return Subject(About.ADDRESS, str(network.network_address))
    return Subject(About.NETWORK, str(network))


def _dns(line: Line, word: Word) -> Subject:
    name = word.text.lower().rstrip(".")
    if not is_subdomain(name):
        raise line.wrong(word, f"{word.text!r} is no address and no DNS name.", remedy=FORMS)
    return Subject(About.NAME, name)


def _inside(line: Line, word: Word) -> tuple[str, Subject]:
    """Return cluster (or nothing) and what is meant in it."""
    kind, colon, rest = word.text.partition(":")
    if colon:
        return _of_kind(line, word, kind, rest)
    parts = word.text.split("/")
    if not all(parts):
        raise line.wrong(word, f"{word.text!r} is not complete.", remedy=FORMS)
    if len(parts) == 1:
        return "", _whole(line, word, parts[0])
    if parts[-1] == EVERY and len(parts) <= 3:
        return (parts[0] if len(parts) == 3 else ""), _whole(line, word, parts[-2])
    if len(parts) >= 3 and parts[-2].casefold() in KINDS:
        return _workload(line, word, parts[:-2], parts[-2], parts[-1])
    if len(parts) == 2 and parts[0].casefold() in KINDS:
        remedy = f"Write namespace/{parts[0].casefold()}/{parts[1]}"
        raise line.wrong(word, f"{word.text!r} names no namespace, and none is guessed.", remedy=remedy)
    if len(parts) > 3:
        raise line.wrong(word, f"{word.text!r} is neither a pod nor a workload.", remedy=FORMS)
    return _pod(line, word, parts)


def _whole(line: Line, word: Word, name: str) -> Subject:
    if not is_label(name):
        why = f"{word.text!r} is not a namespace: lower case letters, digits and dashes only."
        raise line.wrong(word, why, remedy=FORMS)
    return Subject(About.NAMESPACE, namespace=name)


def _pod(line: Line, word: Word, parts: list[str]) -> tuple[str, Subject]:
    *place, name = parts
    if not is_label(place[-1]) or not is_subdomain(name):
        why = f"{word.text!r} cannot be a pod: lower case letters, digits, dashes and dots only."
        raise line.wrong(word, why, remedy=FORMS)
    return (place[0] if len(place) == 2 else ""), Subject(About.POD, name, place[-1])


def _of_kind(line: Line, word: Word, kind: str, rest: str) -> tuple[str, Subject]:
    """``deployment:payments/api``, as it is written where one is quarantined."""
    place = rest.split("/")
    if kind.casefold() not in KINDS:
        text = f"{word.text!r} is neither an address nor a workload."
        remedy = f"A port is written apart: port 443. {FORMS}"
        raise line.wrong(word, text, valid=[f"{one}:" for one in KINDS], remedy=remedy)
    if not 2 <= len(place) <= 3 or not all(place):
        raise line.wrong(word, f"{word.text!r} is not complete.", remedy=f"Write {kind}:namespace/name")
    return _workload(line, word, place[:-1], kind, place[-1])


def _workload(line: Line, word: Word, place: list[str], kind: str, name: str) -> tuple[str, Subject]:
    if len(place) > 2 or not is_label(place[-1]) or not is_subdomain(name):
        why = f"{word.text!r} cannot be a workload: lower case letters, digits, dashes and dots only."
        raise line.wrong(word, why, remedy=FORMS)
    subject = Subject(About.WORKLOAD, f"{kind.casefold()}/{name}", place[-1])
    return (place[0] if len(place) == 2 else ""), subject


def _placed(line: Line, word: Word, wish: Wish) -> Wish:
    """Return the wish in the cluster that is meant: named, or the only one; a peer is of the same one."""
    return msgspec.structs.replace(wish, cluster=cluster_of(line, word, wish.cluster))


def _filtered(line: Line, wish: Wish, valid: tuple[str, ...]) -> Wish:
    """Read filters in any order, each at most once."""
    told: dict[str, Word] = {}
    while line.left:
        word = line.take()
        name = word.folded
        if name not in valid:
            text = f"{word.text!r} is left over: expected {listed(valid)}, or the end."
            raise line.wrong(word, text, valid=valid, remedy="See: /ir help flows")
        _once(line, word, told)
        told[name] = word
        wish = _READERS[name](line, word, wish)
    if "until" in told and "since" not in told:
        text = "An end without a beginning."
        raise line.wrong(told["until"], text, remedy="Write: since 14:00 until 14:30")
    return wish


def _once(line: Line, word: Word, told: dict[str, Word]) -> None:
    name = word.folded
    same: tuple[str, ...] = (name,)
    if name in VERDICTS:
        same = tuple(VERDICTS)
    elif name == "last":
        same = TIMES
    elif name in TIMES:
        same = (name, "last")
    before = next((one for one in same if one in told), "")
    if before:
        text = f"{word.text!r} does not go with {before!r}, which stands before it."
        raise line.wrong(word, text, remedy="Leave one of the two out.")


def _last(line: Line, _: Word, wish: Wish) -> Wish:
    return msgspec.structs.replace(wish, since=Ago(line.duration("How long back?")))


def _since(line: Line, _: Word, wish: Wish) -> Wish:
    return msgspec.structs.replace(wish, since=moment(line, "Since when?"))


def _until(line: Line, _: Word, wish: Wish) -> Wish:
    return msgspec.structs.replace(wish, until=moment(line, "Until when?"))


def _peer(line: Line, _: Word, wish: Wish) -> Wish:
    word, cluster, peer = _subject(line, "Which peer?")
    if cluster and wish.cluster and cluster != wish.cluster and wish.subject.about in IN_CLUSTER:
        text = f"{word.text!r} is in another cluster than {wish.subject}."
        raise line.wrong(word, text, remedy="Ask about the address that it is seen with.")
    return msgspec.structs.replace(wish, peer=peer, cluster=wish.cluster or cluster)


def _port(line: Line, _: Word, wish: Wish) -> Wish:
    word = line.take()
    number = int(word.text) if word.text.isascii() and word.text.isdigit() and len(word.text) <= 5 else 0
    if not 1 <= number <= HIGHEST:
        text = f"{word.text!r} is not the number of a port." if word.text else "Which port?"
        raise line.wrong(word, text, remedy=f"Ports: 1 to {HIGHEST}")
    return msgspec.structs.replace(wish, port=number)


def _verdict(_: Line, word: Word, wish: Wish) -> Wish:
    return msgspec.structs.replace(wish, verdict=VERDICTS[word.folded])


def _from(line: Line, _: Word, wish: Wish) -> Wish:
    words, line.index = items(line.words, line.index, lambda word: word.folded in FILTERS)
    for word in words:
        if word.folded not in SOURCES:
            text = f"There is no source {word.text!r}." if word.text else "Which source?"
            raise line.wrong(word, text, valid=SOURCES, remedy=f"Sources: {listed(SOURCES)}")
    return msgspec.structs.replace(wish, sources=tuple(dict.fromkeys(word.folded for word in words)))


def _cluster(line: Line, keyword: Word, wish: Wish) -> Wish:
    word = line.take()
    if not word.text:
        raise line.wrong(keyword, "Which cluster?", remedy=f"Clusters: {listed(line.known.clusters)}")
    if wish.cluster and wish.cluster != word.text:
        text = f"The cluster {wish.cluster} is named before, and now {word.text!r}."
        raise line.wrong(word, text, remedy="Leave one of the two out.")
    return msgspec.structs.replace(wish, cluster=cluster_of(line, word, word.text))


_READERS: Final[dict[str, Callable[[Line, Word, Wish], Wish]]] = {
    "last": _last,
    "since": _since,
    "until": _until,
    "peer": _peer,
    "port": _port,
    **dict.fromkeys(VERDICTS, _verdict),
    "from": _from,
    "cluster": _cluster,
}
