"""
What can be typed: ``/ir help``, and docs/commands.md, both from the catalogue and from here.

``python -m bot.adapters.slack.help > docs/commands.md`` writes the page; a test holds it to be current.
"""

import inspect
import sys
from typing import Final

from bot.actions import WORDS
from bot.adapters.slack import alert_pages, flow_pages
from bot.adapters.slack.grammar import COMMANDS
from bot.adapters.slack.reading import DURATIONS, ID_FORM
from bot.adapters.slack.topics import TOPICS
from bot.domain.actions import Action, OnExpiry, Slot, SlotKind

COMMAND: Final = "/ir"

PAGES: Final[dict[str, tuple[str, str]]] = {
    "plan": (
        "plan <action> ... [replay <duration>]",
        (
            "Show the card of an action as it would be asked for. Nothing is stored, nobody is asked. "
            "replay 24h tells whom it would have cut off, by the flows of that time."
        ),
    ),
    "contain": (
        "contain [action]",
        (
            "Open a form with a search for pods, and see the plan before anybody is asked. "
            "An action typed alone does the same."
        ),
    ),
    "status": (
        "status [id]",
        "Show one request as it stands, with its card; without an id, what is open or active.",
    ),
    "list": ("list", "List what is open or active, newest first."),
    "approve": (
        "approve <id> <digest> [name <name>]",
        (
            "Say yes to exactly the plan whose digest the newest card shows. Never for your own request. What has no "
            "way back, or hits the whole estate, asks for the name of the pod (or the address) as well."
        ),
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
        (
            "rollback <id> [because <reason>] or rollback incident [incident]|alert <alerts>|playbook <name> "
            "[confirm <digest>] [because <reason>]"
        ),
        (
            "Undo a containment exactly: for 15 minutes the one who asked may, later those whom the policy names. With incident, alert or "
            "playbook: all that is active of it at once, as far as you may. First it shows what that is, with the digest to confirm it by."
        ),
    ),
    "adopt": (
        "adopt <id>",
        "Someone changed what we wrote: let theirs stand, now and when the request is rolled back.",
    ),
    "reapply": ("reapply <id>", "Someone changed what we wrote: write ours again."),
    "recheck": (
        "recheck <id>",
        (
            "Look again at what needs a person, or of which nothing shows that it works: what is left is named, object by "
            "object, and what was cleaned up by hand counts as rolled back. Nothing is written outside."
        ),
    ),
    "confirm": (
        "confirm <id> <digest> name <name>",
        "Run your own break-glass request: exactly the plan of this digest, about the pod or address of this name.",
    ),
    "review": (
        "review <id> [objection] because <what you looked at>",
        (
            "Sign off what ran solo, by break-glass or by a playbook (that takes two), for the policy's reviewers and never for your own. With objection it "
            "was not right: that is recorded, the reviewers are called, and it stays open."
        ),
    ),
    "reviews": ("reviews", "List what ran solo, by break-glass or by a playbook and is not signed off yet."),
    "handover": (
        "handover [@person]",
        (
            "Offer somebody all that you answer for: leases, requests that wait for approval, open reviews. It is yours "
            "until they accept, within 8 hours. Without a person: what that is."
        ),
    ),
    "evidence": (
        "evidence <id> [number] [original]",
        (
            "List what was captured of the pods before they were cut, and what is missing. With a number of the list the "
            "item comes as a file by direct message, secrets masked; original is for those whom the policy's evidence names. "
            "Each time is recorded."
        ),
    ),
    "open": (
        "open <title> [private]",
        (
            "Open an incident in this channel: what is asked for here from now on belongs to it. With private as the last word "
            "it gets a private channel of its own, and you are invited. A request without an incident opens one by itself."
        ),
    ),
    "close": (
        "close [incident] because <reason>",
        "Close an incident. Not while anything of it is active, waits for a decision or was not reviewed: the answer names each.",
    ),
    "incidents": ("incidents", "List the open incidents, and those closed last."),
    "report": (
        "report [incident|id]",
        (
            "Post the report of an incident, or of one request, as Markdown and HTML files: who decided what, what they saw, did it "
            "work, is it undone, each with its proof. Made from the audit log, and that it was taken is recorded."
        ),
    ),
    "verify": (
        "verify [id]",
        (
            "Check the whole audit log, against its newest signed checkpoint and what the anchors keep. With the id of a request: "
            "have its records with their proofs sent by direct message, to be verified anywhere. That is recorded."
        ),
    ),
    "explain": (
        "explain <[cluster/]namespace/pod> [to|from <namespace/pod|address|internet>[:port[/udp|sctp]]]",
        (
            "Say who can talk to a pod and whom it can reach, worst first, with the policies that allow it, the engine on its "
            "node and what that always lets through. With another end: whether that connection is open, and why, on both sides."
        ),
    ),
    "posture": (
        "posture [[cluster/]namespace or cluster/*]",
        (
            "Count the pods that no policy closes, and list policies that do nothing, who may edit policies, and the engine of "
            "each node pool. All of it comes as a CSV file by direct message."
        ),
    ),
    **flow_pages.PAGES,
    **alert_pages.PAGES,
    "whoami": ("whoami", "Tell who you are here, and in which groups of the policy you are right now."),
    "help": ("help [topic|command]", "Explain all of it in short, one topic, or one command in full."),
}
assert tuple(PAGES) == COMMANDS

