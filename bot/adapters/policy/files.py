"""From the file to the value, with every flaw named by its line."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path as File
from typing import Any, Final

import msgspec

from bot.adapters.policy.errors import Flaw, PolicyError
from bot.adapters.policy.keys import key_problems
from bot.adapters.policy.trees import Tree, Unusable
from bot.domain.policy.durations import Duration
from bot.domain.policy.policies import Policy
from bot.domain.policy.references import Path, problems
from bot.domain.policy.rules import Group, Rule

LARGEST: Final = 1 << 20
_AT: Final = re.compile(r"(?P<text>.*?) - at (?:`key` in )?`\$(?P<path>[^`]*)`", re.DOTALL)
_STEP: Final = re.compile(r"\.(?P<key>\w+)|\[(?P<index>\d+)\]|\[\.\.\.\]")


def load(path: File, actions: Collection[str] | None = None) -> Policy:
    """
    Read a policy file of at most 1 MiB. ``actions`` are the names that rules may use; ``None`` leaves them unchecked.

    Raises ``PolicyError`` with all that is wrong.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as error:
        raise _whole(
            path.name, f"can't be read ({error.strerror}); name the file, or set policy_file"
        ) from error
    if len(raw) > LARGEST:
        raise _whole(path.name, "larger than 1 MiB")
    try:
        return parse(raw.decode("utf-8"), path.name, actions)
    except UnicodeDecodeError as error:
        raise _whole(path.name, "not UTF-8 text") from error


def parse(text: str, name: str = "policy.yaml", actions: Collection[str] | None = None) -> Policy:
    """Return the policy that a text holds; ``name`` is how errors call it. Raises ``PolicyError``."""
    try:
        tree = Tree(text)
    except Unusable as error:
        raise PolicyError(name, [error.flaw]) from error
    if not isinstance(tree.value, dict):
        raise _whole(name, "not a policy: it holds no keys; see docs/policy.md")
    flaws = [tree.flaw(p.path, p.text) for p in key_problems(tree.value, Policy)] or list(_misfits(tree))
    if flaws:
        raise PolicyError(name, flaws)
    policy: Policy = msgspec.convert(tree.value, Policy, dec_hook=_duration)
    dangling = [tree.flaw(p.path, p.text) for p in problems(policy, actions)]
    if dangling:
        raise PolicyError(name, dangling)
    return policy


def _misfits(tree: Tree) -> Iterator[Flaw]:
    """Convert the entries one by one, so that one run tells of a flaw in each, and then the whole."""
    found: list[Flaw] = []
    groups, rules = tree.value.get("groups"), tree.value.get("rules")
    for key, body in groups.items() if isinstance(groups, dict) else ():
        found += _misfit(tree, ("groups", key), body, Group)
    for index, body in enumerate(rules) if isinstance(rules, list) else ():
        found += _misfit(tree, ("rules", index), body, Rule)
    yield from found or _misfit(tree, (), tree.value, Policy)


def _misfit(tree: Tree, path: Path, value: Any, kind: type) -> list[Flaw]:
    try:
        msgspec.convert(value, kind, dec_hook=_duration)
    except msgspec.ValidationError as error:
        found = _AT.fullmatch(str(error))
        inner = _steps(found["path"]) if found else ()
        return [tree.flaw((*path, *inner), found["text"] if found else str(error))]
    return []


def _steps(text: str) -> Path:
    """Read msgspec's path, up to where it says ``[...]`` for a key that it does not name."""
    steps: list[str | int] = []
    for step in _STEP.finditer(text):
        if step["key"] is None and step["index"] is None:
            break
        steps.append(step["key"] if step["key"] is not None else int(step["index"]))
    return tuple(steps)


def _duration(kind: type, value: object) -> object:
    if kind is not Duration:
        raise NotImplementedError(kind.__name__)
    if not isinstance(value, str):
        raise TypeError("a duration is written with its unit, for example 30m, 4h or 1d")
    return Duration.parse(value)


def _whole(name: str, text: str) -> PolicyError:
    return PolicyError(name, [Flaw(0, "", text)])
