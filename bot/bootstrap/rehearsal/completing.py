"""Completions of a command line for the sandbox's page, from the catalogue and the help that the bot itself gives."""

from collections.abc import Iterator, Sequence
from typing import Final

from bot.actions import WORDS
from bot.adapters.slack.help import COMMAND, PAGES, help_text, usage
from bot.domain.actions import SlotKind
from bot.sandbox.page.given import Known, Suggestion

MOST: Final = 9
DURATIONS: Final = ("1h", "4h", "24h")
LOOKS: Final = ("flows", "trace", "sweep")
"""What only looks at one thing that is named first."""


def complete(text: str, known: Known) -> Sequence[Suggestion]:
    """Return what the line may become; nothing for what is no command."""
    command, space, rest = text.partition(" ")
    if not space:
        return _first("") if COMMAND.startswith(command) else ()
    if command != COMMAND:
        return ()
    return tuple(_rest(rest.lstrip(), known))[:MOST]


def _rest(rest: str, known: Known) -> Iterator[Suggestion]:
    verb, space, after = rest.partition(" ")
    if not space:
        yield from _first(verb)
    elif verb == "plan":
        for each in _rest(after, known):
            if each.line.split()[1] in WORDS:
                yield Suggestion(
                    f"{COMMAND} plan {each.line.removeprefix(COMMAND).lstrip()}", each.form, each.help
                )
    elif verb in WORDS:
        yield from _of_action(verb, after, known)
    elif verb in LOOKS:
        yield from _of_subject(verb, after, known.addresses if verb == "sweep" else known.pods)
    elif verb in PAGES and "<id>" in PAGES[verb][0]:
        yield from _of_request(verb, after, known)


def _first(verb: str) -> tuple[Suggestion, ...]:
    forms = {
        word: (usage(kind), help_text(word).split("\n\n")[1].partition("\n")[0])
        for word, kind in WORDS.items()
    }
    every = {**forms, **PAGES}
    return tuple(
        Suggestion(f"{COMMAND} {word} ", f"{COMMAND} {form}", words)
        for word, (form, words) in every.items()
        if word.startswith(verb.lower())
    )


def _of_action(verb: str, after: str, known: Known) -> Iterator[Suggestion]:
    kinds = {slot.kind for slot in WORDS[verb].slots}
    both = SlotKind.STEPS in kinds
    names = (
        *(known.pods if both or SlotKind.PODS in kinds else ()),
        *(known.addresses if both or SlotKind.ADDRESSES in kinds else ()),
    )
    target, space, more = after.partition(" ")
    if not space:
        for name in names:
            if target.lower() in name:
                yield Suggestion(f"{COMMAND} {verb} {name} ", name, f"then: {usage(WORDS[verb])}")
        return
    if " for " not in f" {more}" or more in {"f", "fo", "for", "for "}:
        for duration in DURATIONS:
            yield Suggestion(
                f"{COMMAND} {verb} {target} for {duration} because ", f"for {duration}", "and why"
            )


def _of_subject(verb: str, after: str, names: Sequence[str]) -> Iterator[Suggestion]:
    target, space, _ = after.partition(" ")
    for name in () if space else names:
        if target.lower() in name:
            yield Suggestion(f"{COMMAND} {verb} {name} ", name, PAGES[verb][1])


def _of_request(verb: str, after: str, known: Known) -> Iterator[Suggestion]:
    named, space, _ = after.partition(" ")
    if space:
        return
    form, words = PAGES[verb]
    for request, digest in known.requests:
        if named.upper() in request:
            tail = f" {digest}" if f"{verb} <id> <digest>" in form and digest else ""
            yield Suggestion(f"{COMMAND} {verb} {request}{tail} ".rstrip() + " ", f"{request}{tail}", words)
