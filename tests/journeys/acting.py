"""A playbook that acts by itself, and the policy that lets just that one."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bot.bootstrap.playbooks import known
from bot.domain.playbooks import playbook_hash
from bot.domain.requests import Request
from bot.sandbox.scene import POLICY
from bot.settings import Settings
from tests.journeys.alerting import SOURCE, every, item, listening, thing
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


async def until_acted(bot: Stage) -> Request:
    """Wait until something was done without a person."""

    async def there() -> Request | None:
        return next(iter(await acted(bot)), None)

    return await bot.until(there, lambda: every(bot))
