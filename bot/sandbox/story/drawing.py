"""What the scene is drawn from. Colour only repeats what a word or a sign says already."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from rich.box import ROUNDED, SIMPLE_HEAD
from rich.console import Console, Group
from rich.padding import Padding
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TextColumn
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from bot.sandbox.story.cards import Card, Section

WIDTH: Final = 80
MOST_ITEMS: Final = 3
"""Items of a list that a compact card shows; the rest is counted."""

LEADS: Final = ("🚪", "🔒", "❔ NOT KNOWN", "❌ STOPS")
"""How the line begins that says in sign and words what a plan leaves open; it is shown though no list follows."""

SHOWN: Final = (*LEADS, "Exactly these changes", "❗ Trouble")
"""The headed lists of a card that the compact panel shows while people decide, in the card's own order."""

SHOWN_LATER: Final = ("Where it stands", "Proved so far", "Flows", "❗ Trouble")
"""Those that it shows afterwards."""

NOTED: Final = (
    "Target",
    "Exactly these changes",
    "Side effects",
    "Blast radius",
    "🔶 Warnings",
    "By hand",
)
"""Those that it only names where it does not show them."""

_STEP: Final = re.compile(r"\d\. ")
_STATE_STYLES: Final = (
    ("WAITING", "yellow"),
    ("ACCEPTED", "cyan"),
    ("APPLIED", "green"),
    ("ROLLED BACK", "green"),
    ("FAILED", "red"),
    ("A PERSON", "red"),
)
_PERSON_STYLES: Final = {
    "alice": "bold cyan",
    "bob": "bold green",
    "cara": "bold magenta",
    "guest": "bold yellow",
    "mallory": "bold red",
}


def title(name: str, lines: Sequence[str]) -> Panel:
    """Return the opening frame."""
    body = Group(*(Text(line) for line in lines))
    return Panel(body, title=Text(name, "bold"), box=ROUNDED, border_style="bright_blue", padding=(0, 1))


def scene(number: int, name: str) -> Rule:
    """Return the line above a step."""
    return Rule(Text(f" {number}  {name} ", "bold bright_blue"), align="left", style="bright_blue")


def board(one: Card) -> Padding:
    """Return the card of an alert as a compact panel: what fires, whom it names, what is suggested, what can be pressed."""
    lines = [Text(one.title, "bold"), *(Text(section.text) for section in one.sections[:2])]
    for section in one.sections[2:]:
        if section.text.startswith(("It names", "💡")) or _STEP.match(section.text):
            lines += [Text(section.text, "bold"), *(_item(item) for item in section.items[:2])]
    lines.append(Text("  ".join(f"[ {each} ]" for each in one.buttons), "bold"))
    return _framed(lines, "red")


def rows(headings: Sequence[str], found: Iterable[Sequence[str]]) -> Padding:
    """Return a table."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold", expand=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in found:
        table.add_row(*(Text(cell) for cell in row))
    return Padding(table, (0, 0, 0, 2))


def said(who: str, words: str) -> Padding:
    """Return what a person typed or pressed."""
    line = Text.assemble((f"{who} > ", _PERSON_STYLES.get(who, "bold")), words)
    return Padding(line, (0, 0, 0, 2))


def told(who: str, words: str) -> Padding:
    """Return what the bot told one person alone."""
    line = Text.assemble(("firebreak > ", "bold blue"), (f"(only {who} sees this) ", "dim"), words)
    return Padding(line, (0, 0, 0, 2))


def held(words: str) -> Padding:
    """Return a check that held."""
    return Padding(Text.assemble(("✓ held: ", "bold green"), words), (0, 0, 0, 2))


def failed(words: str) -> Text:
    """Return what did not hold."""
    return Text.assemble(("✗ NOT HELD: ", "bold red"), words)


def card(one: Card) -> Padding:
    """Return a card as a compact panel: what decides, and the names of what else the card holds."""
    lines: list[Text] = [Text(one.title, "bold"), Text(one.state, _style(one.word))]
    shown = SHOWN if one.word.startswith("WAITING") else SHOWN_LATER
    for section in one.sections[1:]:
        lines += _section(section, shown)
    for beginning in ("By ", "Also hit:", "Asked by", "May approve:", "✅ Approved", "Rollback asked"):
        found = one.line(beginning)
        lines += [Text(found)] if found and not found.startswith("By hand") else []
    lines += [Text(each, "dim") for each in (_others(one, shown), *one.small[-1:]) if each]
    if one.buttons:
        lines.append(Text("  ".join(f"[ {each} ]" for each in one.buttons), "bold"))
    return _framed(lines, _style(one.word))


def _framed(lines: Sequence[Text], style: str) -> Padding:
    panel = Panel(
        Group(*lines), title=Text("#incident", "dim"), title_align="left", box=ROUNDED, border_style=style
    )
    return Padding(panel, (0, 0, 0, 2))


def bar(out: Console) -> Progress:
    """Return a bar; its task's ``clock`` is text beside it. It is refreshed by whoever moves it."""
    return Progress(
        TextColumn("  {task.description}", markup=False),
        BarColumn(bar_width=26, complete_style="cyan", finished_style="green"),
        TextColumn("{task.fields[clock]}", markup=False),
        console=out,
        auto_refresh=False,
    )


def _section(section: Section, shown: tuple[str, ...]) -> list[Text]:
    if not section.text.startswith(shown) or not (section.items or section.text.startswith(LEADS)):
        return []
    left = len(section.items) - MOST_ITEMS
    found = [Text(section.text, "bold"), *(_item(item) for item in section.items[:MOST_ITEMS])]
    return [*found, *([Text(f"  … {left} more on the card", "dim")] if left > 0 else [])]


def _item(words: str) -> Text:
    return Text(f"• {words}")


def _others(one: Card, shown: tuple[str, ...]) -> str:
    every = [name for name in NOTED if any(s.text.startswith(name) for s in one.sections)]
    names = [name for name in every if name not in shown]
    return f"also on the card: {', '.join(names)}" if names else ""


def _style(word: str) -> str:
    return next((style for beginning, style in _STATE_STYLES if word.startswith(beginning)), "white")
