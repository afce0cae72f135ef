"""
The commands about incidents and the record.

    "open" title ["private"] | "close" [incident] because | "incidents"
    | "rollback" ("incident" [incident] | "alert" alerts | "playbook" name) ["confirm" digest] [because]
    | "report" [incident | id] | "verify" [id]
"""

from typing import Final

from bot.adapters.slack import commands
from bot.adapters.slack.commands import Command
from bot.adapters.slack.reading import BECAUSE, Line
from bot.domain.roots import Kind, Root, fits

FORM: Final = "IN-7K3Q"
VERBS: Final = ("open", "close", "incidents", "report", "verify")
ROLLBACK: Final = "rollback"
CONFIRM: Final = "confirm"
PRIVATE: Final = "private"
_WHICH: Final = {
    Kind.ALERT: (
        "the id of alerts",
        "An id looks like g-0123456789abcdef: it is on their card, and in /ir alerts",
    ),
    Kind.PLAYBOOK: ("the name of a playbook", "For example: /ir rollback playbook beaconing"),
}
_ALIKE: Final = str.maketrans("OIL", "011")  # as in the ids of requests


def reads(line: Line, verb: str) -> bool:
    """Whether the command is one of these; ``rollback`` is where it says of what."""
    return verb in VERBS or (verb == ROLLBACK and line.peek().folded in set(Kind))


def grouped(line: Line, verb: str) -> Command:
    """Read what follows the verb of a command that ``reads`` named; raises ``MistakenError``."""
    made: Command
    match verb:
        case "open":
            return _opening(line)
        case "close":
            made = commands.Close(_named(line), line.reason(required=True))
        case "incidents":
            made = commands.Incidents()
        case "rollback":
            made = _undoing(line)
        case "report":
            made = commands.Report(_subject(line))
        case _:
            made = commands.Verify(line.request_id() if line.left else "")
    line.finish()
    return made


def _undoing(line: Line) -> Command:
    kind = Kind(line.take().folded)
    root = Root(kind, _named(line) if kind is Kind.INCIDENT else _of(line, kind))
    digest = ""
    if line.peek().folded == CONFIRM:
        line.take()
        digest = line.digest()
    return commands.Undo(root, digest, line.reason(required=False))


def _opening(line: Line) -> Command:
    """The title is the rest of the line as it was typed; a last word ``private`` is no part of it."""
    first = line.peek()
    if not first.text:
        remedy = "For example: /ir open payments beacons to 203.0.113.7"
        raise line.wrong(first, "An incident needs a title.", remedy=remedy)
    words = line.words
    last = words.at(len(words) - 1)
    private = last.folded == PRIVATE and last.start > first.start
    return commands.Open(
        words.line[first.start : last.start if private else len(words.line)].strip(), private
    )


def _named(line: Line) -> str:
    """Read an incident's id where one stands; nothing where the command goes on without."""
    if line.peek().folded in ("", BECAUSE, CONFIRM):
        return ""
    return _incident_id(line)


def _of(line: Line, kind: Kind) -> str:
    """Read the id of alerts, or a playbook's name."""
    word = line.take()
    if fits(kind, word.folded):
        return word.folded
    what, remedy = _WHICH[kind]
    text = f"{word.text!r} is not {what}." if word.text else f"Of which? There is nothing after {kind.value}."
    raise line.wrong(word, text, remedy=remedy)


def _incident_id(line: Line) -> str:
    word = line.take()
    head, dash, tail = word.text.upper().partition("-")
    spelled = f"IN{dash}{tail.translate(_ALIKE)}" if head in ("IN", "1N") else word.text
    if not fits(Kind.INCIDENT, spelled):
        remedy = f"An id looks like {FORM}. See them: /ir incidents"
        raise line.wrong(word, f"{word.text!r} is not the id of an incident.", remedy=remedy)
    return spelled


def _subject(line: Line) -> str:
    if not line.left:
        return ""
    return line.request_id() if line.peek().folded.startswith("fb") else _incident_id(line)
