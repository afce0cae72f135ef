"""A playbook that acts by itself, and the policy that lets just that one."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from bot.adapters.policy.files import load
from bot.bootstrap.playbooks import known
from bot.domain.findings import Refusal
from bot.domain.people import Principal
from bot.domain.playbooks import playbook_hash
from bot.domain.requests import Request
from bot.domain.states import PartState
from bot.domain.suggestions import Board, Mute
from bot.engine.context import Context
from bot.sandbox.scene import ALICE, POLICY
from bot.settings import Settings
from tests.journeys.alerting import SOURCE, every, item, listening, send, thing
from tests.journeys.seeing import recorded
from tests.journeys.stage import Stage

NAME: Final = "miner"
PLAYBOOK: Final = """\
version: 3
name: miner
title: A pod mines digital currency
match: {{when: 'alert.rule == "CryptoMiner"'}}
auto: {{sources: [{source}], minutes: 30, per_hour: {per_hour}}}
steps:
  - title: Cut the pod off
    action: quarantine-pod
    with: {{cluster: {{from: cluster}}, namespace: {{from: namespace}}, pods: {{from: pods}}}}
"""
BY_HAND: Final = "".join(line for line in PLAYBOOK.splitlines(keepends=True) if not line.startswith("auto:"))
"""The same playbook, which does nothing by itself."""
BLOCKING: Final = """\
version: 1
name: miner
title: A pod talks to a pool
match: {{when: 'alert.rule == "CryptoMiner"'}}
auto: {{sources: [{source}], minutes: 60, per_hour: {per_hour}}}
steps:
  - title: Block the pool
    action: block-address
    with: {{cluster: {{from: cluster}}, addresses: {{from: peers}}, scope: cluster}}
"""
ANY_RULE: Final = PLAYBOOK.replace('alert.rule == "CryptoMiner"', 'alert.rule.startsWith("CryptoMiner")')
WIDE: Final = POLICY.replace("namespace_percent: 60", "namespace_percent: 100, pods: 100")
"""A policy under which many pods may be cut."""
AUTO: Final = """\
auto:
  playbooks: {{miner: {sha256}}}
  actions: [quarantine-pod, block-address]
  clusters: [prod]
  namespaces: ["*"]
  reviewers: [security]
  per_hour: {per_hour}
"""


def automatic(folder: Path, *, source: str = SOURCE, per_hour: int = 1, text: str = PLAYBOOK) -> Path:
    """Write the playbook, and return its file."""
    file = folder / "miner.yaml"
    file.write_text(text.format(source=source, per_hour=per_hour), encoding="utf-8")
    return file


def sha256(file: Path) -> str:
    """Return the hash of the one playbook in a file."""
    (one,) = known([str(file)]).playbooks
    return playbook_hash(one)


def letting(file: Path, *, per_hour: int = 3, pinned: str = "", rules: str = POLICY) -> str:
    """Return a policy that lets the playbook in a file act by itself."""
    return rules + AUTO.format(sha256=pinned or sha256(file), per_hour=per_hour)


def outfit(file: Path) -> Callable[[Settings], Settings]:
    """Return what has the bot take alerts of one sender, with just this playbook."""
    return listening(str(file))


def mining(bot: Stage, pod: str = "", rule: str = "CryptoMiner", **how: Any) -> dict[str, Any]:
    """Return an alert that began just now, about a pod of the story."""
    cast = bot.scene.incident
    began = {"started": datetime.now(UTC).isoformat(), **how}  # noqa: TID251 - the sender's own clock
    return item(rule, *began.pop("subjects", [thing("pod", pod or cast.pod, cast.namespace)]), **began)


async def acted(bot: Stage) -> tuple[Request, ...]:
    """Return what was done without a person."""
    async with bot.built.context.store.begin() as tx:
        found = await tx.requests.recent(open_only=False, limit=100)
    return tuple(request for request in found if request.requester is None)


async def until_acted(bot: Stage, besides: str = "") -> Request:
    """Wait until something was done without a person, besides a request that is known."""

    async def there() -> Request | None:
        return next((each for each in await acted(bot) if each.id != besides), None)

    async def instead() -> object:
        return await refusals(bot), await every(bot)

    return await bot.until(there, instead)


async def applied(bot: Stage, *alerts: Mapping[str, Any]) -> Request:
    """Have alerts come, and return what was done about them without a person, once it is in force."""
    assert await send(bot, *alerts) == 200
    request = await until_acted(bot)
    await bot.until_state(request.id, PartState.APPLIED)
    return request


async def refusals(bot: Stage) -> list[str]:
    """Return why playbooks did nothing, as recorded."""
    return [each["outcome"] for each in await recorded(bot, "refusal") if each["actor"]["type"] == "playbook"]


async def until_refused(bot: Stage, code: str, *, acts: int = 0) -> None:
    """Wait until it is recorded that, and why, a playbook did nothing; so much was done before it."""

    async def there() -> bool:
        return code in await refusals(bot)

    await bot.until(there, lambda: refusals(bot))
    assert len(await acted(bot)) == acts


async def until_done_with(bot: Stage, board: Board) -> None:
    """Wait until a group is given back: whatever its playbooks were to do by themselves they have done, or left."""

    async def given_back() -> bool:
        async with bot.built.context.store.begin() as tx:
            look = await tx.suggestions.look(board.group.id)
        return look is not None and not look.taken

    await bot.until(given_back)


async def muted(bot: Stage, *_: object) -> None:
    """Have somebody mute the rule."""
    alice = Principal("T0HOST", ALICE)
    async with bot.built.context.store.begin() as tx:
        until = tx.now + timedelta(hours=1)
        await tx.suggestions.mute(Mute("CryptoMiner", until, alice, tx.now, "red team", SOURCE, tx.now))


async def silent(*_: object) -> Refusal:
    """Stand in for a cluster that does not answer."""
    return Refusal("cluster-unavailable", "The cluster does not answer.", "Wait.")


def under_policy(bot: Stage, policy: str) -> Context:
    """Return what an engine works with that has another policy than the running bot."""
    file = bot.scene.policy_file.with_name("auto.yaml")
    file.write_text(policy, encoding="utf-8")
    return replace(bot.built.context, policy=load(file))
