"""The help follows the catalogue, and the page in docs follows the help."""

import inspect
from pathlib import Path

import pytest

from bot.actions import WORDS
from bot.adapters.slack.grammar import COMMANDS
from bot.adapters.slack.help import document, help_text, usage

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
def test_every_command_is_explained_on_its_own_and_in_the_whole(topic: str) -> None:
    assert f"/ir {topic}" in help_text(topic)
    assert f"/ir {topic}" in help_text()


def test_the_forms_are_those_that_the_grammar_reads() -> None:
    assert usage(WORDS["quarantine"]) == (
        "quarantine [cluster/]namespace/pod[,pod...] [for <duration>] [because <reason>]"
    )
    assert "[cluster <name>] [scope cluster|estate]" in usage(WORDS["block"])
