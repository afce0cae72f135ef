"""Each step of the tour in one click: the same acts that the people would do, one after the other."""

import asyncio
from collections.abc import Callable
from typing import Final

from bot.sandbox.page.commands import APPROVE, card_of, filled_in
from bot.sandbox.page.tour import BLOCK, QUARANTINE, request_of
from bot.sandbox.page.watching import Watch
from bot.sandbox.scene import ALICE, BOB, CHANNEL, STRANGER
from bot.sandbox.slack import Answer, NotPossibleError

CLOSE: Final = "ir_close_1"
"""The first button beside what a card says stays open."""

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
        plays = (self._look, self._ask, self._forge, self._close, self._approve, self._block, self._roll_back)
        at = self._watch.tour.at
        if at >= len(plays):
            return [], ""
        self._busy = True
        try:
            return await plays[at]()
        finally:
            self._busy = False

    async def _look(self) -> tuple[list[Answer], str]:
        """Ask whom the pod talks to, and wait until the answer is recorded."""
        said = await self._types(ALICE, self._line())
        await self._until(lambda: self._watch.tour.done[0], "an answer about its flows")
        return [said], ALICE

    async def _ask(self) -> tuple[list[Answer], str]:
        said = await self._types(ALICE, self._line())
        await self._request(QUARANTINE)
        return [said], ALICE

    async def _forge(self) -> tuple[list[Answer], str]:
        return [await self._press(STRANGER, await self._request(QUARANTINE), forged=True)], STRANGER

    async def _close(self) -> tuple[list[Answer], str]:
        """Press the button beside what stays open, send the form and its plan, and withdraw the first request."""
        first = await self._request(QUARANTINE)
        answers = [await self._press(ALICE, first, CLOSE)]
        for _ in ("the form", "its plan"):
            form = await self._form(answers[-1])
            answers.append(await self._watch.scene.workspace.submit_view(ALICE, form, {}))
        await self._until(lambda: request_of(self._watch.told, QUARANTINE) != first, "the second request")
        second = await self._request(QUARANTINE)
        answers.append(
            await self._types(ALICE, f"/ir deny {first} because {second} closes what it leaves open")
        )
        over = self._watch.scene.workspace.views.top(ALICE)
        if over is not None:
            await self._watch.scene.workspace.close_view(ALICE, over.id)
        return answers, ALICE

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
        return [await self._press(BOB, await self._request(QUARANTINE))], BOB

    async def _block(self) -> tuple[list[Answer], str]:
        waiting = request_of(self._watch.told, BLOCK)
        answers = [] if waiting else [await self._types(ALICE, self._line())]
        return [*answers, await self._press(BOB, await self._request(BLOCK))], BOB

    async def _roll_back(self) -> tuple[list[Answer], str]:
        answers = []
        for action, standing in ((QUARANTINE, self._quarantined), (BLOCK, self._blocked)):
            request = request_of(self._watch.told, action)
            if request and standing():
                answers.append(await self._types(ALICE, f"/ir rollback {request} because the tour is over"))
        await self._until(lambda: self._watch.tour.found[-1][2].held or self._broken(answers), "the rollback")
        await self._watch.verify()
        return answers, ALICE

    def _quarantined(self) -> bool:
        return self._watch.seen.suspect.name in self._watch.seen.marked

    def _blocked(self) -> bool:
        return any(self._watch.seen.beacon in group.addresses for group in self._watch.seen.groups)

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

    async def _request(self, action: str) -> str:
        """Wait until the request stands and its card is posted."""

        def posted() -> bool:
            request = request_of(self._watch.told, action)
            return bool(request) and card_of(self._watch, request) is not None

        await self._until(posted, "a request with its card")
        return request_of(self._watch.told, action)

    async def _until(self, check: Callable[[], object], what: str) -> None:
        known = -1
        try:
            async with asyncio.timeout(PATIENCE):
                while not check():
                    known = await self._watch.change(known, PATIENCE)
        except TimeoutError:
            raise NotPossibleError(f"within {PATIENCE:g} s there was no such thing: {what}") from None
