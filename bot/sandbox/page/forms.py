"""What was wrong with a form that was sent, and what had been put in: kept until the form changes or closes."""

from collections.abc import Mapping
from typing import Any

import msgspec

from bot.sandbox.slack.views import View

Filled = Mapping[str, Mapping[str, Any]]


class Form(msgspec.Struct, frozen=True):
    """One state of one form; ``errors`` by block."""

    errors: Mapping[str, str] = {}
    filled: Filled = {}


class Forms:
    """What was put in stays while the form is open, as a client keeps it; what was wrong goes with the next state."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, Form]] = {}

    def of(self, view: View) -> Form:
        """Return what is kept of a form as it stands."""
        state, form = self._kept.get(view.id, ("", Form()))
        return form if state == view.hash else Form(filled=form.filled)

    def keep(self, view: View, form: Form) -> None:
        """Keep it."""
        self._kept[view.id] = (view.hash, form)
