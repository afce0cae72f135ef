"""What one person sees on the page now, piece by piece."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec
from markupsafe import Markup

from bot.sandbox.page import looks
from bot.sandbox.page import map as mapping
from bot.sandbox.page import strips as flowing
from bot.sandbox.page.commands import filled_in
from bot.sandbox.page.files import attached
from bot.sandbox.page.forms import Forms
from bot.sandbox.page.given import Line
from bot.sandbox.page.people import BY_ID
from bot.sandbox.page.render import MessageView, Names, home, message, modal
from bot.sandbox.page.slots import Piece
from bot.sandbox.page.tour import LAST
from bot.sandbox.page.watching import Watch
from bot.sandbox.page.world import STEPS
from bot.sandbox.scene import ALICE, CHANNEL
from bot.sandbox.slack import Message, User, Workspace

SPOKEN: Final = 180
"""Characters of a message that a screen reader is told when it comes."""

SHORTCUT: Final = "ir_contain_this"
"""The app's shortcut on a message."""

AGO: Final = "{ago}"
"""How a message asks that the age of something is told, which is another one soon."""

KEPT: Final = 300
"""Records of the log that stand on the page; older ones are counted."""


class Sight(msgspec.Struct, frozen=True):
    """Whose eyes, and on what: ``channel``, ``direct`` or ``home``; ``thread`` is the ts of an open thread."""

    person: str
    place: str = "channel"
    thread: str = ""


def names_of(workspace: Workspace) -> Names:
    """Return what people, groups and channels are called."""
    world = workspace.world
    return Names(
        users={user.id: _named(user) for user in world.users.values()},
        groups={group.id: group.handle for group in world.groups.values()},
        channels={channel.id: channel.name for channel in world.channels.values()},
    )


