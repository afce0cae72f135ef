"""Every refusal has its row in docs/mistakes.md, made from a real answer, and every answer says what to do next."""

import re
from pathlib import Path
from typing import Final

import pytest

from bot.actions import WORDS
from bot.adapters.slack.grammar import COMMANDS, Known, Mistake, parse
from tests.docs.mistakes.codes import HOLE, made
from tests.docs.mistakes.page import PAGE, collected, page
from tests.docs.mistakes.row import Row

# What a person cannot cause, or not within one small world.
WITHOUT_A_ROW: Final = {
    "internal-error": "an error of ours, whatever was typed",
    "person-mismatch": "Slack answers about somebody else",
    "no-record": "a bot without a log is not started",
    "too-much": "a log or a request of hundreds of thousands of records",
    "moved-meanwhile": "the world moved between a look and its answer",
    "rule-ambiguous": "two senders that call a rule the same",
    "rolling-back": "between a click and the end of a rollback",
    "no-approval-channel": "the settings are checked at the start",
    "channel-unknown": "Slack does not answer",
    "conversation-unknown": "Slack does not answer",
    "channel-unseen": "Slack delivers no command from a channel that the bot cannot see",
    "channel-archived": "Slack takes no command there",
    "forged-form": "no client of Slack sends it: a form that was never opened",
    "none-yours": "what stays is named with whose word lets it go, as in the answer before it: see tests/journeys",
    "form-wrong": "the clusters of the settings changed while a form was open",
    "title-needed": "the parser says it first",
    "no-such-person": "the parser says it first",
    "selector-ignored": "only under Cilium, for labels that nobody selects a Deployment by",
    "no-such-strategy": "the parser says it first",
    "nothing-to-close": "the card's buttons name only what its plan offers",
    "under-way": "one line within another answer",
    "evidence-missing": "the item is listed with what is missing",
    "solo-worse": "the world moved after it was asked: said on the card",
    "break-glass-worse": "the world moved after it was asked: said on the card",
    "step-worse": "the world moved after it was approved: said on the card",
    "auto-worse": "the world moved after it was decided: said on the card",
    "deployment-replaced": "a rung's silence, never an answer to a person",
    "flows-one-at-a-time": "a question that is still being answered: see tests/journeys",
    "flows-busy": "several people ask at once: see tests/engine",
    "kept-enough": "fifty clicks: see tests/journeys",
    "no-cluster": "settings that name a firewall and no cluster at all",
    "pod-replaced": "a rung's silence, never an answer to a person",
    "no-such-suggestion": "the card has no button for it: see tests/journeys",
    "suggestion-dismissed": "the card has no button for it any more: see tests/journeys",
    "alert-over": "the alert ended while a form was open: see tests/journeys",
    "asked-already": "two people press the same button: see tests/journeys",
    "no-such-alerts": "an id that nobody was told: see tests/journeys",
    "plan-late": "said on the card of an alert, where a cluster takes too long",
    "address-ours": "said on the card of an alert: see tests/engine",
    **dict.fromkeys(
        (
            "no-self-test",
            "self-test-under-way",
            "no-such-node",
            "unfit-node",
            "self-test-unpoliced",
            "no-node",
            "nodes-unseen",
            "not-yet",
        ),
        "an answer of `firebreak check --self-test` to whoever runs the bot",
    ),
    **dict.fromkeys(
        (
            "auto-off",
            "auto-changed",
            "auto-resolved",
            "auto-stale",
            "auto-source",
            "auto-muted",
            "auto-dismissed",
            "auto-not-fit",
            "auto-differs",
            "auto-one",
            "auto-not-here",
            "auto-not-named",
            "auto-replaced",
            "auto-unknown",
            "auto-estate",
            "auto-irreversible",
            "auto-forecast",
            "auto-unseen",
            "auto-asks-more",
            "auto-nobody",
            "auto-already",
            "auto-undone",
            "auto-rate",
        ),
        "why a playbook does not act by itself: it stands in the record",
    ),
}
COMMAND: Final = re.compile(r"/ir (.+?)(?=\. [A-Z]|[.`]?(?:\n|$))")
KNOWN: Final = Known(("prod",))


@pytest.fixture(scope="module")
def places() -> dict[str, tuple[str, ...]]:
    return {place.where: place.codes for place in made()}


async def test_the_page_is_current_and_no_refusal_is_without_its_row(
    tmp_path: Path, places: dict[str, tuple[str, ...]]
) -> None:
    chapters = await collected(tmp_path)
    rows = [row for chapter in chapters for row in chapter]
    told = {row.code for row in rows} | set(WITHOUT_A_ROW)

    assert [
        p for codes in places.values() for p in codes if not any(re.fullmatch(p, code) for code in told)
    ] == []
    assert [row for row in rows if not _leads_on(row)] == []
    assert PAGE.read_text("utf-8") == page(chapters), "run: python -m tests.docs.mistakes"


def test_what_has_no_row_is_still_a_refusal_of_the_code(places: dict[str, tuple[str, ...]]) -> None:
    patterns = [pattern for codes in places.values() for pattern in codes]

    assert [code for code in WITHOUT_A_ROW if not any(re.fullmatch(p, code) for p in patterns)] == []


def test_no_refusal_is_made_without_saying_what_to_do_next() -> None:
    assert [place.where for place in made() if place.remedy == ""] == []


def test_a_remedy_is_a_sentence_of_its_own_and_names_only_commands_that_there_are() -> None:
    known = [(place.where, place.remedy.strip()) for place in made() if place.remedy]
    wrong = [(where, remedy) for where, remedy in known if not remedy[0].isupper() and remedy[0] != HOLE]
    words = [(where, found.split()[0]) for where, remedy in known for found in COMMAND.findall(remedy)]

    assert wrong == []
    assert [pair for pair in words if pair[1] not in {*COMMANDS, *WORDS, HOLE}] == []


def _leads_on(row: Row) -> bool:
    typed = [found.replace("<id>", "FB-7K3Q") for found in COMMAND.findall(row.remedy)]
    return bool(row.remedy) and not [line for line in typed if isinstance(parse(line, KNOWN), Mistake)]
