"""views.*: modals and App Homes."""

from collections.abc import Mapping
from typing import Any

from bot.sandbox.slack.api.call import Call, Json, bad_arguments
from bot.sandbox.slack.blockkit import view_problems
from bot.sandbox.slack.blockkit.views import too_large
from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.views import View


def open_view(call: Call) -> Json:
    """views.open: a view that is refused leaves its trigger unspent."""
    body = _body(call)
    user, _view = call.core.tickets.exchange(call.need("trigger_id"))
    return _shown(call, call.core.views.open(user, body))


def push_view(call: Call) -> Json:
    """views.push: only with a trigger that came from a modal."""
    body = _body(call)
    user, view = call.core.tickets.exchange(call.need("trigger_id"))
    if not view:
        raise ApiError("invalid_trigger_id")
    return _shown(call, call.core.views.push(user, body))


def update_view(call: Call) -> Json:
    """views.update: by view_id or external_id; a stale `hash` is a `hash_conflict`."""
    body = _body(call)
    if not (call.text("view_id") or call.text("external_id")):
        raise bad_arguments("missing required field: view_id")
    found = call.core.views.get(call.text("view_id"), call.text("external_id"))
    return _shown(call, call.core.views.replace(found.id, body, call.text("hash")))


def publish_view(call: Call) -> Json:
    """views.publish: a person's App Home."""
    body = _body(call, "home")
    user = call.need("user_id")
    if user not in call.core.world.users:
        raise ApiError("user_not_found")
    return _shown(call, call.core.views.publish(user, body, call.text("hash")))


def check_view(body: Any, kind: str = "modal") -> Mapping[str, Any]:
    """Take a view's body, or refuse it as Slack does."""
    if too_large(body):
        raise ApiError("view_too_large")
    if problems := view_problems(body, kind):
        raise bad_arguments(*(str(problem) for problem in problems))
    if not isinstance(body, Mapping):
        raise bad_arguments("invalid view")
    return body


def _body(call: Call, kind: str = "modal") -> Mapping[str, Any]:
    call.need("view")
    return check_view(call.json("view", "invalid_arguments"), kind)


def _shown(call: Call, view: View) -> Json:
    return {"view": view.shown(call.core.world.team, call.core.world.app)}
