"""
The text of a slash command -> one ``Command``, or the ``Mistake`` that points at the word.

    line      = command [" because " rest of the line]
    command   = ["plan"] action | ["contain"] [word of an action] | "status" [id] | "list"
              | "approve" id digest ["name" name] | "deny" id [digest] because
              | "extend" id duration | "rollback" id | "adopt" id | "reapply" id | "recheck" id
              | "confirm" id digest "name" name | "review" id ["objection"] because | "reviews"
              | "handover" [person] | "evidence" id [number ["original"]]
              | "whoami" | "help" [topic] | what ``grouping``, ``wondering``, ``flowing``
                and ``alerting`` read
    action    = the word of an action, its value in place, then in any order its keywords, "for" duration,
                "solo" or "break-glass", and after "plan" also "replay" duration; or what ``composing`` reads

Actions and their slots come from the catalogue; nothing here names one. Never raises, whatever the text.
"""

import re
from collections.abc import Callable
from typing import Final

import msgspec

from bot.actions import THINGS, WORDS
from bot.adapters.slack import alerting, commands, flowing, grouping, wondering
from bot.adapters.slack.commands import Command
from bot.adapters.slack.composing import composed
from bot.adapters.slack.mistakes import Mistake, listed, told
from bot.adapters.slack.proposals import proposal
from bot.adapters.slack.reading import Known, Line, MistakenError
from bot.adapters.slack.text import LONGEST, incoming, named
from bot.adapters.slack.topics import TOPICS
from bot.adapters.slack.words import cut
from bot.domain.actions import Action
from bot.domain.people import ID_MAX, USER

__all__ = ["COMMANDS", "Known", "Mistake", "parse", "read", "told"]

_ABOUT_ONE: Final = (
    "approve",
    "deny",
    "extend",
    "rollback",
    "adopt",
    "reapply",
    "recheck",
    "confirm",
    "review",
)
COMMANDS: Final = (
    "plan",
    "contain",
    "status",
    "list",
    *_ABOUT_ONE,
    "reviews",
    "handover",
    "evidence",
    *grouping.VERBS,
    *wondering.VERBS,
    *flowing.VERBS,
    *alerting.VERBS,
    "whoami",
    "help",
)


_TARGET: Final = re.compile(r"[/:.,]")
"""What stands in a target, and in no word of an action."""
_ITEM: Final = re.compile(r"(?:[0-9]{1,2}\.)?[0-9]{1,3}")
_HANDS_OVER: Final = re.compile(r"\s*handover\b", re.IGNORECASE)


def parse(text: str, known: Known) -> Command | Mistake:
    """Understand what came with a slash command, as Slack sent it."""
    typed = incoming(named(text) if _HANDS_OVER.match(text) else text)
    if len(typed) > LONGEST:
        return Mistake(
            f"That is longer than the {LONGEST} characters that a command may have, so nothing was read.",
            remedy="Shorten the reason, or ask for fewer targets at a time.",
        )
    return read(typed, known)


def read(typed: str, known: Known) -> Command | Mistake:
    """Understand a line that ``incoming`` has made plain already; reading it so twice would change it."""
    line = Line.of(cut(typed), known)
    try:
        return _command(line)
    except MistakenError as error:
        return msgspec.structs.replace(error.mistake, line=typed)


def _command(line: Line) -> Command:
    word = line.take()
    verb = word.folded
    if not word.text:
        return commands.Help()
    if verb in WORDS and not (verb in COMMANDS and _opens(line)):
        return _proposal(line, verb, preview=False) if line.left else commands.Contain(verb)
    if verb == "plan":
        return _plan(line)
    if grouping.reads(line, verb):
        return grouping.grouped(line, verb)
    if verb in COMMANDS:
        return _reader(verb)(line, verb)
    raise line.wrong(
        word,
        f"There is no command {word.text!r}.",
        valid=(*WORDS, *COMMANDS),
        remedy="All commands: /ir help",
    )


def _opens(line: Line) -> bool:
    """Whether nothing is left, or one word that is meant as an action's: ``contain quarantine`` opens a form."""
    alone = len(line.words) == line.index + 1 and line.peek().folded
    return not line.left or (bool(alone) and not _TARGET.search(line.peek().text))


def _proposal(line: Line, verb: str, *, preview: bool) -> Command:
    kind = _kind(line, verb)
    return (composed if kind.composes else proposal)(line, kind, preview=preview)


def _kind(line: Line, verb: str) -> type[Action]:
    """``quarantine deployment:x`` is about a Deployment: the thing before the colon picks the action."""
    thing, colon, _ = line.peek().folded.partition(":")
    return THINGS.get((verb, thing), WORDS[verb]) if colon else WORDS[verb]


