"""The front door: what people do in their Slack clients, carried to the app as Slack would."""

from dataclasses import dataclass, replace
from typing import Any, TypedDict, Unpack

from bot.sandbox.slack import payloads
from bot.sandbox.slack.answers import Answer
from bot.sandbox.slack.core import Core
from bot.sandbox.slack.courier import Courier, Delivery, Kind, Reply, Transport
from bot.sandbox.slack.errors import ApiError, NotPossibleError
from bot.sandbox.slack.forms import Filled, state_values
from bot.sandbox.slack.messages import Content, Message
from bot.sandbox.slack.outcomes import after_slash, after_submission, after_suggestion
from bot.sandbox.slack.payloads import Act, Control
from bot.sandbox.slack.people import Channel, User
from bot.sandbox.slack.signing import Attack
from bot.sandbox.slack.tickets import Origin, ResponseUrl
from bot.sandbox.slack.views import View


class How(TypedDict, total=False):
    """Options of an act: `forged` lets through what no client would send (truly signed), `attack` spoils the signature."""

    block_id: str
    value: str
    forged: bool
    attack: Attack
    transport: Transport


@dataclass(slots=True)
class Door:
    """Everything here raises `NotPossibleError` where a client would not let the person do it, unless `forged`."""

    core: Core
    courier: Courier
    transport: Transport = "socket"

    async def slash(self, user: str, channel: str, line: str, **how: Unpack[How]) -> Answer:
        """Type a slash command, e.g. `/ir status`."""
        actor, place = self._actor(user, channel, how)
        if not how.get("forged") and line.split(" ", 1)[0] != self.core.world.app.command:
            raise NotPossibleError(f"no app has the command {line.split(' ', 1)[0]}")
        url = self.core.tickets.response_url("commands", Origin(user, channel))
        payload = payloads.slash(self.core.world, self._act(actor, url), place, line)
        since = len(self.core.ledger.states)
        delivery, reply = await self._send("slash_commands", payload, how)
        reply = after_slash(self.core, url, reply)
        return replace(Answer.of(self.core, user, delivery, reply, since), _url=url)

    async def click(
        self, user: str, channel: str, message_ts: str, action_id: str, **how: Unpack[How]
    ) -> Answer:
        """Press a button (or choose the option `value`) of a message."""
        actor, place = self._actor(user, channel, how)
        message = self.core.ledger.find(channel, message_ts)
        if message is None or message.only_for not in {"", user}:
            if not how.get("forged"):
                raise NotPossibleError(f"{user} sees no message {message_ts} in {channel}")
            message = Message(channel, message_ts, self.core.world.app.bot_user, Content("forged"))
        control = _control(list(payloads.message_controls(message)), action_id, how)
        url = self.core.tickets.response_url("actions", Origin(user, channel, message_ts))
        action = payloads.pressed(control, how.get("value"), self.core.ledger.stamp())
        payload = payloads.block_actions(self.core.world, self._act(actor, url), place, message, action)
        since = len(self.core.ledger.states)
        delivery, reply = await self._send("interactive", payload, how)
        return replace(Answer.of(self.core, user, delivery, reply, since), _url=url)

    async def click_view(
        self, user: str, view_id: str, action_id: str, filled: Filled | None = None, **how: Unpack[How]
    ) -> Answer:
        """Press a button inside a modal, or choose where the modal is told at once; `filled` stands in it."""
        view = self._view(user, view_id, how)
        control = _control(list(payloads.controls(view.blocks)), action_id, how)
        action = payloads.pressed(control, how.get("value"), self.core.ledger.stamp())
        act = Act(self._user(user, how), self.core.tickets.trigger(user, view_id))
        values = state_values(view, filled or {}, forged=True)
        payload = payloads.view_action(self.core.world, act, view, action, values)
        since = len(self.core.ledger.states)
        return Answer.of(self.core, user, *await self._send("interactive", payload, how), since)

    async def shortcut(self, user: str, callback_id: str, **how: Unpack[How]) -> Answer:
        """Choose a shortcut from the client's menu: it happens in no channel."""
        act = Act(self._user(user, how), self.core.tickets.trigger(user))
        self._has_shortcut(callback_id, how)
        payload = payloads.global_shortcut(self.core.world, act, callback_id)
        since = len(self.core.ledger.states)
        return Answer.of(self.core, user, *await self._send("interactive", payload, how), since)

    async def message_shortcut(
        self, user: str, channel: str, message_ts: str, callback_id: str, **how: Unpack[How]
    ) -> Answer:
        """Choose a shortcut on a message that the person sees."""
        actor, place = self._actor(user, channel, how)
        self._has_shortcut(callback_id, how)
        message = self.core.ledger.find(channel, message_ts)
        if message is None or message.only_for not in {"", user}:
            raise NotPossibleError(f"{user} sees no message {message_ts} in {channel}")
        url = self.core.tickets.response_url("actions", Origin(user, channel, message_ts))
        payload = payloads.message_shortcut(
            self.core.world, self._act(actor, url), place, message, callback_id
        )
        since = len(self.core.ledger.states)
        delivery, reply = await self._send("interactive", payload, how)
        return replace(Answer.of(self.core, user, delivery, reply, since), _url=url)

    async def suggest(
        self, user: str, view_id: str, action_id: str, typed: str, **how: Unpack[How]
    ) -> Answer:
        """Type into an external menu of a modal; what Slack would not show becomes `error`."""
        view = self._view(user, view_id, how)
        control = _search(view, action_id, how)
        act = Act(self._user(user, how), "")
        payload = payloads.block_suggestion(self.core.world, act, view, control, typed)
        since = len(self.core.ledger.states)
        delivery, reply = await self._send("interactive", payload, how)
        return Answer.of(self.core, user, delivery, after_suggestion(reply), since)

    async def submit_view(
        self, user: str, view_id: str, filled: Filled | None = None, **how: Unpack[How]
    ) -> Answer:
        """Fill a modal and submit it; an accepted one closes, errors keep it open."""
        view = self._view(user, view_id, how)
        values = state_values(view, filled or {}, forged=how.get("forged", False))
        act = Act(self._user(user, how), self.core.tickets.trigger(user, view_id))
        payload = payloads.view_submission(self.core.world, act, view, values)
        since = len(self.core.ledger.states)
        delivery, reply = await self._send("interactive", payload, how)
        return Answer.of(self.core, user, delivery, after_submission(self.core, view, reply), since)

    async def close_view(self, user: str, view_id: str, **how: Unpack[How]) -> Answer | None:
        """Close a modal; the app hears of it only where the view asked for that (`notify_on_close`)."""
        view = self._view(user, view_id, how)
        if not how.get("forged"):
            self.core.views.close(view)
        if not (view.body.get("notify_on_close") or how.get("forged")):
            return None
        payload = payloads.view_closed(
            self.core.world, Act(self._user(user, how), ""), view, is_cleared=False
        )
        since = len(self.core.ledger.states)
        return Answer.of(self.core, user, *await self._send("interactive", payload, how), since)

    async def forge(self, kind: Kind, payload: dict[str, Any], **how: Unpack[How]) -> Answer:
        """Send any payload at all, truly signed unless attacked."""
        since = len(self.core.ledger.states)
        return Answer.of(self.core, _who(payload), *await self._send(kind, payload, how), since)

    async def replay(self, answer: Answer) -> Answer:
        """Send the very same bytes and headers (or the very same payload in a new envelope) again."""
        since = len(self.core.ledger.states)
        reply = await self.courier.send(answer.delivery)
        return Answer.of(self.core, answer.user, answer.delivery, reply, since)

    async def event(
        self, event: dict[str, Any], *, redeliver: int = 0, attempt: int = 0, event_id: str = ""
    ) -> Answer:
        """Deliver an event; while it stays unacknowledged it is delivered again, at most `redeliver` times more."""
        name = event_id or f"Ev{self.core.ledger.stamp().replace('.', '')}"
        payload = payloads.event_callback(self.core.world, event, name, int(self.core.clock.wall()))
        since = len(self.core.ledger.states)
        while True:
            delivery = replace(
                self.courier.prepare("events_api", payload, self.transport, None), attempt=attempt
            )
            reply = await self.courier.send(delivery)
            if reply.status == 200 or attempt >= redeliver:
                return Answer.of(self.core, "", delivery, reply, since)
            attempt += 1

    async def _send(self, kind: Kind, payload: dict[str, Any], how: How) -> tuple[Delivery, Reply]:
        transport = how.get("transport", self.transport)
        delivery = self.courier.prepare(kind, payload, transport, how.get("attack"))
        return delivery, await self.courier.send(delivery)

    def _has_shortcut(self, callback_id: str, how: How) -> None:
        if callback_id not in self.core.world.app.shortcuts and not how.get("forged"):
            raise NotPossibleError(f"the app has no shortcut {callback_id}")

    def _act(self, user: User, url: ResponseUrl) -> Act:
        return Act(user, self.core.tickets.trigger(user.id), self.core.base + url.path)

    def _actor(self, user: str, channel: str, how: How) -> tuple[User, Channel]:
        actor = self._user(user, how)
        place = self.core.world.channels.get(channel)
        if how.get("forged"):
            return actor, place or Channel(channel, "forged")
        if place is None or user not in place.members:
            raise NotPossibleError(f"{user} is no member of {channel}")
        if place.archived:
            raise NotPossibleError(f"{channel} is archived")
        return actor, place

    def _user(self, user: str, how: How) -> User:
        found = self.core.world.users.get(user)
        if how.get("forged"):
            return found or User(user, user, team=self.core.world.team)
        if found is None or found.deleted:
            raise NotPossibleError(f"{user} has no active account")
        return found

    def _view(self, user: str, view_id: str, how: How) -> View:
        own = self.core.views.homes.get(user)
        if own is not None and own.id == view_id:  # a Home stands beside whatever modals are open
            return own
        try:
            view = self.core.views.get(view_id)
        except ApiError:
            raise NotPossibleError(f"no modal {view_id} is open") from None
        if how.get("forged"):
            return view
        if view.user != user or self.core.views.top(user) != view:
            raise NotPossibleError(f"{user} does not look at the modal {view_id}")
        return view


