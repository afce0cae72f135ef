"""
Block Kit as accessible, safe HTML: what Slack's client would show of a message, a modal or an App Home.

    names = Names(users={"U0ALICE": "Alice"}, groups={"S0": "oncall"}, channels={"C0": "incidents"}, now=now)
    message(MessageView(author="firebreak", ts="1772590449.000100", text=text, blocks=blocks, app=True, names=names))
    modal(view.shown(team, app), names, errors={"block": "say why"}, filled={"block": {"action": "typed"}})
    home(view.shown(team, app), names)
    toast("The message was not delivered", level="error")

Each returns one element as ``Markup``: put it into a template as it is. ``stylesheet()`` is its CSS, once for the
page; everything in it is below the class ``bk``. Set ``data-theme="dark"`` or ``"light"`` on the root to override
what the system prefers. There is no script and no style attribute in the HTML, and nothing is ever fetched: a
picture stands as its alternative text.

What a script of the page binds to (every attribute is text, decode nothing):

- every element that acts has ``data-action-id``, ``data-block-id`` and ``data-type`` (the element's Block Kit type);
- ``<button data-type="button" data-value=…>``, and a choice of an overflow menu ``data-type="overflow"``;
- one that asks first has ``data-confirm-title``, ``-text``, ``-yes``, ``-no`` and, if dangerous, ``-style``;
- a choice in an actions block or accessory is a ``<select>``, an ``<input>``, or a ``<fieldset>`` of them: the
  attributes are on the select or input, and on the fieldset whose boxes carry ``value``;
- ``data-type="external_select"``: an ``<input role="combobox" data-min-query=…>`` whose ``aria-controls`` names an
  empty ``<ul role="listbox" hidden>`` to be filled; put the chosen value into its ``data-value``. A
  ``multi_external_select`` has ``data-values`` (JSON of what is chosen) instead;
- a datetimepicker is ``<input type="datetime-local">`` in UTC;
- a modal is ``<div role="dialog">`` around ``<form data-view-id data-callback-id>`` with a submit button (if the view
  has one) and ``<button data-close>``; put the focus on ``[autofocus]``, else on the dialog (tabindex -1), and keep it inside;
- ``<button data-thread-ts=…>`` opens the thread; ``<article data-ts data-channel>`` is the message;
- a file is a link to ``/file/<id>`` in a window of its own, and one to ``/file/<id>?save`` that saves it.

It reads what the emulator accepted; anything that it does not know stands as "[unknown block: …]", never as nothing.
"""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from bot.sandbox.page.render.ink import Ink
from bot.sandbox.page.render.sheets import stylesheet, template
from bot.sandbox.page.render.views import Attached, Filled, Level, MessageView, Names

__all__ = [
    "Attached",
    "Filled",
    "Level",
    "MessageView",
    "Names",
    "home",
    "message",
    "modal",
    "stylesheet",
    "toast",
]


def message(shown: MessageView) -> Markup:
    """Return one message as an ``<article>``: who, when, for whom, its blocks (else its text), its thread."""
    ink = Ink(shown.names, f"m-{shown.place}-{shown.ts}", heading=shown.heading)
    return template("message.html", ink=ink, shown=shown)


def modal(
    view: Mapping[str, Any],
    names: Names = Names(),  # noqa: B008 - a frozen value
    *,
    errors: Mapping[str, str] | None = None,
    filled: Filled | None = None,
) -> Markup:
    """
    Return a modal as a dialog with one form.

    ``errors`` are what ``response_action: errors`` said, by block id; ``filled`` is what the person had put in,
    as ``{block_id: {action_id: text, value or list of values}}``, which stands in place of the initial values.
    """
    ink = Ink(names, f"v-{view.get('id') or 'modal'}", heading=2, errors=errors or {}, filled=filled or {})
    return template("modal.html", ink=ink, view=view)


def home(view: Mapping[str, Any], names: Names = Names()) -> Markup:  # noqa: B008 - a frozen value
    """Return an App Home tab as a ``<section>``."""
    ink = Ink(names, f"h-{view.get('id') or 'home'}", heading=2)
    return template("home.html", ink=ink, view=view)


def toast(text: str, level: Level = "info") -> Markup:
    """Return a short notice as a live region: ``level`` is info, success, warning or error, and is said in words."""
    return template("toast.html", text=text, level=level)
