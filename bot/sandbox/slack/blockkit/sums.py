"""Limits that count over a whole message: markdown 12,000 characters, tables 10,000."""

from collections.abc import Iterator, Mapping

from bot.sandbox.slack.blockkit.checks import Problem

MARKDOWN = 12_000
TABLES = 10_000


def sums(blocks: list[object], pointer: str) -> Iterator[Problem]:
    """Check the sums; each block alone was checked before."""
    found = [block for block in blocks if isinstance(block, Mapping)]
    if sum(len(str(block.get("text", ""))) for block in found if block.get("type") == "markdown") > MARKDOWN:
        yield Problem(f"markdown blocks must be less than {MARKDOWN + 1} characters in total", pointer)
    if sum(characters(block.get("rows")) for block in found if block.get("type") == "table") > TABLES:
        yield Problem(f"tables must be less than {TABLES + 1} characters in total", pointer)


def characters(value: object) -> int:
    """Count the characters that a reader sees in a nested value."""
    if isinstance(value, Mapping):
        own = value.get("text")
        return (len(own) if isinstance(own, str) else 0) + characters(value.get("elements"))
    return sum(characters(each) for each in value) if isinstance(value, list) else 0