def _search(view: View, action_id: str, how: How) -> Control:
    """Find the external menu that is typed into."""
    for block in view.blocks:
        element = block.get("element", {})
        if element.get("action_id") == action_id and str(element["type"]).endswith("external_select"):
            return Control(str(block.get("block_id", "")), element)
    if not how.get("forged"):
        raise NotPossibleError(f"the modal has no search {action_id}")
    return Control(how.get("block_id", "forged"), {"type": "external_select", "action_id": action_id})


def _control(shown: list[Control], action_id: str, how: How) -> Control:
    block_id = how.get("block_id", "")
    for control in shown:
        if control.action_id == action_id and block_id in {"", control.block_id}:
            if _offers(control, how):
                return control
            raise NotPossibleError(f"{action_id} does not carry the value {how.get('value')!r}")
    if not how.get("forged"):
        raise NotPossibleError(f"there is no {action_id}; there is {[each.action_id for each in shown]}")
    forged = {"type": "button", "action_id": action_id, "text": {"type": "plain_text", "text": action_id}}
    return Control(block_id or "forged", forged)


def _offers(control: Control, how: How) -> bool:
    if how.get("forged"):
        return True
    if "options" in control.element:
        return any(option.get("value") == how.get("value") for option in control.element["options"])
    return "value" not in how or how["value"] == control.element.get("value")


def _who(payload: dict[str, Any]) -> str:
    user = payload.get("user")
    return str(user.get("id", "") if isinstance(user, dict) else payload.get("user_id", ""))
