"""Each step of the tour in one click: the same acts that the people would do, one after the other."""

import asyncio
from collections.abc import Callable
from typing import Final

from bot.sandbox.page.commands import APPROVE, UNDO_ALL, card_of, filled_in
from bot.sandbox.page.tour import cause_of, request_of
from bot.sandbox.page.watching import Watch
from bot.sandbox.scene import ALICE, BOB, CHANNEL, STRANGER
from bot.sandbox.slack import Answer, Message, NotPossibleError
from bot.sandbox.slack.payloads import message_controls

WHOLE: Final = "ir_board_whole"
"""The button of an alert's card that prepares all that is suggested as one request."""

PATIENCE: Final = 40.0
"""Seconds to wait for what must come between two acts of one step: Azure's updates, mostly."""


class Guide:
    """Does the step that the tour is at, once: whoever presses twice is told."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._busy = False

    async def do(self) -> tuple[list[Answer], str]:
        """
        Do it; return what the bot answered, and whose eyes to look through.

        Raises ``NotPossibleError`` for a step that runs already, or that waits for something that does not come.
        """
        if self._busy:
            raise NotPossibleError("this step is being done already")
        plays = (self._take, self._look, self._compare, self._forge, self._approve, self._undo)
        at = self._watch.tour.at
        if at >= len(plays):
            return [], ""
        self._busy = True
        try:
            return await plays[at]()
        finally:
            self._busy = False

    async def _take(self) -> tuple[list[Answer], str]:
        """Press the button on the alert's card, once it stands there, and send the form and its plan."""
        await self._until(lambda: self._alerted() is not None, "an alert's card that suggests something")
        card = self._alerted()
        assert card is not None
        workspace = self._watch.scene.workspace
        answers = [await workspace.click(ALICE, CHANNEL, card.ts, WHOLE)]
        for _ in ("the form", "its plan"):
            form = await self._form(answers[-1])
            answers.append(await workspace.submit_view(ALICE, form, {}))
        await self._request()
        over = workspace.views.top(ALICE)
        if over is not None:
            await workspace.close_view(ALICE, over.id)
        return answers, ALICE

    def _alerted(self) -> Message | None:
        every = reversed(self._watch.scene.workspace.messages(CHANNEL))
        return next((each for each in every if _has(each, WHOLE)), None)

    async def _look(self) -> tuple[list[Answer], str]:
        """Ask whom the pod talks to, and wait until the answer is recorded."""
        said = await self._types(ALICE, self._line())
        await self._until(lambda: self._watch.tour.done[1], "an answer about its flows")
        return [said], ALICE

    async def _compare(self) -> tuple[list[Answer], str]:
        """Look at another plan, and wait until that is recorded."""
        said = await self._types(ALICE, self._line())
        await self._until(lambda: self._watch.tour.done[2], "the plan")
        return [said], ALICE

    async def _forge(self) -> tuple[list[Answer], str]:
        return [await self._press(STRANGER, await self._request(), forged=True)], STRANGER

    async def _form(self, answer: Answer) -> str:
        """Wait for the view that an act ends in, past the one that says to wait."""

        def stands() -> bool:
            return answer.view is not None and not answer.view.body.get("external_id")

        try:
            await self._watch.scene.workspace.until(lambda: stands() or None, PATIENCE)
        except TimeoutError:
            raise NotPossibleError("the form did not come") from None
        assert answer.view is not None
        return answer.view.id

    async def _approve(self) -> tuple[list[Answer], str]:
        return [await self._press(BOB, await self._request())], BOB

    async def _undo(self) -> tuple[list[Answer], str]:
        """Have Bob be shown what came of the alert, and confirm it; a request that came of none by its own id."""
        answers = await self._release() if self._stands() else []
        await self._until(lambda: self._watch.tour.found[-1][2].held or self._broken(answers), "the rollback")
        await self._watch.verify()
        return answers, BOB

    async def _release(self) -> list[Answer]:
        workspace, cause = self._watch.scene.workspace, cause_of(self._watch.told)
        if not cause:
            return [await self._types(BOB, self._line())]
        answers = [await self._types(BOB, f"/ir rollback alert {cause}")]
        try:
            shown = await workspace.until(lambda: next(iter(answers[0].ephemerals), None), PATIENCE)
        except TimeoutError:
            raise NotPossibleError("what came of the alert was not told") from None
        if _has(shown, UNDO_ALL):
            answers.append(await workspace.click(BOB, CHANNEL, shown.ts, UNDO_ALL))
        return answers

    def _stands(self) -> bool:
        seen = self._watch.seen
        return seen.suspect.name in seen.marked or any(seen.beacon in g.addresses for g in seen.groups)

    def _broken(self, answers: list[Answer]) -> bool:
        return any(not answer.acked for answer in answers)

    def _line(self) -> str:
        tour = self._watch.tour
        return filled_in(tour.story[tour.at].line, self._watch)

    async def _types(self, who: str, line: str) -> Answer:
        return await self._watch.scene.workspace.slash(who, CHANNEL, line)

    async def _press(self, who: str, request: str, action: str = APPROVE, *, forged: bool = False) -> Answer:
        card = card_of(self._watch, request)
        if card is None:
            raise NotPossibleError(f"there is no card of {request}")
        return await self._watch.scene.workspace.click(who, CHANNEL, card.ts, action, forged=forged)

    async def _request(self) -> str:
        """Wait until the request stands and its card is posted."""

        def posted() -> bool:
            request = request_of(self._watch.told)
            return bool(request) and card_of(self._watch, request) is not None

        await self._until(posted, "a request with its card")
        return request_of(self._watch.told)

    async def _until(self, check: Callable[[], object], what: str) -> None:
        known = -1
        try:
            async with asyncio.timeout(PATIENCE):
                while not check():
                    known = await self._watch.change(known, PATIENCE)
        except TimeoutError:
            raise NotPossibleError(f"within {PATIENCE:g} s there was no such thing: {what}") from None


def _has(message: Message, button: str) -> bool:
    return any(control.action_id == button for control in message_controls(message))
