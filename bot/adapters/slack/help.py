"""
What can be typed: ``/ir help``, and docs/commands.md, both from the catalogue and from here.

``python -m bot.adapters.slack.help > docs/commands.md`` writes the page; a test holds it to be current.
"""

import inspect
import sys
from typing import Final

from bot.actions import WORDS
from bot.adapters.slack.grammar import COMMANDS
from bot.adapters.slack.reading import DURATIONS, ID_FORM
from bot.domain.actions import Action, OnExpiry, Slot, SlotKind

COMMAND: Final = "/ir"

PAGES: Final[dict[str, tuple[str, str]]] = {
    "plan": (
        "plan <action> ...",
        "Show the card of an action as it would be asked for. Nothing is stored, nobody is asked.",
    ),
    "status": (
        "status [id]",
        "Show one request as it stands, with its card; without an id, what is open or active.",
    ),
    "list": ("list", "List what is open or active, newest first."),
    "approve": (
        "approve <id> <digest>",
        "Say yes to exactly the plan whose digest the newest card shows. Never for your own request.",
    ),
    "deny": (
        "deny <id> [digest] because <reason>",
        "Say no, with a reason that everybody reads. Without a digest it is the newest plan that is denied.",
    ),
    "extend": (
        "extend <id> <duration>",
        "Let an active containment last so much longer, up to the policy's maximum.",
    ),
    "rollback": (
        "rollback <id> [because <reason>]",
        "Undo a containment exactly: for 15 minutes the one who asked may, later those whom the policy names.",
    ),
    "adopt": (
        "adopt <id>",
        "Someone changed what we wrote: let theirs stand, now and when the request is rolled back.",
    ),
    "reapply": ("reapply <id>", "Someone changed what we wrote: write ours again."),
    "whoami": ("whoami", "Tell who you are here, and in which groups of the policy you are right now."),
    "help": ("help [topic]", "Explain all of it, or one command or action."),
}
assert tuple(PAGES) == COMMANDS

EXPIRY: Final = {
    OnExpiry.HOLD: "When its lease ends it stays, and is called out as overdue until a person decides.",
    OnExpiry.RELEASE: "When its lease ends it is rolled back, after a warning.",
}


def usage(kind: type[Action]) -> str:
    """Return the form of an action's command, without ``/ir``."""
    return " ".join((kind.word, *map(_form, kind.slots), "[for <duration>]", "[because <reason>]"))


def _form(slot: Slot) -> str:
    forms = {
        SlotKind.PODS: "[cluster/]namespace/pod[,pod...]",
        SlotKind.ADDRESSES: "<address|cidr|a-b>[,...]",
        SlotKind.CLUSTER: "<name>",
        SlotKind.CHOICE: "|".join(slot.choices),
    }
    form = f"{slot.keyword} {forms[slot.kind]}".strip()
    return form if slot.required else f"[{form}]"


def help_text(topic: str = "") -> str:
    """
    Return the help on a command or an action as plain text, or on everything.

    A topic that is neither gets the help on everything: the grammar has refused it before.
    """
    if topic in WORDS:
        return _action_page(WORDS[topic])
    if topic in PAGES:
        form, text = PAGES[topic]
        return f"{COMMAND} {form}\n\n{text}"
    lines = [f"{COMMAND} {usage(kind)}\n    {_first(kind)}" for kind in WORDS.values()]
    lines += [f"{COMMAND} {form}\n    {text}" for form, text in PAGES.values()]
    return "\n".join(lines)


def _action_page(kind: type[Action]) -> str:
    slots = [f"{slot.keyword or slot.field}: {slot.help}" for slot in kind.slots]
    parts = (
        f"{COMMAND} {usage(kind)}",
        _explained(kind),
        "\n".join(slots),
        EXPIRY[kind.on_expiry],
        DURATIONS,
    )
    return "\n\n".join(parts)


def _explained(kind: type[Action]) -> str:
    return inspect.cleandoc(kind.__doc__ or "").replace("``", "`")


def _first(kind: type[Action]) -> str:
    return _explained(kind).partition("\n")[0]


def document() -> str:
    """Return docs/commands.md."""
    head = (
        "# Commands\n\n"
        "Written by `python -m bot.adapters.slack.help`; do not edit by hand.\n\n"
        f"{DURATIONS} An id looks like `{ID_FORM}`. "
        "What follows `because` is taken as it is, to the end of the line. Smart quotes, long dashes and "
        "addresses that Slack made links of are understood. With one configured cluster its name may be left "
        "out; with several it never is.\n"
    )
    actions = "\n".join(_section(kind) for kind in WORDS.values())
    others = "\n".join(
        f"### {name}\n\n`{COMMAND} {form}`\n\n{text}\n" for name, (form, text) in PAGES.items()
    )
    return f"{head}\n## Actions\n\n{actions}\n## Everything else\n\n{others}"


def _section(kind: type[Action]) -> str:
    rows = "\n".join(
        f"| `{slot.keyword or slot.field}` | {slot.help.replace('|', chr(92) + '|')} "
        f"| {'yes' if slot.required else 'no'} |"
        for slot in kind.slots
    )
    return (
        f"### {kind.word}\n\n`{COMMAND} {usage(kind)}`\n\n{_explained(kind)}\n\n"
        f"| what | meaning | required |\n|---|---|---|\n{rows}\n\n{EXPIRY[kind.on_expiry]}\n"
    )


if __name__ == "__main__":
    sys.stdout.write(document())
