"""The canary, a program of its own: `python -m bot.canary --connect control=10.0.0.7:8080 --for 12`.

It runs in a short-lived pod and tries to open TCP connections, again and again, to see whether packets get through. It
needs the standard library and nothing else of Firebreak, so that it has begun a moment after its container started. What it
found is one line of JSON: the container's termination message, from where the bot reads it with the right to read pods
alone, and standard output. It ends before its time once all whose names begin with `control` get through and nothing else does.

    {"v":1,"results":[{"name":"control","last":"open","tries":5,"opened":5,"refused":0,"first_cut":null}],"seconds":5.0}

`last` is `open` (connected), `refused` (somebody answered that nobody listens: the packets got through), `cut` (no
answer within a second, or unreachable) or `error` (the canary's own machine would not even try). `first_cut` is when
the cuts began, without interruption, in which the tries ended: seconds after the start, or null where the last try was none.
"""

import argparse
import errno
import json
import re
import selectors
import socket
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple

VERSION = 1
EVERY = 1.0
"""Seconds from one try to the next, and how long each waits for an answer."""
MOST_AIMS = 16
"""A termination message holds 4096 bytes: https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/"""
LONGEST = 600
UNCHANGED = 5
TERMINATION_LOG = Path("/dev/termination-log")
NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
CONTROL = "control"
"""How aims begin that show that packets do get out: they are wished to be open, and all others to be cut."""
REFUSED = frozenset({errno.ECONNREFUSED, errno.ECONNRESET})
UNREACHABLE = frozenset({errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN})


class Aim(NamedTuple):
    """What is tried: a name for the answer, an IP address and a TCP port."""

    name: str
    address: str
    port: int


@dataclass
class Tally:
    """What became of the tries of one aim."""

    aim: Aim
    last: str = ""
    tries: int = 0
    opened: int = 0
    refused: int = 0
    first_cut: float | None = None
    unchanged: int = 0
    """How many of the newest tries ended alike."""

    def add(self, outcome: str, at: float) -> None:
        """Count one try that began ``at`` so many seconds after the start."""
        self.unchanged = self.unchanged + 1 if outcome == self.last else 1
        if outcome != "cut":
            self.first_cut = None
        elif self.first_cut is None:
            self.first_cut = round(at, 1)
        self.last = outcome
        self.tries += 1
        self.opened += outcome == "open"
        self.refused += outcome == "refused"

    def settled(self, tries: int) -> bool:
        """Whether the newest so many tries ended alike, as wished: what still passes may yet be cut, and the reverse."""
        wished = (self.last == "open") is self.aim.name.startswith(CONTROL)
        return wished and self.last != "refused" and self.unchanged >= tries

    def told(self) -> dict[str, Any]:
        """Return it as the message has it."""
        counts = {"tries": self.tries, "opened": self.opened, "refused": self.refused}
        return {"name": self.aim.name, "last": self.last, **counts, "first_cut": self.first_cut}


