"""
The commands about alerts.

    "alerts" [group | "last" duration] | "mute" (group | rule) "for" duration because | "unmute" (group | rule) [because]
    group     = the id of a group of alerts
    rule      = the name of a rule, in quotes or up to the next keyword, ["of" the name of its source]

Names of rules have " of " in them too: without quotes the words are one name here, and the rules that there are tell.
"""

from typing import Final

from bot.adapters.slack import commands
from bot.adapters.slack.commands import Command
from bot.adapters.slack.drafts import FOR
from bot.adapters.slack.reading import BECAUSE, Line
from bot.domain.roots import Kind, fits
from bot.engine.alerted import USUAL

VERBS: Final = ("alerts", "mute", "unmute")
LAST: Final = "last"
OF: Final = "of"
FORM: Final = "g-0123456789abcdef"


def alerting(line: Line, verb: str) -> Command:
    """Read what follows one of these verbs; raises ``MistakenError``."""
    made: Command
    match verb:
        case "alerts":
            made = _alerts(line)
        case "mute":
            made = _mute(line)
        case _:
            rule, source = _rule(line)
            made = commands.Unmute(rule, line.reason(required=False), source)
    line.finish()
    return made


def _alerts(line: Line) -> commands.Alerts:
    word = line.take()
    if not word.text:
        return commands.Alerts("", USUAL)
    if word.folded == LAST:
        return commands.Alerts("", line.duration("How far back?"))
    if not fits(Kind.ALERT, word.folded):
        remedy = f"Write: alerts last 1h, or a group's id, like {FORM}"
        raise line.wrong(word, f"{word.text!r} is no group of alerts.", valid=(LAST,), remedy=remedy)
    return commands.Alerts(word.folded, USUAL)


def _mute(line: Line) -> commands.Mute:
    rule, source = _rule(line)
    word = line.take()
    if word.folded != FOR:
        remedy = "For example: mute BeaconingPod for 2h because the red team tests it"
        raise line.wrong(word, "For how long?", valid=(FOR,), remedy=remedy)
    return commands.Mute(rule, line.duration("For how long?"), line.reason(required=True), source)


def _rule(line: Line) -> tuple[str, str]:
    """Return a rule's name, what stands in quotes or all words up to the next keyword, and its source where it is said."""
    first = last = line.peek()
    if not first.text or first.folded in (FOR, BECAUSE):
        remedy = "Name it as it is written on the card, or give the group's id. See them: /ir alerts"
        raise line.wrong(first, "Which rule?", remedy=remedy)
    if first.quoted:
        return line.take().text, _source(line)
    while line.left and line.peek().folded not in (FOR, BECAUSE):
        last = line.take()
    return line.words.line[first.start : last.end], ""


def _source(line: Line) -> str:
    if line.peek().folded != OF:
        return ""
    line.take()
    word = line.take()
    if not word.text or (not word.quoted and word.folded in (FOR, BECAUSE)):
        raise line.wrong(
            word, "Of which source?", remedy="Give its name in the settings. See it on the card."
        )
    return word.text
