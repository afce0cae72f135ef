"""The modals that people have open, at most three upon each other, and their App Homes."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.people import App

DEPTH = 3


@dataclass(frozen=True, slots=True)
class View:
    """A view as it stands before one person."""

    id: str
    user: str
    body: Mapping[str, Any]
    hash: str
    root: str
    below: str | None = None

    @property
    def blocks(self) -> list[Mapping[str, Any]]:
        """The view's blocks, with the ids that Slack adds."""
        found: list[Mapping[str, Any]] = self.body["blocks"]
        return found

    def shown(self, team: str, app: App, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Show the view as the Web API and view payloads do; `values` is what the person filled in."""
        defaults = {
            "private_metadata": "",
            "callback_id": "",
            "external_id": "",
            "close": None,
            "submit": None,
        }
        return {
            **defaults,
            "clear_on_close": False,
            "notify_on_close": False,
            **self.body,
            "id": self.id,
            "team_id": team,
            "hash": self.hash,
            "state": {"values": dict(values or {})},
            "previous_view_id": self.below,
            "root_view_id": self.root,
            "app_id": app.id,
            "app_installed_team_id": team,
            "bot_id": app.bot_id,
        }


@dataclass(slots=True)
class Views:
    """Stacks of modals by user, and homes; every view ever shown stays readable in `seen`."""

    changed: Callable[[], None]
    stacks: dict[str, list[str]] = field(default_factory=dict)
    homes: dict[str, View] = field(default_factory=dict)
    standing: dict[str, View] = field(default_factory=dict)
    seen: list[View] = field(default_factory=list)
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def open(self, user: str, body: Mapping[str, Any]) -> View:
        """Open a modal; whatever the person had open is gone."""
        self.clear(user)
        return self.push(user, body)

    def push(self, user: str, body: Mapping[str, Any]) -> View:
        """Put a modal upon the stack. Raises `ApiError` past the third, or for a used external_id."""
        stack = self.stacks.setdefault(user, [])
        if len(stack) >= DEPTH:
            raise ApiError("push_limit_reached")
        self._refuse_twin(body, "")
        made = f"V{next(self._ids):08d}"
        view = View(
            made,
            user,
            self._named(body),
            self._hash(),
            stack[0] if stack else made,
            stack[-1] if stack else None,
        )
        stack.append(made)
        return self._keep(view)

    def replace(self, view_id: str, body: Mapping[str, Any], known: str | None = None) -> View:
        """Show other content in an open view; `known` is the hash that the app last saw."""
        old = self.get(view_id)
        if known and known != old.hash:
            raise ApiError("hash_conflict")
        self._refuse_twin(body, view_id)
        return self._keep(replace(old, body=self._named(body), hash=self._hash()))

    def publish(self, user: str, body: Mapping[str, Any], known: str | None = None) -> View:
        """Show a person's App Home."""
        old = self.homes.get(user)
        if old and known and known != old.hash:
            raise ApiError("hash_conflict")
        made = old.id if old else f"V{next(self._ids):08d}"
        self.homes[user] = View(made, user, self._named(body), self._hash(), made)
        self.seen.append(self.homes[user])
        self.changed()
        return self.homes[user]

    def get(self, view_id: str = "", external_id: str = "") -> View:
        """Find an open modal; raises `ApiError`."""
        for view in self.standing.values():
            if view.id == view_id or (external_id and view.body.get("external_id") == external_id):
                return view
        raise ApiError("not_found")

    def top(self, user: str) -> View | None:
        """Find the modal that the person looks at."""
        stack = self.stacks.get(user)
        return self.standing[stack[-1]] if stack else None

    def close(self, view: View) -> None:
        """Take a modal, and all upon it, away."""
        stack = self.stacks.get(view.user, [])
        while view.id in stack:
            del self.standing[stack.pop()]
        self.changed()

    def clear(self, user: str) -> None:
        """Close everything before a person."""
        for view_id in self.stacks.pop(user, []):
            del self.standing[view_id]
        self.changed()

    def _keep(self, view: View) -> View:
        self.standing[view.id] = view
        self.seen.append(view)
        self.changed()
        return view

    def _hash(self) -> str:
        return f"{next(self._ids)}.sandbox"

    def _refuse_twin(self, body: Mapping[str, Any], own: str) -> None:
        given = body.get("external_id")
        if given and any(
            view.body.get("external_id") == given for view in self.standing.values() if view.id != own
        ):
            raise ApiError("duplicate_external_id")

    def _named(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        blocks = [
            {**block, "block_id": block.get("block_id") or f"vblk{next(self._ids)}"}
            for block in body["blocks"]
        ]
        return {**body, "blocks": blocks}
