"""
The front door: what came in over either transport, up to its acknowledgement, and nothing more.

The path to ``ack`` does this only: is it for us, which key has it, write the inbox row, acknowledge. Everything that
can fail or takes time is driven from the row. Form errors and options are answered in the acknowledgement itself,
from what is in memory; nothing was asked then, so there is no row, but for a
wrong name in a form that asks for one. bolt runs nothing after ``ack``: an exception
there would take the acknowledgement back.
"""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.adapters.slack import answers
from bot.adapters.slack import help as helping
from bot.adapters.slack.answers import Inbound, MalformedError
from bot.adapters.slack.card import Painted
from bot.adapters.slack.commands import Help
from bot.adapters.slack.form import ids, judging
from bot.adapters.slack.form.suggesting import suggestions
from bot.adapters.slack.grammar import Known, Mistake, parse
from bot.adapters.slack.home.painting import OPEN
from bot.adapters.slack.installation import Installation
from bot.adapters.slack.spoken import explained, mistaken
from bot.adapters.slack.text import incoming
from bot.domain.errors import UnknownOutcomeError
from bot.domain.people import Principal
from bot.engine.names import Names
from bot.ports import Doorway

log = logging.getLogger("firebreak.slack.front")

BOLT: Final = "firebreak.slack.bolt"
ALL: Final = re.compile(r"(?s).*")
ODD: Final = (AttributeError, KeyError, TypeError, ValueError, RecursionError)
NEED_REASON: Final = {
    ids.DENY: "There is no reason. Say why: a denial is recorded with its reason.",
    ids.DISMISS: "There is no reason. Say why: a dismissal is recorded with its reason.",
    ids.REVIEW: "Nothing is written here. Say what you looked at: a review is recorded with it.",
}

Ack = Callable[..., Awaitable[BoltResponse]]
Chosen = Callable[[Mapping[str, Any]], tuple[str, Inbound]]