class Canary:
    """The sockets of one run."""

    def __init__(self, selector: selectors.BaseSelector) -> None:
        self._selector = selector

    def listen(self, address: str, port: int) -> socket.socket:
        """Accept whoever calls, and close. Raises OSError where the port can't be had."""
        made = _listener(address, port)
        made.setblocking(False)
        self._selector.register(made, selectors.EVENT_READ, partial(_accept, made))
        return made

    def attempt(self, aims: Sequence[Aim], seconds: float) -> list[str]:
        """Try all aims side by side; return the outcome of each, when all are known or the time is over."""
        found: dict[int, str] = {}
        waiting: dict[int, socket.socket] = {}

        def answered(index: int) -> None:
            made = waiting.pop(index)
            found[index] = _outcome(made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
            self._selector.unregister(made)
            made.close()

        for index, aim in enumerate(aims):
            status, made = _calling(aim)
            if made is None:
                found[index] = _outcome(status)
            else:
                waiting[index] = made
                self._selector.register(made, selectors.EVENT_WRITE, partial(answered, index))
        self.serve(time.monotonic() + seconds, lambda: not waiting)
        for made in waiting.values():
            self._selector.unregister(made)
            made.close()
        return [found.get(index, "cut") for index in range(len(aims))]

    def serve(self, until: float, enough: Callable[[], bool] = lambda: False) -> None:
        """Answer whoever calls until it is enough, or late (of the monotonic clock)."""
        while not enough():
            left = until - time.monotonic()
            if self._selector.get_map():
                for key, _ in self._selector.select(max(left, 0)):
                    key.data()
            else:
                time.sleep(max(left, 0))
            if left <= 0:  # looked at once more, for what came while this program was given no time to run
                return


def watch(canary: Canary, aims: Sequence[Aim], seconds: float, unchanged: int) -> tuple[list[Tally], float]:
    """Try once a second, and a first time in any case; return what became of it and the seconds it took.

    It ends before ``seconds`` are over when the newest ``unchanged`` tries of every aim ended as wished; 0 is never.
    """
    tallies = [Tally(aim) for aim in aims]
    start = time.monotonic()
    end = start + seconds
    begun = start
    while True:
        for tally, outcome in zip(tallies, canary.attempt(aims, EVERY), strict=True):
            tally.add(outcome, begun - start)
        if tallies and unchanged and all(tally.settled(unchanged) for tally in tallies):
            break
        begun += EVERY
        if begun + EVERY > end:  # a try that is cut short would look like a cut
            canary.serve(end)
            break
        canary.serve(begun)
    return tallies, time.monotonic() - start


def message(tallies: Iterable[Tally], seconds: float) -> str:
    """Return what was found, as one line."""
    whole = {"v": VERSION, "results": [tally.told() for tally in tallies], "seconds": round(seconds, 1)}
    return json.dumps(whole, separators=(",", ":"))


def main(words: Sequence[str] | None = None) -> int:
    """Run until the time is over, write the message, and return 0."""
    given = _given(words)
    with selectors.DefaultSelector() as selector, ExitStack() as stack:
        canary = Canary(selector)
        if given.listen is not None:
            stack.enter_context(canary.listen(*given.listen))
        # who is called by another canary stays until the end, whatever its own tries have shown
        unchanged = 0 if given.listen is not None else given.unchanged
        found = message(*watch(canary, given.connect, given.seconds, unchanged))
    print(found, flush=True)  # noqa: T201 - one of the two places where the answer is looked for
    with given.message.open("w", encoding="ascii") as log:
        log.write(found)
    return 0


def _calling(aim: Aim) -> tuple[int, socket.socket | None]:
    """Begin to connect; return how it ended, or the socket of one that has not."""
    try:
        made = socket.socket(_family(aim.address), socket.SOCK_STREAM)
        made.setblocking(False)
    except OSError as error:  # this machine knows no IPv6, for example
        return error.errno or errno.EIO, None
    status = made.connect_ex((aim.address, aim.port))
    if status == errno.EINPROGRESS:
        return status, made
    made.close()
    return status, None


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _outcome(status: int) -> str:
    if not status:
        return "open"
    if status in REFUSED:
        return "refused"
    return "cut" if status in UNREACHABLE else "error"


def _listener(address: str, port: int) -> socket.socket:
    if address:
        return socket.create_server((address, port), family=_family(address), backlog=64)
    with suppress(OSError):  # no IPv6 here
        return socket.create_server(("", port), family=socket.AF_INET6, backlog=64, dualstack_ipv6=True)
    return socket.create_server(("", port), backlog=64)


def _accept(listener: socket.socket) -> None:
    with suppress(OSError):  # the caller may be gone already
        made, _ = listener.accept()
        made.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bot.canary", description="Say whether packets get through."
    )
    aim = "try to connect there; may be repeated; IPv6 in brackets"
    parser.add_argument("--connect", metavar="NAME=IP:PORT", type=_aim, action="append", default=[], help=aim)
    parser.add_argument("--for", dest="seconds", metavar="SECONDS", type=_seconds, required=True)
    listen = "accept on this port and close, until the end; an address may be before it (default: all)"
    parser.add_argument("--listen", metavar="[IP:]PORT", type=_door, help=listen)
    same = (
        f"end early when so many tries, one after another, reached each `{CONTROL}...` and nothing else; "
        "0 is never (default: %(default)s)"
    )
    parser.add_argument("--unchanged", metavar="TRIES", type=_count, default=UNCHANGED, help=same)
    where = "where the answer is written (default: %(default)s)"
    parser.add_argument("--message", metavar="FILE", type=Path, default=TERMINATION_LOG, help=where)
    return parser


def _given(words: Sequence[str] | None) -> argparse.Namespace:
    parser = _parser()
    given = parser.parse_args(words)
    if len(given.connect) > MOST_AIMS or len({aim.name for aim in given.connect}) < len(given.connect):
        parser.error(f"at most {MOST_AIMS} aims, each with a name of its own")
    return given


def _aim(text: str) -> Aim:
    name, _, where = text.partition("=")
    if not NAME.fullmatch(name):
        raise argparse.ArgumentTypeError("a name is of a-z, 0-9 and -, at most 31, a letter first")
    address, port = _door(where)
    if not address:
        raise argparse.ArgumentTypeError("an address is missing")
    return Aim(name, address, port)


def _door(text: str) -> tuple[str, int]:
    host, _, number = text.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if (":" in bare) is not (bare != host) or "%" in bare:
        raise argparse.ArgumentTypeError("IPv6 in brackets, without a zone: [2001:db8::1]:8080")
    if not (number.isascii() and number.isdecimal() and 0 < int(number) < 1 << 16):
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    try:
        return (str(ip_address(bare)) if bare else ""), int(number)
    except ValueError:
        raise argparse.ArgumentTypeError("an address is an IP address, no name") from None


def _seconds(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found <= LONGEST:
        raise argparse.ArgumentTypeError(f"seconds, at most {LONGEST}")
    return found


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) <= LONGEST):
        raise argparse.ArgumentTypeError("a number of tries")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
