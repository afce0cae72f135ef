"""
The text of a slash command -> one ``Command``, or the ``Mistake`` that points at the word.

    line      = command [" because " rest of the line]
    command   = ["plan"] action | "status" [id] | "list" | "approve" id digest | "deny" id [digest] because
              | "extend" id duration | "rollback" id | "adopt" id | "reapply" id | "whoami" | "help" [topic]
    action    = the word of an action, its value in place, then in any order its keywords and "for" duration

Actions and their slots come from the catalogue; nothing here names one. Never raises, whatever the text.
"""

from typing import Final

import msgspec

from bot.actions import WORDS
from bot.adapters.slack import commands
from bot.adapters.slack.commands import Command
from bot.adapters.slack.mistakes import Mistake, listed, told
from bot.adapters.slack.proposals import proposal
from bot.adapters.slack.reading import Known, Line, MistakenError
from bot.adapters.slack.text import LONGEST, incoming
from bot.adapters.slack.words import cut

__all__ = ["COMMANDS", "Known", "Mistake", "parse", "told"]

COMMANDS: Final = (
    "plan",
    "status",
    "list",
    "approve",
    "deny",
    "extend",
    "rollback",
    "adopt",
    "reapply",
    "whoami",
    "help",
)


def parse(text: str, known: Known) -> Command | Mistake:
    """Understand what came with a slash command, as Slack sent it."""
    typed = incoming(text)
    if len(typed) > LONGEST:
        return Mistake(
            f"That is longer than the {LONGEST} characters that a command may have, so nothing was read.",
            remedy="Shorten the reason, or ask for fewer targets at a time.",
        )
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
    if verb in WORDS:
        return proposal(line, WORDS[verb], preview=False)
    if verb == "plan":
        return _plan(line)
    if verb in _ABOUT_ONE:
        return _about_one(line, verb)
    if verb in _PLAIN:
        return _plain(line, verb)
    raise line.wrong(
        word,
        f"There is no command {word.text!r}.",
        valid=(*WORDS, *COMMANDS),
        remedy=f"Commands: {', '.join((*WORDS, *COMMANDS))}",
    )


def _plan(line: Line) -> Command:
    word = line.take()
    if word.folded in WORDS:
        return proposal(line, WORDS[word.folded], preview=True)
    text = f"There is no action {word.text!r}." if word.text else "Which action shall be planned?"
    raise line.wrong(word, text, valid=WORDS, remedy=f"Actions: {listed(WORDS)}")


_PLAIN: Final = ("list", "whoami", "help", "status")
_HEX: Final = frozenset("0123456789abcdef")
_ABOUT_ONE: Final = ("approve", "deny", "extend", "rollback", "adopt", "reapply")


def _plain(line: Line, verb: str) -> Command:
    made: Command
    match verb:
        case "list":
            made = commands.List()
        case "whoami":
            made = commands.Whoami()
        case "help":
            made = commands.Help(_topic(line))
        case _:
            made = commands.Status(line.request_id() if line.left else "")
    line.finish()
    return made


def _topic(line: Line) -> str:
    word = line.take()
    topics = (*WORDS, *COMMANDS)
    if word.text and word.folded not in topics:
        raise line.wrong(
            word, f"There is no help on {word.text!r}.", valid=topics, remedy=f"Topics: {', '.join(topics)}"
        )
    return word.folded


def _about_one(line: Line, verb: str) -> Command:
    request_id = line.request_id()
    made: Command
    match verb:
        case "approve":
            made = commands.Approve(request_id, line.digest())
        case "deny":
            made = commands.Deny(request_id, _optional_digest(line), line.reason(required=True))
        case "extend":
            made = commands.Extend(request_id, line.duration("How much longer?"))
        case "rollback":
            made = commands.Rollback(request_id, line.reason(required=False))
        case "adopt":
            made = commands.Adopt(request_id)
        case _:
            made = commands.Reapply(request_id)
    line.finish()
    return made


def _optional_digest(line: Line) -> str:
    """A word of hexadecimal digits is meant as a digest; anything else stands where ``because`` should."""
    word = line.peek().folded
    return line.digest() if word and set(word) <= _HEX else ""
