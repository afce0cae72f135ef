"""What the help says of the commands about alerts."""

from typing import Final

PAGES: Final[dict[str, tuple[str, str]]] = {
    "alerts": (
        "alerts [<group> or last <duration>]",
        (
            "List what was alerted within the last 24 hours, or another time: counts, what is suggested, what was asked for, what is "
            "muted. With the id of a group: all that it names and what the cluster knows of it, every step with its commands, why "
            "playbooks do not fit, and posts of its sender that did not fit."
        ),
    ),
    "mute": (
        "mute <rule or group> [of <source>] for <duration> because <reason>",
        (
            "Hold back the cards of a rule for at most 24 hours, for those whom the policy's alerts name. What comes is counted and "
            "recorded all the same, and shown when it ends, which it does by itself. A name with blanks stands in quotes. A rule is that "
            "of one source: of rules of one name say whose."
        ),
    ),
    "unmute": (
        "unmute <rule or group> [of <source>] [because <reason>]",
        "Show the cards of a rule again, before its time.",
    ),
}