class Front:
    """
    One bolt app for both transports.

    ``clusters`` gives the clusters' names, ``names`` those of pods, from memory: both run before ``ack``. Nothing
    here asks Slack.
    """

    def __init__(
        self,
        installation: Installation,
        doorway: Doorway,
        clusters: Callable[[], Sequence[str]],
        names: Names | None = None,
    ) -> None:
        self._installation, self._doorway, self._clusters = installation, doorway, clusters
        self._names = names
        self.app = self._listening()

    async def take(self, body: object) -> BoltResponse:
        """
        Take one parsed payload whose sender is proved, and return the acknowledgement.

        400 for what Slack would not send, 403 for another workspace or app, 404 for a kind that we have no use
        for, 500 when the row could not be written and 503 while our own workspace is not known: then Slack tells the
        person that it failed, rightly.
        """
        if not isinstance(body, dict) or not answers.legible(body):
            return BoltResponse(status=400)
        try:
            home = self._installation.home
            if not _greeting(body) and not answers.belongs(body, home.team, home.app_id):
                log.warning("slack_payload_of_others")
                return BoltResponse(status=403)
            request = AsyncBoltRequest(body=body, mode="socket_mode")
        except UnknownOutcomeError:
            return BoltResponse(status=503)
        except ODD:
            return BoltResponse(status=400)
        return await self.app.async_dispatch(request)

    def _listening(self) -> AsyncApp:
        quiet = logging.getLogger(BOLT)
        quiet.setLevel(logging.CRITICAL)  # below that bolt prints bodies
        app = AsyncApp(
            name=BOLT,  # bolt sets the level of the logger of its app's name too
            logger=quiet,
            signing_secret="",  # the signature is checked before bolt, more strictly: see ``signed``
            request_verification_enabled=False,
            ssl_check_enabled=False,
            authorize=_authorizing(self._installation),
            raise_error_for_unhandled_request=True,
        )
        app.command(ALL)(self._on_command)
        app.action(ALL)(self._on_click)
        app.view_submission(ALL)(self._on_form)
        app.view_closed(ALL)(self._on_nothing)
        app.shortcut(ALL)(self._keeping(answers.shortcut))
        app.options(ALL)(self._on_options)
        app.event(ALL)(self._on_event)
        app.error(_failed)
        return app

    async def _on_command(self, ack: Ack, body: Mapping[str, Any]) -> None:
        key, inbound = answers.command(body)
        known = Known(tuple(self._clusters()))
        asked = parse(inbound.text, known)
        match asked:
            case Mistake():
                await _say(ack, mistaken(asked))
            case Help(topic):
                await _say(ack, explained(helping.help_text(topic)))
            case _:
                await self._keep(key, inbound)
                await ack()

    async def _on_click(self, ack: Ack, body: Mapping[str, Any]) -> None:
        key, inbound = answers.click(body)
        if inbound.name != OPEN:  # a link, which Slack has opened itself: nothing is asked of us
            await self._keep(key, inbound)
        await ack()

    async def _on_form(self, ack: Ack, body: Mapping[str, Any]) -> None:
        key, inbound = answers.form(body)
        known = Known(tuple(self._clusters()))
        wrong = judging.errors_of(inbound, known)
        if inbound.name in NEED_REASON and not incoming(inbound.reason):
            wrong = {"reason": NEED_REASON[inbound.name]}
        if wrong:
            if inbound.name in (ids.CONFIRM, ids.BREAK):  # recorded as the refused attempt that it is
                await self._keep(*answers.slip(body, inbound))
            await ack(response_action="errors", errors=wrong)
            return
        page = judging.turned(inbound, known)
        if page is not None:
            await ack(response_action="update", view=page)
            return
        await self._keep(key, inbound)
        await ack(**judging.reply_to(inbound, key, known))

    async def _on_options(self, ack: Ack, body: Mapping[str, Any]) -> None:
        user, team, typed = answers.searcher(body)
        await ack(**suggestions(self._names, _person(team, user), str(body.get("action_id", "")), typed))

    async def _on_event(self, ack: Ack, body: Mapping[str, Any]) -> None:
        kept = answers.opened(body)
        if kept is not None:
            await self._keep(*kept)
        await ack()

    async def _on_nothing(self, ack: Ack) -> None:
        await ack()

    def _keeping(self, choose: Chosen) -> Callable[..., Awaitable[None]]:
        async def listener(ack: Ack, body: Mapping[str, Any]) -> None:
            await self._keep(*choose(body))
            await ack()

        return listener

    async def _keep(self, key: str, inbound: Inbound) -> None:
        """A key that is known already was delivered twice: it is acknowledged again, and happens once."""
        if not await self._doorway.accept(key, inbound.kind, answers.encoded(inbound)):
            log.info("slack_delivered_again", extra={"key": key})


def _authorizing(installation: Installation) -> Callable[[], Awaitable[AuthorizeResult]]:
    """A function and no method: bolt looks at the names of its arguments."""

    async def authorize() -> AuthorizeResult:
        """One workspace, which ``take`` has held the payload to. No token is handed out: bolt calls nothing."""
        home = installation.home
        return AuthorizeResult(enterprise_id=None, team_id=home.team, bot_user_id=home.bot_user)

    return authorize


async def _say(ack: Ack, picture: Painted) -> None:
    await ack(picture.text, blocks=list(picture.blocks))


def _person(team: str, user: str) -> Principal | None:
    """Return who searches, ``None`` where the payload names nobody: then nothing is offered."""
    try:
        return Principal(team, user)
    except ValueError:
        return None


def _greeting(body: Mapping[str, Any]) -> bool:
    """Slack's one question without a workspace: does this address answer."""
    return body.get("type") == "url_verification"


async def _failed(error: Exception) -> BoltResponse:
    """Only the class is logged: the text of an error may quote a payload."""
    match error:
        case BoltUnhandledRequestError():
            return BoltResponse(status=404)
        case MalformedError():
            log.warning("slack_payload_malformed", extra={"field": str(error)})
            return BoltResponse(status=400)
        case _:
            log.error("slack_not_accepted", extra={"error": type(error).__name__})
            return BoltResponse(status=500)