class Show:
    """Renders, and remembers what it rendered: a message that did not change is not drawn again."""

    def __init__(self, watch: Watch, forms: Forms) -> None:
        self._watch, self._forms = watch, forms
        self._drawn: dict[tuple[object, ...], Markup] = {}

    def slots(self, sight: Sight) -> dict[str, Sequence[Piece]]:
        """Return everything that this person sees."""
        return {
            "tour": self._tour(),
            "feed": tuple(self._feed(sight)),
            "modal": tuple(self._modal(sight)),
            "map": self._map(),
            "links": self._links(),
            "flows": self._flows(),
            "firewall": self._firewall(),
            "log": tuple(self._log()),
            "verdict": self._verdict(),
        }

    def _feed(self, sight: Sight) -> Iterator[Piece]:
        if sight.place == "home":
            yield self._home(sight)
            return
        channel = self._channel(sight)
        standing = self._standing(sight.person, channel)
        replies = [each.thread_ts for each in standing if each.thread_ts]
        found = [each for each in standing if _belongs(each, sight.thread)]
        for each in found:
            count = 0 if sight.thread else replies.count(each.ts)
            drawn = looks.template(
                "message.html", shown=self._message(each, count), each=each, shortcut=SHORTCUT
            )
            yield Piece(f"m-{each.ts}", drawn, _spoken(each, names_of(self._workspace)))
        if not found:
            yield Piece(
                "empty", looks.template("empty.html", place=sight.place, name=BY_ID[sight.person].name)
            )

    @property
    def _workspace(self) -> Workspace:
        return self._watch.scene.workspace

    def _channel(self, sight: Sight) -> str:
        return CHANNEL if sight.place == "channel" else self._workspace.world.direct(sight.person).id

    def _standing(self, person: str, channel: str) -> list[Message]:
        alone = [m for m in self._workspace.messages(channel, ephemeral=True) if m.only_for == person]
        return sorted([*self._workspace.messages(channel), *alone], key=lambda each: each.ts)

    def _message(self, each: Message, replies: int) -> Markup:
        now = _minute() if AGO in repr(each.blocks) else None
        key = (each.channel, each.ts, each.edited, replies, now)
        if key not in self._drawn:
            world, names = self._workspace.world, names_of(self._workspace)
            names = msgspec.structs.replace(names, now=now and _now())
            author = world.users.get(each.author)
            self._drawn[key] = message(
                MessageView(
                    author=names.users.get(each.author, each.author),
                    ts=each.ts,
                    text=each.text,
                    blocks=each.blocks,
                    attachments=each.content.attachments,
                    files=attached(each.files, self._workspace.files),
                    names=names,
                    channel=each.channel,
                    thread_ts=each.thread_ts,
                    replies=replies,
                    ephemeral=each.ephemeral,
                    app=bool(author and author.is_bot),
                    edited=bool(each.edited) and each.via == "person",
                )
            )
        return self._drawn[key]

    def _home(self, sight: Sight) -> Piece:
        view = self._workspace.views.homes.get(sight.person)
        if view is None:
            name = BY_ID[sight.person].name
            return Piece("home", looks.template("empty.html", place="home", name=name))
        world = self._workspace.world
        return Piece(
            f"home-{sight.person}", home(view.shown(world.team, world.app), names_of(self._workspace))
        )

    def _modal(self, sight: Sight) -> Iterator[Piece]:
        view = self._workspace.views.top(sight.person)
        if view is not None:
            world, form = self._workspace.world, self._forms.of(view)
            shown = view.shown(world.team, world.app)
            drawn = modal(shown, names_of(self._workspace), errors=form.errors, filled=form.filled)
            yield Piece(f"v-{view.id}", drawn)

    def _tour(self) -> tuple[Piece, ...]:
        tour = self._watch.tour
        step = tour.story[tour.at] if tour.at < len(tour.story) else None
        line = filled_in(step.line if step else LAST, self._watch)
        who = BY_ID[step.who if step else ALICE]
        found = tour.found[tour.at] if step else ()
        drawn = looks.template("tour.html", tour=tour, step=step, line=line, who=who, found=found)
        return (Piece("tour", drawn),)

    def _map(self) -> tuple[Piece, ...]:
        drawing = mapping.drawn(self._watch.seen)
        drawn = looks.template(
            "map.html", drawing=drawing, width=mapping.WIDTH, height=mapping.HEIGHT, map=mapping
        )
        return (Piece("map", drawn, drawing.words),)

    def _links(self) -> tuple[Piece, ...]:
        return (Piece("links", looks.template("links.html", seen=self._watch.seen)),)

    def _flows(self) -> tuple[Piece, ...]:
        strips = flowing.strips(self._watch.seen)
        drawn = looks.template("flows.html", strips=strips, width=flowing.WIDTH, high=flowing.HIGH)
        return (Piece("flows", drawn),)

    def _firewall(self) -> tuple[Piece, ...]:
        groups = self._watch.seen.groups
        told = {"beacon": self._watch.seen.beacon, "steps": STEPS}
        return tuple(Piece(g.name, looks.template("group.html", group=g, **told)) for g in groups)

    def _log(self) -> Iterator[Piece]:
        people = {f"{u.team}:{u.id}": _named(u) for u in self._workspace.world.users.values()}
        for line in self._watch.lines[-KEPT:]:
            yield Piece(f"r-{line.seq}", self._line(line, people.get(line.who, line.who)))

    def _line(self, line: Line, who: str) -> Markup:
        key = ("line", line.seq)
        if key not in self._drawn:
            self._drawn[key] = looks.template("line.html", line=line, who=who)
        return self._drawn[key]

    def _verdict(self) -> tuple[Piece, ...]:
        watch = self._watch
        return (Piece("verdict", looks.template("verdict.html", found=watch.verified)),)


def _named(user: User) -> str:
    return BY_ID[user.id].name if user.id in BY_ID else user.real_name or user.name


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - what a client's own clock says


def _minute() -> datetime:
    return _now().replace(second=0, microsecond=0)


def _belongs(each: Message, thread: str) -> bool:
    if thread:
        return thread in (each.ts, each.thread_ts)
    return not each.thread_ts or each.broadcast


def _spoken(each: Message, names: Names) -> str:
    state = f"{names.users.get(each.author, '')}{' changed a message' if each.edited else ''}: {each.text}"
    return state if len(state) <= SPOKEN else state[:SPOKEN] + "…"
