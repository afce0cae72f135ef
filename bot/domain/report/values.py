"""The report as a value: what is known, and which record proves it. Texts in it come from outside."""

from collections.abc import Mapping

import msgspec


class Taken(msgspec.Struct, frozen=True):
    """One record as it stands in the log: its exact bytes, the words that were disclosed beside it, and its proof."""

    seq: int
    body: bytes
    leaf: bytes
    words: tuple[str, ...] = ()
    path: tuple[bytes, ...] = ()


class Source(msgspec.Struct, frozen=True):
    """
    All that a report is made of. ``records`` come in order of seq; ``blobs`` are by their SHA-256 in hex.

    ``note`` is the signed checkpoint that the paths lead to, ``size`` its number of records. ``names`` are what Slack
    calls the people (``team:user``) at ``made_at``, which is text. ``anchors`` say where checkpoints are kept.
    """

    subject: str
    records: tuple[Taken, ...]
    blobs: Mapping[str, str]
    origin: str
    key: str
    note: str
    size: int
    made_at: str
    names: Mapping[str, str] = {}
    anchors: tuple[str, ...] = ()


class Fact(msgspec.Struct, frozen=True):
    """
    One thing said: ``label`` is ours, ``text`` may come from outside; ``seq`` is the record that proves it.

    ``text`` of ``many`` is a list, a line each. ``see`` is the id of the place on the page that says more.
    """

    label: str
    text: str
    seq: int | None = None
    many: bool = False
    see: str = ""


class Line(msgspec.Struct, frozen=True):
    """One record in the timeline. ``told`` is our sentence; who, target and facts may come from outside."""

    seq: int
    time: str
    event: str
    outcome: str
    who: str
    told: str
    request: str = ""
    part: str = ""
    target: str = ""
    facts: tuple[Fact, ...] = ()


class Answer(msgspec.Struct, frozen=True):
    """One question that a reader has, and what the records answer."""

    question: str
    facts: tuple[Fact, ...]


class Measure(msgspec.Struct, frozen=True):
    """When a step was reached, and how many seconds after it was asked for; ``None`` where it never was."""

    step: str
    time: str = ""
    seconds: float | None = None
    seq: int | None = None


class Containment(msgspec.Struct, frozen=True):
    """One request: what it was, in short, the four answers, who else tried, and its times. ``place`` is our id of it."""

    request: str
    title: str
    action: str
    target: str
    mode: str
    summary: tuple[Fact, ...]
    answers: tuple[Answer, ...]
    refused: Answer
    measures: tuple[Measure, ...]
    place: str


class Check(msgspec.Struct, frozen=True):
    """
    What a reader can paste into a shell, and what it must print; ``what`` is what is checked, from outside.

    Without a command it does not hold, and ``label`` says so.
    """

    label: str
    command: str
    gives: str
    what: str = ""


class Proof(msgspec.Struct, frozen=True):
    """The RFC 6962 audit path of one record, hashes in base64, and the exact bytes that were hashed, as text."""

    seq: int
    leaf: str
    path: tuple[str, ...]
    body: str
    checks: tuple[Check, ...] = ()


class Report(msgspec.Struct, frozen=True):
    """What a reader is given. ``missing`` are the numbers of the log that stand in no line of it, as ranges."""

    subject: str
    title: str
    made_at: str
    containments: tuple[Containment, ...]
    others: tuple[Fact, ...]
    evidence: tuple[Fact, ...]
    timeline: tuple[Line, ...]
    proofs: tuple[Proof, ...]
    people: tuple[Fact, ...]
    glossary: tuple[Fact, ...]
    missing: str
    origin: str
    key: str
    note: str
    size: int
    anchors: tuple[str, ...] = ()
