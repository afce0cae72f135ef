"""What the page lets a person do: each act goes to the workspace's front door, and from there to the real bot."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from bot.sandbox.page.forms import Form, Forms
from bot.sandbox.page.guide import Guide
from bot.sandbox.page.people import BY_ID
from bot.sandbox.page.render import Level
from bot.sandbox.page.watching import Watch
from bot.sandbox.scene import CHANNEL, STRANGER
from bot.sandbox.slack import Answer, Attack, NotPossibleError

LONGEST: Final = 4000
NOT_ACKED: Final = (
    "The bot did not answer within 3 seconds, as Slack asks. Nothing is known to have happened."
)
SAID: Final = "Said to the people here. The bot hears commands alone: they begin with /ir."
REFUSED: Final = (
    "The bot answered HTTP {status}: this request is not proved to come from Slack, so nothing of it was read. "
    "Nobody is known to have sent it, so there is nobody to record."
)


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    What the page is told of an act: words for a notice with its level, and whose eyes to look through next.

    ``card`` says that the last card in the channel is what to look at.
    """

    ok: bool = True
    text: str = ""
    level: Level = "info"
    become: str = ""
    card: bool = False


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One act as the browser asks for it; which fields count follows from ``act``."""

    act: str
    person: str = ""
    text: str = ""
    place: str = "channel"
    thread: str = ""
    channel: str = ""
    ts: str = ""
    view: str = ""
    action: str = ""
    block: str = ""
    value: str | None = None
    filled: dict[str, dict[str, Any]] = {}
    attack: str = ""


Act = Callable[[Asked], Awaitable[Outcome]]


class Acting:
    """Does one act at a time for whoever asks; several browsers may ask side by side."""

    def __init__(self, watch: Watch, forms: Forms) -> None:
        self._watch, self._forms = watch, forms
        self._guide = Guide(watch)
        self._acts: Mapping[str, Act] = {
            "say": self._say,
            "press": self._press,
            "change": self._change,
            "submit": self._submit,
            "close": self._close,
            "shortcut": self._shortcut,
            "home": self._home,
            "tour": self._tour,
            "again": self._again,
            "verify": self._verify,
        }

    async def do(self, asked: Asked) -> Outcome:
        """Do it; what is not possible is said, never raised."""
        act = self._acts.get(asked.act)
        if act is None or asked.person not in BY_ID or len(asked.text) > LONGEST:
            return Outcome(ok=False, text="The page asked for something that there is not.", level="error")
        try:
            return await act(asked)
        except NotPossibleError as error:
            return Outcome(ok=False, text=f"Slack would not let you: {error}", level="warning")

    async def _say(self, asked: Asked) -> Outcome:
        text = asked.text.strip()
        workspace = self._watch.scene.workspace
        if not text:
            return Outcome(ok=False, text="Type a command, such as /ir help.", level="warning")
        channel = CHANNEL if asked.place == "channel" else workspace.world.direct(asked.person).id
        if not text.startswith("/"):
            workspace.say(asked.person, channel, text, asked.thread)
            return Outcome(text=SAID)
        return told(await workspace.slash(asked.person, channel, text, **_how(asked)))

    async def _press(self, asked: Asked) -> Outcome:
        workspace, how = self._watch.scene.workspace, _how(asked)
        if asked.block:
            how["block_id"] = asked.block
        if asked.value is not None:
            how["value"] = asked.value
        if asked.view:
            return told(
                await workspace.click_view(asked.person, asked.view, asked.action, asked.filled, **how)
            )
        return told(await workspace.click(asked.person, asked.channel, asked.ts, asked.action, **how))

    async def _change(self, asked: Asked) -> Outcome:
        """Tell the bot of a choice in a form, where the form says that it wants to hear of it at once."""
        view = self._watch.scene.workspace.views.standing.get(asked.view)
        block = next((b for b in view.blocks if b.get("block_id") == asked.block), {}) if view else {}
        if view is None or not block.get("dispatch_action"):
            return Outcome()
        self._forms.keep(view, Form(filled=asked.filled))
        return await self._press(asked)

    async def _submit(self, asked: Asked) -> Outcome:
        workspace = self._watch.scene.workspace
        before = workspace.views.standing.get(asked.view)
        answer = await workspace.submit_view(asked.person, asked.view, asked.filled, **_how(asked))
        now = workspace.views.standing.get(asked.view)
        if answer.errors and now is not None and now == before:
            self._forms.keep(now, Form(answer.errors, asked.filled))
            self._watch.touch()
        return told(answer)

    async def _shortcut(self, asked: Asked) -> Outcome:
        workspace, how = self._watch.scene.workspace, _how(asked)
        if asked.ts:
            return told(
                await workspace.message_shortcut(asked.person, asked.channel, asked.ts, asked.action, **how)
            )
        return told(await workspace.shortcut(asked.person, asked.action, **how))

    async def search(self, asked: Asked) -> Sequence[Mapping[str, Any]]:
        """Return the options (or groups of them) that the bot offers for what is typed into a search of a modal."""
        if asked.person not in BY_ID:
            return ()
        try:
            answer = await self._watch.scene.workspace.suggest(
                asked.person, asked.view, asked.action, asked.text, **_how(asked)
            )
        except NotPossibleError:
            return ()
        body = answer.body if isinstance(answer.body, dict) else {}
        return tuple(body.get("option_groups") or ({"options": body.get("options") or ()},))

    async def _close(self, asked: Asked) -> Outcome:
        answer = await self._watch.scene.workspace.close_view(asked.person, asked.view)
        return Outcome() if answer is None else told(answer)

    async def _home(self, asked: Asked) -> Outcome:
        workspace = self._watch.scene.workspace
        channel = workspace.world.direct(asked.person).id
        await workspace.event(
            {"type": "app_home_opened", "user": asked.person, "channel": channel, "tab": "home"}
        )
        return Outcome()

    async def _tour(self, _: Asked) -> Outcome:
        answers, become = await self._guide.do()
        wrong = [told(each) for each in answers if not each.acked]
        return wrong[0] if wrong else Outcome(become=become, card=become != STRANGER)

    async def _again(self, _: Asked) -> Outcome:
        self._watch.again()
        return Outcome()

    async def _verify(self, _: Asked) -> Outcome:
        found = await self._watch.verify()
        first = found.words.partition("\n")[0]
        return Outcome(ok=found.sound, text=first, level="success" if found.sound else "error")


def told(answer: Answer) -> Outcome:
    """Say what Slack's client would: nothing of an act that was taken."""
    if answer.acked:
        return Outcome(ok=not answer.errors)
    if answer.status in {400, 401, 403}:
        return Outcome(ok=False, text=REFUSED.format(status=answer.status), level="success")
    return Outcome(ok=False, text=NOT_ACKED, level="error")


def _how(asked: Asked) -> dict[str, Any]:
    """Mallory forges: truly signed unless she spoils the signature too."""
    if not BY_ID[asked.person].forges:
        return {}
    spoiled = {} if asked.attack not in Attack.__members__ else {"attack": Attack[asked.attack]}
    return {"forged": True, **spoiled}