def _reader(verb: str) -> Callable[[Line, str], Command]:
    if verb in wondering.VERBS:
        return wondering.wondered
    if verb in flowing.VERBS:
        return flowing.flowing
    if verb in alerting.VERBS:
        return alerting.alerting
    return _about_one if verb in _ABOUT_ONE else _plain


def _plan(line: Line) -> Command:
    word = line.take()
    if word.folded in WORDS:
        return _proposal(line, word.folded, preview=True)
    text = f"There is no action {word.text!r}." if word.text else "Which action shall be planned?"
    raise line.wrong(word, text, valid=WORDS, remedy=f"Actions: {listed(WORDS)}")


OBJECTION: Final = "objection"
_HEX: Final = frozenset("0123456789abcdef")


def _plain(line: Line, verb: str) -> Command:
    made: Command
    match verb:
        case "list":
            made = commands.List()
        case "whoami":
            made = commands.Whoami()
        case "reviews":
            made = commands.Reviews()
        case "help":
            made = commands.Help(_topic(line))
        case "handover":
            made = commands.Handover(_person(line))
        case "contain":
            made = commands.Contain(_form(line))
        case "evidence":
            made = commands.Evidence(line.request_id(), *_item(line))
        case _:
            made = commands.Status(line.request_id() if line.left else "")
    line.finish()
    return made


def _person(line: Line) -> str:
    """Only a member id is a name that no two people have; Slack puts one there for whoever is picked from its list."""
    word = line.take()
    user = word.text.removeprefix("@").upper()
    if word.text and not (len(user) <= ID_MAX and USER.fullmatch(user) and any(c.isdigit() for c in user)):
        text = f"Slack did not say who {word.text!r} is."
        remedy = "Type @ and pick the person from the list, or give their member id (in their profile: Copy member ID)."
        raise line.wrong(word, text, remedy=remedy)
    return user


def _form(line: Line) -> str:
    word = line.take()
    if word.text and word.folded not in WORDS:
        remedy = f"Actions: {listed(WORDS)}"
        raise line.wrong(word, f"There is no action {word.text!r}.", valid=WORDS, remedy=remedy)
    return word.folded


def _topic(line: Line) -> str:
    word = line.take()
    topics = tuple(dict.fromkeys((*TOPICS, *WORDS, *COMMANDS)))
    if word.text and word.folded not in topics:
        raise line.wrong(
            word, f"There is no help on {word.text!r}.", valid=topics, remedy="All topics: /ir help"
        )
    return word.folded


_BARE: Final[dict[str, type[commands.Adopt | commands.Reapply | commands.Recheck]]] = {
    "adopt": commands.Adopt,
    "reapply": commands.Reapply,
    "recheck": commands.Recheck,
}


def _about_one(line: Line, verb: str) -> Command:
    request_id = line.request_id()
    made: Command
    match verb:
        case "approve":
            made = commands.Approve(request_id, line.digest(), _confirming(line))
        case "deny":
            made = commands.Deny(request_id, _optional_digest(line), line.reason(required=True))
        case "extend":
            made = commands.Extend(request_id, line.duration("How much longer?"))
        case "rollback":
            made = commands.Rollback(request_id, line.reason(required=False))
        case "confirm":
            made = commands.Confirm(request_id, line.digest(), _named(line))
        case "review":
            made = commands.Review(request_id, _objection(line), line.reason(required=True))
        case _:
            made = _BARE[verb](request_id)
    line.finish()
    return made


def _item(line: Line) -> tuple[str, bool]:
    """Read the number of a captured item, and whether it is wanted as it was; nothing at all asks for the list."""
    word = line.take()
    if not word.text:
        return "", False
    if not _ITEM.fullmatch(word.text):
        remedy = "Take the number from the list: /ir evidence <id>"
        raise line.wrong(word, f"{word.text!r} is not the number of a captured item.", remedy=remedy)
    if line.peek().folded == "original":
        line.take()
        return word.text, True
    return word.text, False


def _named(line: Line) -> str:
    if line.peek().folded != "name":
        remedy = "Add: name <the name of the pod, or the address, that the plan is about>"
        raise line.wrong(
            line.peek(), "Expected name, and what the plan is about.", valid=("name",), remedy=remedy
        )
    return _confirming(line)


def _objection(line: Line) -> bool:
    if line.peek().folded != OBJECTION:
        return False
    line.take()
    return True


def _confirming(line: Line) -> str:
    if line.peek().folded != "name":
        return ""
    keyword, word = line.take(), line.take()
    if not word.text:
        remedy = "Type the name of the pod, or the address, that the plan is about."
        raise line.wrong(keyword, "The name is missing.", remedy=remedy)
    return word.text


def _optional_digest(line: Line) -> str:
    """A word of hexadecimal digits is meant as a digest; anything else stands where ``because`` should."""
    word = line.peek().folded
    return line.digest() if word and set(word) <= _HEX else ""
