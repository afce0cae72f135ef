"""What is typed at the sandbox's prompt: people's commands, and looks at the world and the log."""

import re
from typing import Final

from bot.bootstrap.rehearsal.lending import sound
from bot.bootstrap.rehearsal.narrator import Narrator
from bot.bootstrap.rehearsal.stage import Stage
from bot.domain.errors import FirebreakError
from bot.domain.isolation import LABEL
from bot.sandbox.slack import NotPossibleError
from bot.settings import Settings

_SPOKEN: Final = re.compile(r"([a-z]+):\s*(.+)")
_APPROVAL: Final = re.compile(r"(?:/ir\s+)?approve\s+(FB-[0-9A-Z]{5})")
HELP: Final = (
    "alice: /ir help           any command, as any person; /ir may be left out",
    "bob: approve FB-…         presses Approve on that card",
    "world                     pods, policies and blocked addresses as they are",
    "verify                    verify the audit log",
    "quit                      leave; nothing remains",
)


class Desk:
    """Takes one line at a time."""

    def __init__(self, stage: Stage, settings: Settings, narrator: Narrator) -> None:
        self._stage, self._settings, self._narrator = stage, settings, narrator

    async def take(self, line: str) -> bool:
        """Do what a line says and return whether to go on; what is not possible is said."""
        word = line.strip()
        if word in {"quit", "exit"}:
            return False
        try:
            await self._do(word)
        except (FirebreakError, NotPossibleError) as error:
            self._narrator.tell(f"Not possible: {error}")
        return True

    async def _do(self, word: str) -> None:
        if word == "world":
            await self._world()
        elif word == "verify":
            await self._verify()
        elif spoken := _SPOKEN.fullmatch(word):
            await self._person(spoken[1], spoken[2].strip())
        elif word:
            for line in HELP:
                self._narrator.tell(line)

    async def _person(self, name: str, words: str) -> None:
        found = {called: user for user, called in self._stage.names.items() if user.startswith("U")}
        who = found.get(name)
        if who is None:
            self._narrator.tell(f"There is no {name} here, but: {', '.join(sorted(found))}")
            return
        if approval := _APPROVAL.fullmatch(words):
            said = await self._stage.clicks(who, approval[1], "ir_approve")
        else:
            said = await self._stage.types(who, words if words.startswith("/") else f"/ir {words}")
        self._narrator.told(name, said)

    async def _world(self) -> None:
        incident, estate = self._stage.scene.incident, self._stage.scene.estate
        pods = await self._stage.pods(incident.namespace)
        rows = [
            (pod["metadata"]["name"], address, pod["metadata"]["labels"].get(LABEL, ""))
            for address, pod in pods.items()
        ]
        self._narrator.table((f"pod in {incident.namespace}", "address", "quarantine"), rows)
        groups = {"cluster": estate.cluster_group, "estate": estate.estate_group}
        for name, group in groups.items():
            held = ", ".join(self._stage.scene.arm.addresses(group)) or "nothing"
            self._narrator.tell(f"IP Group of the {name}: {held} ({self._stage.scene.arm.state(group)})")

    async def _verify(self) -> None:
        _, said = await sound(self._settings)
        for line in said.splitlines():
            self._narrator.tell(line)
