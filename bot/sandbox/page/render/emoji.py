"""The short codes that our cards and people in the rehearsal use; any other stays as it was typed."""

import re
from typing import Final

CODE: Final = re.compile(r":([a-z0-9_+\-]{1,40}):")

EMOJI: Final = {
    "+1": "👍",
    "-1": "👎",
    "alarm_clock": "⏰",
    "arrow_right": "➡️",
    "bell": "🔔",
    "bust_in_silhouette": "👤",
    "eyes": "👀",
    "exclamation": "❗",
    "fire": "🔥",
    "hourglass": "⌛",
    "hourglass_flowing_sand": "⏳",
    "information_source": "ℹ️",  # noqa: RUF001 - the sign itself
    "key": "🔑",
    "large_green_circle": "🟢",
    "large_orange_diamond": "🔶",
    "large_red_circle": "🔴",
    "large_yellow_circle": "🟡",
    "lock": "🔒",
    "mag": "🔍",
    "no_entry": "⛔",
    "no_entry_sign": "🚫",
    "octagonal_sign": "🛑",
    "page_facing_up": "📄",
    "pushpin": "📌",
    "rotating_light": "🚨",
    "rewind": "⏪",
    "shield": "🛡️",
    "sos": "🆘",
    "tada": "🎉",
    "thinking_face": "🤔",
    "thumbsup": "👍",
    "unlock": "🔓",
    "warning": "⚠️",
    "white_check_mark": "✅",
    "x": "❌",
}


def spelt(text: str) -> str:
    """Return text with the short codes that are known as the signs themselves."""
    return CODE.sub(lambda found: EMOJI.get(found[1], found[0]), text)
