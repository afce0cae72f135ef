"""The help follows the catalogue, and the page in docs follows the help."""

import inspect
from pathlib import Path

import pytest

from bot.actions import WORDS
from bot.adapters.slack import commands
from bot.adapters.slack.grammar import COMMANDS, Known, Mistake, parse
from bot.adapters.slack.help import document, help_text, usage
from bot.adapters.slack.spoken import explained
from bot.adapters.slack.topics import TOPICS

PAGE = Path(__file__).parents[3] / "docs" / "commands.md"


def test_the_page_in_docs_is_what_the_generator_writes() -> None:
    assert PAGE.read_text(encoding="utf-8") == document()


@pytest.mark.parametrize("word", WORDS)
def test_an_action_is_explained_by_its_own_docstring_and_slots(word: str) -> None:
    kind, told = WORDS[word], help_text(word)

    assert usage(kind) in told
    assert inspect.cleandoc(kind.__doc__ or "").splitlines()[0] in told
    assert all(slot.help in told for slot in kind.slots)


@pytest.mark.parametrize("topic", COMMANDS)
def test_every_command_is_explained_on_its_own_and_in_its_chapter(topic: str) -> None:
    (chapter,) = (name for name, found in TOPICS.items() if topic in found.words)

    assert f"`/ir {topic}" in help_text(topic)
    assert f"`/ir {topic}" in help_text(chapter)


def test_every_command_and_action_is_in_one_chapter() -> None:
    assert sorted(word for topic in TOPICS.values() for word in topic.words) == sorted({*COMMANDS, *WORDS})


def test_the_overview_fits_on_a_phone_without_scrolling_and_leads_to_every_chapter() -> None:
    rows = help_text().splitlines()

    assert len(rows) <= 12
    assert all(len(row) <= 70 for row in rows)
    assert all(isinstance(parse(f"help {name}", Known()), commands.Help) for name in TOPICS)


def test_what_the_overview_says_to_type_can_be_typed() -> None:
    (block,) = explained(help_text()).blocks
    pieces = block["elements"][0]["elements"]
    said = [piece["text"] for piece in pieces if piece.get("style") == {"code": True}]

    assert len(said) == 4
    assert not any(isinstance(parse(s.removeprefix("/ir "), Known(("prod",))), Mistake) for s in said[:2])


def test_the_forms_are_those_that_the_grammar_reads() -> None:
    assert usage(WORDS["quarantine"]) == (
        "quarantine [cluster/]namespace/pod[,pod...] [using auto|networkpolicy|cilium|calico|calico-stored|detach] "
        "[allow dns|<cidr>[,...]] [probes cut|keep] [for <duration>] [solo|break-glass] [because <reason>]"
    )
    assert "[cluster <name>] [scope cluster|estate]" in usage(WORDS["block"])