EXPIRY: Final = {
    OnExpiry.HOLD: "When its lease ends it stays, and is called out as overdue until a person decides.",
    OnExpiry.RELEASE: "When its lease ends it is rolled back, after a warning.",
}


def usage(kind: type[Action]) -> str:
    """Return the form of an action's command, without ``/ir``."""
    return " ".join(
        (kind.word, *map(_form, kind.slots), "[for <duration>]", "[solo|break-glass]", "[because <reason>]")
    )


def _form(slot: Slot) -> str:
    forms = {
        SlotKind.PODS: "[cluster/]namespace/pod[,pod...]",
        SlotKind.ADDRESSES: "<address|cidr|a-b>[,...]",
        SlotKind.CLUSTER: "<name>",
        SlotKind.CHOICE: "|".join(slot.choices),
        SlotKind.ALLOWED: "dns|<cidr>[,...]",
        SlotKind.STEPS: "<pods|deployment:[cluster/]namespace/name|addresses> ...",
    }
    form = f"{slot.keyword} {forms[slot.kind]}".strip()
    return form if slot.required else f"[{form}]"


EXAMPLE: Final = "quarantine payments/api-7d9f for 4h because it beacons"


def help_text(topic: str = "") -> str:
    """
    Return the help on a topic, a command or an action, or the overview, with commands between backticks.

    A topic that is none of them gets the overview: the grammar has refused it before.
    """
    if topic in WORDS and topic not in TOPICS:
        return _action_page(WORDS[topic])
    page = _page(topic) if topic in PAGES else ""
    if topic in TOPICS:
        action = _action_page(WORDS[topic]) if topic in WORDS else ""
        return "\n\n".join(filter(None, (page, action, _chapter(topic))))
    return page or _overview()


def _overview() -> str:
    """What fits on a phone without scrolling: an example, the form, and the topics with their commands by name."""
    rows = [f"*{name}*: {', '.join(topic.words) or topic.about.lower()}" for name, topic in TOPICS.items()]
    return "\n".join(
        (
            f"*Ask*: `{COMMAND} {EXAMPLE}`",
            f"*By form*: `{COMMAND} contain`",
            *rows,
            f"More: `{COMMAND} help <topic>` or `{COMMAND} help <command>`",
        )
    )


def _chapter(name: str) -> str:
    rows = [f"`{COMMAND} {_form_of(word)}` {_short(word)}" for word in TOPICS[name].words]
    return "\n".join((f"*{TOPICS[name].about}*", *rows, *TOPICS[name].lines))


def _page(word: str) -> str:
    form, text = PAGES[word]
    return f"`{COMMAND} {form}`\n\n{text}"


def _form_of(word: str) -> str:
    return usage(WORDS[word]) if word in WORDS else PAGES[word][0]


def _short(word: str) -> str:
    """Return the first sentence on a command."""
    told = _first(WORDS[word]) if word in WORDS else PAGES[word][1]
    return told.partition(". ")[0].rstrip(".") + "."


def _action_page(kind: type[Action]) -> str:
    slots = [f"`{slot.keyword or slot.field}` {slot.help}" for slot in kind.slots]
    parts = (
        f"`{COMMAND} {usage(kind)}`",
        _explained(kind),
        "\n".join(slots),
        EXPIRY[kind.on_expiry],
        WITHOUT_QUORUM,
        DURATIONS,
    )
    return "\n\n".join(parts)


WITHOUT_QUORUM: Final = (
    "Where the policy has it: solo quarantines one pod at once on your word alone, break-glass runs past the approvers "
    "once you confirm it by typing. Both are looked at afterwards."
)


def _explained(kind: type[Action]) -> str:
    """Return an action's docstring, each paragraph one line: a phone breaks lines by itself."""
    told = inspect.cleandoc(kind.__doc__ or "").replace("``", "`")
    return "\n\n".join(" ".join(paragraph.split("\n")) for paragraph in told.split("\n\n"))


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
        f"out; with several it never is. {WITHOUT_QUORUM} See the [policy](policy.md).\n"
    )
    topics = "\n".join(_topic(name) for name in TOPICS)
    return f"{head}\n{topics}"


def _topic(name: str) -> str:
    words = "\n".join(map(_told, TOPICS[name].words))
    lines = "".join(f"- {row}\n" for row in TOPICS[name].lines)
    return f"## {name.capitalize()}\n\n{TOPICS[name].about}: `{COMMAND} help {name}`.\n\n{words}{lines}"


def _told(word: str) -> str:
    """A word may be an action's and open a form too."""
    head = _section(WORDS[word]) if word in WORDS else f"### {word}\n"
    form, text = PAGES.get(word, ("", ""))
    return f"{head}\n`{COMMAND} {form}`\n\n{text}\n" if form else head


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
