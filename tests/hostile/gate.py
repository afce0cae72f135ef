"""The front door under attack: what came of an act, told to the person and committed to the record."""

import io
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from bot.adapters.slack.card.painted import value_of
from bot.adapters.slack.letters import NOT_ME
from bot.adapters.store.reading import read_log
from bot.domain.requests import state_of
from bot.domain.states import PartState
from bot.sandbox.scene import ALICE, CHANNEL, Scene
from bot.sandbox.slack import Workspace
from bot.sandbox.slack.answers import Answer
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.payloads import message_controls
from bot.sandbox.slack.views import View
from tests.journeys.stage import INVISIBLE, PATIENCE, Stage

HOST = "T0HOST"
_numbers = itertools.count(1)
REASON = "plum-cathedral"
"""In every reason that a test gives: no line of the log may hold it."""


@dataclass(frozen=True)
class Gate:
    """The running bot, with what a test of refusals looks at."""

    bot: Stage
    log: io.StringIO

    @property
    def scene(self) -> Scene:
        """The servers around it."""
        return self.bot.scene

    @property
    def workspace(self) -> Workspace:
        """Slack."""
        return self.bot.scene.workspace

    @property
    def quarantine(self) -> str:
        """The command that asks for the suspect's quarantine."""
        cast = self.scene.incident
        return f"quarantine prod/{cast.namespace}/{cast.pod} for 4h because {REASON}"

    async def asked(self, user: str = ALICE) -> str:
        """Have the quarantine asked for; return the request's id."""
        return await self.bot.propose(user, self.quarantine)

    async def slash(self, user: str, text: str, **how: Any) -> Answer:
        """Type a command."""
        return await self.workspace.slash(user, CHANNEL, f"/ir {text}", **how)

    async def press(self, user: str, request_id: str, button: str = "ir_approve", **how: Any) -> Answer:
        """Press a button of the card, once the card has it."""

        async def offered() -> Message | None:
            card = await self.bot.card(request_id)
            names = {control.action_id for control in message_controls(card)}
            return card if button in names or how.get("forged") else None

        card = await self.bot.until(offered)
        return await self.workspace.click(user, CHANNEL, card.ts, button, **how)

    async def denying(self, user: str, request_id: str) -> View:
        """Press Deny, and return the form that opens."""
        opened = await self.press(user, request_id, "ir_deny")

        def form() -> View | None:
            view = opened.view
            return view if view and view.body["callback_id"] == "ir_deny_modal" else None

        return await self.workspace.until(form, PATIENCE)

    async def value(self, request_id: str) -> str:
        """Return what the buttons of the newest card carry."""
        return value_of(await self.bot.request(request_id))

    async def told(self, answer: Answer) -> str:
        """Wait for what the person was told privately, in the channel or directly."""
        assert answer.acked, (answer.status, answer.error)
        return INVISIBLE.sub(
            "", await self.workspace.until(lambda: answer.said or self._direct(answer), PATIENCE)
        )

    def _direct(self, answer: Answer) -> str:
        """What was said in the person's own conversation, but no receipt: that one stands beside the answer."""
        place = f"D0{answer.user}"
        since = [s.message for s in self.workspace.states()[answer._since :] if s.message.channel == place]
        return "\n".join(message.text for message in since if not _is_receipt(message))

    async def refused(self, answer: Answer, code: str, *, team: str = HOST) -> str:
        """Have an act refused: told privately, and recorded with its code and who it was. Return what was told."""
        said = await self.told(answer)
        assert said.startswith("Refused: "), said
        mine = [r for r in await self.records("refusal") if r["actor"]["id"] == f"{team}:{answer.user}"]
        assert [r["outcome"] for r in mine][-1:] == [code], (code, said, mine)
        return said

    async def records(self, event: str = "") -> list[dict[str, Any]]:
        """Return the records of the log in order, of one event if named."""
        found: list[dict[str, Any]] = []
        async with read_log(self.bot.settings.database) as log:
            async for rows, _ in log.batches():
                found += [msgspec.json.decode(row[1]) for row in rows if row[1] is not None]
        return [record for record in found if event in {"", record["event"]}]

    async def refusals(self) -> list[str]:
        """Return the codes of all recorded refusals, in order."""
        return [record["outcome"] for record in await self.records("refusal")]

    async def state(self, request_id: str) -> PartState:
        """Return the state of a request."""
        return state_of(await self.bot.rows(request_id))

    async def undecided(self, request_id: str) -> None:
        """Nobody's vote has counted, nothing was written, and the right person can still approve."""
        assert await self.state(request_id) is PartState.PROPOSED
        assert not [r for r in await self.records("vote") if r.get("request") == request_id]
        assert not [r for r in await self.records("intent") if r.get("request") == request_id]


def _is_receipt(message: Message) -> bool:
    return NOT_ME in {control.action_id for control in message_controls(message)}


def fresh() -> str:
    """Return an id that no payload has had yet."""
    return f"forged.{next(_numbers)}"


def everything(workspace: Workspace) -> list[Message]:
    """Return every state of every message that the bot ever had standing anywhere."""
    bot = workspace.world.app.bot_user
    return [state.message for state in workspace.states() if state.message.author == bot]


def shown_bodies(workspace: Workspace) -> list[Mapping[str, Any]]:
    """Return every body that a client ever rendered for the bot: messages and views."""
    messages = [{"text": m.text, "blocks": list(m.blocks)} for m in everything(workspace)]
    return [*messages, *(view.body for view in workspace.views.seen)]
